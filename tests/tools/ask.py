"""ask.py WORD...: asks serve.py, all at once; a line for each in their order, "no" when nothing answers.

A word is KIND[@SOURCE]:ADDRESS:PORT, KIND being tcp, udp, or big, a datagram in pieces; or ping:ADDRESS, which says "pong".
"""
import os
import socket
import struct
import sys
import threading

PATIENCE = 0.7
KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM, "big": socket.SOCK_DGRAM}


def family(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def ping(host, which):
    v6 = ":" in host
    s = socket.socket(family(host), socket.SOCK_RAW, socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP)
    s.settimeout(PATIENCE)
    number = os.getpid() & 0xffff
    body = struct.pack("!HH", number, which)
    total = (0x800 + number + which) if not v6 else 0
    check = ~((total & 0xffff) + (total >> 16)) & 0xffff
    s.connect((host, 0))
    s.send(struct.pack("!BBH", 128 if v6 else 8, 0, check) + body)
    while True:
        got = s.recv(1000)
        if not v6:
            got = got[(got[0] & 15) * 4:]
        if got[0] == (129 if v6 else 0) and got[4:8] == body:
            return "pong"


# A socket that is not connected yet hears what others are answered: so each has a number of its own.
def ask(word, which):
    kind, rest = word.split(":", 1)
    if kind == "ping":
        return ping(rest, which)
    kind, _, source = kind.partition("@")
    host, port = rest.rsplit(":", 1)
    s = socket.socket(family(host), KINDS[kind])
    sockets.append(s)
    s.settimeout(PATIENCE)
    if source:
        s.bind((source, 0))
    s.connect((host, int(port)))
    if kind != "tcp":
        s.send(b"?" * (4000 if kind == "big" else 100))
    return s.recv(65536).decode().strip()


def take(results, i, word):
    try:
        results[i] = ask(word, i + 1)
    except OSError:
        pass


# Until the end: a port that is taken again is the flow of who had it, and no new one.
sockets = []
words = sys.argv[1:]
results = ["no"] * len(words)
threads = [threading.Thread(target=take, args=(results, i, word)) for i, word in enumerate(words)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("\n".join(results))
