"""forge.py FROM TO PORT WORD: sends WORD by UDP to TO, as if FROM had sent it."""
import socket
import struct
import sys

source, to, port, word = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4].encode()
family = socket.AF_INET6 if ":" in to else socket.AF_INET
a, b = (socket.inet_pton(family, text) for text in (source, to))
length = 8 + len(word)
datagram = struct.pack("!HHHH", 5555, port, length, 0) + word
if family == socket.AF_INET:
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + length, 1, 0, 64, socket.IPPROTO_UDP, 0, a, b)
else:
    data = a + b + struct.pack("!II", length, socket.IPPROTO_UDP) + datagram + bytes(length % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xFFFF)
    check = ~(total + (total >> 16)) & 0xFFFF
    datagram = struct.pack("!HHHH", 5555, port, length, check) + word
    head = struct.pack("!IHBB", 6 << 28, length, socket.IPPROTO_UDP, 64) + a + b
with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
    raw.sendto(head + datagram, (to, 0))
