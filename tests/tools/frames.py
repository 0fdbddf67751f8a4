"""Frames as their sender likes them, each with its name at the end.

  frames.py send IFACE TO OWN OTHER   a valid one, then those of somebody else, then a valid one again: `end`
  frames.py hear IFACE                "ready", and then the names of those that come, up to `end`

TO, OWN and OTHER are MAC,IPV4,IPV6 of who is spoken to, of the sender, and of whom it says to be.
"""
import socket
import struct
import sys

ETH_IP, ETH_ARP, ETH_IPV6, ETH_VLAN, ETH_ANY = 0x0800, 0x0806, 0x86dd, 0x8100, 0x88b5
ETH_ALL = 3


class End:
    def __init__(self, text):
        mac, ip4, ip6 = text.split(",")
        self.mac = bytes.fromhex(mac.replace(":", ""))
        self.ip4 = socket.inet_pton(socket.AF_INET, ip4)
        self.ip6 = socket.inet_pton(socket.AF_INET6, ip6)


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def udp(name):
    return struct.pack("!HHHH", 5000, 6379, 8 + len(name), 0) + name


def ip4(source, to, name):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(name), 1, 0, 64, 17, 0, source.ip4, to.ip4)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + udp(name)


def ip6(source, to, name):
    return struct.pack("!IHBB16s16s", 6 << 28, 8 + len(name), 17, 64, source.ip6, to.ip6) + udp(name)


def arp(mac, ip, to, name):
    """An answer that nobody has asked for."""
    return struct.pack("!HHBBH6s4s6s4s", 1, ETH_IP, 6, 4, 2, mac, ip, to.mac, to.ip4) + name


def probe(kind, mac, target, name):
    """Whether the address of the target is free (RFC 5227)."""
    return struct.pack("!HHBBH6s4s6s4s", 1, ETH_IP, 6, 4, kind, mac, bytes(4), bytes(6), target.ip4) + name


def advert(source, target, to, name):
    body = struct.pack("!BBHI16sBB6s", 136, 0, 0, 0x60000000, target.ip6, 2, 1, source.mac)
    return struct.pack("!IHBB16s16s", 6 << 28, len(body) + len(name), 58, 255, source.ip6, to.ip6) + body + name


def solicit(target, name):
    """The same of IPv6 (RFC 4862)."""
    group = bytes.fromhex("ff0200000000000000000001ff") + target.ip6[13:]
    body = struct.pack("!BBHI16s", 135, 0, 0, 0, target.ip6)
    return struct.pack("!IHBB16s16s", 6 << 28, len(body) + len(name), 58, 255, bytes(16), group) + body + name


def frames(to, own, other):
    yield "own4", own.mac, ETH_IP, lambda name: ip4(own, to, name)
    yield "own6", own.mac, ETH_IPV6, lambda name: ip6(own, to, name)
    yield "ownarp", own.mac, ETH_ARP, lambda name: arp(own.mac, own.ip4, to, name)
    yield "ownnd", own.mac, ETH_IPV6, lambda name: advert(own, own, to, name)
    yield "ownprobe", own.mac, ETH_ARP, lambda name: probe(1, own.mac, own, name)
    yield "owndad", own.mac, ETH_IPV6, lambda name: solicit(own, name)
    yield "mac", other.mac, ETH_IP, lambda name: ip4(own, to, name)
    yield "ip4", own.mac, ETH_IP, lambda name: ip4(other, to, name)
    yield "ip6", own.mac, ETH_IPV6, lambda name: ip6(other, to, name)
    yield "both", other.mac, ETH_IP, lambda name: ip4(other, to, name)
    yield "arpip", own.mac, ETH_ARP, lambda name: arp(own.mac, other.ip4, to, name)
    yield "arpmac", own.mac, ETH_ARP, lambda name: arp(other.mac, own.ip4, to, name)
    yield "nd", own.mac, ETH_IPV6, lambda name: advert(own, other, to, name)
    yield "probe", own.mac, ETH_ARP, lambda name: probe(1, own.mac, other, name)
    yield "probemac", own.mac, ETH_ARP, lambda name: probe(1, other.mac, own, name)
    yield "answer", own.mac, ETH_ARP, lambda name: probe(2, own.mac, own, name)
    yield "dad", own.mac, ETH_IPV6, lambda name: solicit(other, name)
    yield "tagged", own.mac, ETH_VLAN, lambda name: struct.pack("!HH", 7, ETH_IP) + ip4(other, to, name)
    yield "type", own.mac, ETH_ANY, lambda name: name
    yield "end", own.mac, ETH_IP, lambda name: ip4(own, to, name)


def link(interface):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_ALL))
    s.bind((interface, ETH_ALL))
    return s


def send(interface, *ends):
    s = link(interface)
    to, own, other = map(End, ends)
    for name, mac, kind, make in frames(to, own, other):
        mark = b"<" + name.encode() + b">"
        s.send(to.mac + mac + struct.pack("!H", kind) + make(mark.rjust(40)))


def hear(interface):
    s = link(interface)
    s.settimeout(60)
    print("ready", flush=True)
    name = b""
    while name != b"end":
        frame, sender = s.recvfrom(2000)
        if sender[2] != socket.PACKET_OUTGOING and frame.rstrip(b"\0").endswith(b">"):
            name = frame[frame.rindex(b"<") + 1:frame.rindex(b">")]
            print(name.decode(), flush=True)


{"send": send, "hear": hear}[sys.argv[1]](*sys.argv[2:])
