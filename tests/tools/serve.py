"""serve.py NAME PORT...: answers "NAME SOURCE", by UDP with as many bytes as it was asked with."""
import select
import socket
import sys

name, ports = sys.argv[1], [int(p) for p in sys.argv[2:]]
sockets = []
for port in ports:
    for family in (socket.AF_INET, socket.AF_INET6):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            s = socket.socket(family, kind)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            s.bind(("", port))
            if kind == socket.SOCK_STREAM:
                s.listen(50)
            sockets.append(s)
while True:
    for s in select.select(sockets, [], [])[0]:
        if s.type == socket.SOCK_STREAM:
            c, peer = s.accept()
            c.sendall(f"{name} {peer[0]}".encode())
            c.close()
        else:
            asked, peer = s.recvfrom(65536)
            try:
                s.sendto(f"{name} {peer[0]}".ljust(len(asked)).encode(), peer)
            except OSError:
                pass  # a rule of this side, or nobody is there
