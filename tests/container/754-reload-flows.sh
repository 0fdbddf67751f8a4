#!/bin/bash
# A flow that goes on is by the table that is in force: by a port that is gone it leads nowhere, by a new one to the service, and
# whom a service may no longer reach it does not speak to any more.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

# A service that answers each piece of a connection.
cat >"$ct_dir/echo.py" <<'PY'
import socket
s = socket.create_server(("", 81))
while True:
    c, _ = s.accept()
    while c.recv(999):
        c.send(b"web")
PY
# table PORTS ALLOW
table() {
	ct_table <<-TOML
		[network.bridge.br0]
		address = ["10.77.0.1/24", "fd77::1/64"]
		nat = true
		isolate = true
		[network.bridge.br1]
		address = ["10.78.0.1/24", "fd78::1/64"]
		[service.web]
		$(serve web '"80"')
		network = { bridge = "br0", address = ["10.77.0.10", "fd77::10"], ports = [$1] }
		[service.echo]
		exec = ["/usr/bin/python3", "-S", "-E", "$ct_dir/echo.py"]
		network.join = "web"
		[service.host]
		$(serve host '"8080", "8081"')
		network = "host"
		[service.far]
		exec = ["/bin/sleep", "1000"]
		network = { bridge = "br1", allow = [$2] }
	TOML
}
flows_cleanup() {
	local all="${OUT_PID-} ${HOST_PID-} ${FAR_PID-}"
	[ -z "${all// /}" ] || { kill -KILL $all; wait $all; } 2>/dev/null
	traffic_cleanup
}
trap flows_cleanup EXIT
table '"8080:80/udp"' '"web:80/udp", "web:81"'
ct_start
ct_up
ct_is "all is up" all:up
outside
listens web 80
listens host 8081

# What is asked on standard input: HOST PORT, by a socket of its own each, which is the same for all further questions.
cat >"$ct_dir/flows.py" <<'PY'
import socket
import sys
sockets = {}
def ask(kind, host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    s = sockets.get((kind, host, port))
    if not s:
        s = sockets[(kind, host, port)] = socket.socket(family, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
        s.settimeout(0.7)
        s.connect((host, int(port)))
    s.send(b"?" * 50)
    return s.recv(999).decode().split()[0]
for line in sys.stdin:
    answers = []
    for word in line.split():
        try:
            answers.append(ask(*word.split("-")))
        except OSError:
            answers.append("no")
    print(" ".join(answers), flush=True)
PY
# That of NAME in the network of PID.
flows() {
	eval "coproc $1 { exec nsenter --target $2 --net $traffic_python '$ct_dir/flows.py'; }"
} 2>/dev/null
flows OUT "$ct_client"
flows HOST "$(ct_pid)"
flows FAR "$(ct_outer far)"
through() { # NAME WORD...
	local -n of=$1
	local got
	shift
	echo "$*" >&"${of[1]}"
	read -r got <&"${of[0]}"
	echo "$got"
}
out="udp-192.0.2.1-8080 udp-2001:db8::1-8080 udp-192.0.2.1-8081 udp-2001:db8::1-8081"
here="udp-127.0.0.1-8080 udp-::1-8080"
far="udp-10.77.0.10-80 udp-fd77::10-80 tcp-10.77.0.10-81"
# comes TEXT ANSWERS: until all flows are answered so.
comes() {
	ct_until 10 is_answered "$2"
	is "$(answers_now)" "$2" "$1"
}
answers_now() {
	echo "$(through OUT $out), $(through HOST $here), $(through FAR $far)"
}
is_answered() {
	[ "$(answers_now)" = "$1" ]
}
is "$(answers_now)" "web web host host, web web, web web web" "flows begin"
is "$(answers_now)" "web web host host, web web, web web web" "and go on"
table '"8081:80/udp"' '"web:80/tcp"'
ct_minit reload >/dev/null
comes "a table of other ports, and without the allow" "host host web web, host host, no no no"
table '' '"web:80/udp"'
ct_minit reload >/dev/null
comes "one without ports, and with half of the allow" "host host host host, host host, web web no"
ct_stop "it ends in order"
echo "1..$ct_tests"
