"""What the ninth service and PID 1 do while eight others do their worst: tests/container/360-hostility.sh.

  hostile.py serve          a web server on 127.0.0.1:8080
  hostile.py fds|inodes     opens what it can, creates what it can, and goes on trying
  hostile.py ask SECONDS    asks the web server and the control socket in turn; one line of JSON: counts, and percentiles in ms
"""

import http.server
import json
import os
import socket
import socketserver
import sys
import time


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"the page")

    def log_message(self, *_):
        pass


def serve():
    socketserver.TCPServer.allow_reuse_address = True
    socketserver.TCPServer(("127.0.0.1", 8080), Page).serve_forever()


def fds():
    while True:
        try:
            os.dup(0)
        except OSError:
            time.sleep(0.001)


def inodes():
    n = 0
    while True:
        n += 1
        try:
            open(f"/tmp/{n}", "w").close()
        except OSError:
            time.sleep(0.001)


def talk(family, address, request):
    """All that is answered. It comes within ten seconds, or not at all."""
    with socket.socket(family) as s:
        s.settimeout(10)
        s.connect(address)
        s.sendall(request)
        answer = b""
        while piece := s.recv(65536):
            answer += piece
        return answer


ASKED = {
    "web": (socket.AF_INET, ("127.0.0.1", 8080), b"GET / HTTP/1.0\r\n\r\n", b"the page"),
    "status": (socket.AF_UNIX, "/run/minit/control", b"status\n", b'"ok":true'),
}


def one(name, found):
    family, address, request, wanted = ASKED[name]
    began = time.monotonic()
    try:
        good = wanted in talk(family, address, request)
    except OSError:
        good = False
    found[name]["ms"].append((time.monotonic() - began) * 1000)
    found[name]["bad"] += not good


def ask(seconds):
    found = {name: {"ms": [], "bad": 0} for name in ASKED}
    end = time.monotonic() + seconds
    while time.monotonic() < end or len(found["web"]["ms"]) < 20:
        for name in found:
            one(name, found)
        time.sleep(0.005)
    for name, of in found.items():
        times = sorted(of.pop("ms"))
        of.update(asked=len(times), p50=round(times[len(times) // 2], 2), p99=round(times[int(len(times) * 0.99)], 2), most=round(times[-1], 2))
    print(json.dumps(found))


if __name__ == "__main__":
    if sys.argv[1] == "ask":
        ask(float(sys.argv[2]))
    else:
        {"serve": serve, "fds": fds, "inodes": inodes}[sys.argv[1]]()
