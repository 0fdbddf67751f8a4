#!/bin/bash
# The network of services: a bridge, an address for each, names, and that all of it outlives restarts.
set -u
. tests/container/ct.sh

page=$ct_dir/www
mkdir -p "$page" && echo "the page" >"$page/index.html"
cat >"$ct_dir/serve.py" <<'PY'
import http.server, functools, socketserver, sys
socketserver.TCPServer.allow_reuse_address = True # not HTTPServer, which looks for its own name in the DNS
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
socketserver.ThreadingTCPServer(("", 80), handler).serve_forever()
PY
cat >"$ct_dir/fetch.py" <<'PY'
import urllib.request, time
while True:
    try:
        print("fetched:", urllib.request.urlopen("http://web/", timeout=5).read().decode().strip(), flush=True)
        break
    except OSError:
        time.sleep(0.02) # it is up, but not listening yet
PY

ct_table <<TOML
[defaults]
restart = "always"
backoff = { first = "10ms" }
[network.bridge.br0]
address = ["10.77.0.1/24"]

[service.web]
exec = ["/usr/bin/python3", "$ct_dir/serve.py", "$page"]
network = { address = "10.77.0.10" }
[service.client]
exec = ["/usr/bin/python3", "-c", "exec(open('$ct_dir/fetch.py').read()); time.sleep(1000)"]
hosts = true
needs = ["web"]
[service.any]
exec = ["/bin/sleep", "1000"]
[service.alone]
exec = ["/bin/sleep", "1000"]
network = "none"
[service.host]
exec = ["/bin/sleep", "1000"]
network = "host"
[service.task]
exec = ["/bin/sh", "-c", "ip -br addr show eth0; ip route; cat /etc/hosts | tr '\\\\t' ' '"]
ready = "exit"
hosts = true
TOML

ct_start
ct_up && ct_events
ct_is "all is up" web:up client:up any:up alone:up host:up task:done
ct_wait 20 '^fetched: the page$'
ok $? "a client finds the server by its name, over the bridge"
is "$(ct_inside web ip -br -4 addr show eth0 | awk '{ print $3 }')" 10.77.0.10/24 "a given address"
address=$(ct_inside any ip -br -4 addr show eth0 | awk '{ print $3 }')
echo "$address" | grep -q '^10\.77\.0\.[0-9]*/24$'
ok $? "or one of the bridge's subnet: $address"
is "$(ct_field any addresses | tr -d '[]\"')" "$address" "which status tells"
is "$(ct_inside any ip route | grep -o '^default via 10.77.0.1 dev eth0')" "default via 10.77.0.1 dev eth0" "the bridge is the way out"
is "$(ct_inside alone ip -br link | awk '{ print $1, $4 }')" "lo <LOOPBACK,UP,LOWER_UP>" "network none: loopback alone"
is "$(ct_netns host)" "$(readlink "/proc/$(ct_pid)/ns/net")" "network host: minit's own"
grep -a -E -q "^10\.77\.0\.10 +web$" "$ct_dir/out" && grep -a -E -q "^${address%/*} +any$" "$ct_dir/out"
ok $? "names are those of the services"
is "$(ct_in ip -br link show master br0 | grep -c ' UP ')" 4 "each is a port of the bridge"

before=$(ct_netns web)
kill -KILL "$(ct_outer web)"
ct_is "it is started again when it dies" 'web:starts>=2' web:up
is "$(ct_netns web)" "$before" "in the same network namespace"
is "$(ct_inside web ip -br -4 addr show eth0 | awk '{ print $3 }')" 10.77.0.10/24 "with the same address"
: >"$ct_dir/out"
ct_minit restart client >/dev/null
ct_wait 20 '^fetched: the page$'
ok $? "and is found again"
ct_minit stop any >/dev/null
is "$(ct_in ip -br link show master br0 | grep -c '^mv')" 4 "one that is stopped keeps its place"
ct_minit start any >/dev/null
is "$(ct_inside any ip -br -4 addr show eth0 | awk '{ print $3 }')" "$address" "and its address"

ct_signal SEGV
ct_is "after a fatal signal to minit" 'web:starts=2' web:up
kill -KILL "$(ct_outer web)"
ct_is "services still come back" 'web:starts>=3' web:up
is "$(ct_netns web),$(ct_inside web ip -br -4 addr show eth0 | awk '{ print $3 }')" "$before,10.77.0.10/24" \
	"in their network, with their address"
is "$(ct_in ip -br link show master br0 | grep -c '^mv')" 4 "and nothing is made twice"
ct_stop "it ends in order"

# An ordinary process beside others, in a network that is theirs too; a bridge that was there before is not its own.
cat >"$ct_dir/guest.toml" <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24"]
[network.bridge.theirs]
address = ["10.78.0.1/24"]
[service.guest]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0" }
[service.other]
exec = ["/bin/sleep", "1000"]
network = { bridge = "theirs" }
TOML
ct_start sh -c "
	ip link add theirs type bridge
	ip -br link >'$ct_dir/before'
	for i in 1 2; do
		'$MINIT' run '$ct_dir/guest.toml' & minit=\$!
		'$MINIT' wait --timeout 20s guest:up other:up && echo guests \$(ip -br link | grep -c '^mv')
		'$MINIT' poweroff
		wait \$minit
		echo ended \$? left \$(ip -br link | cut -d' ' -f1 | grep -v -e '^lo' -e '^theirs' | wc -l)
	done
	ip -br link show theirs | grep -c theirs"
ct_end 60
is $? 0 "minit run as an ordinary process in a network of others"
is "$(grep -c '^guests 2$' "$ct_dir/out"),$(grep -c '^ended 0 left 0$' "$ct_dir/out")" 2,2 \
	"takes its bridge and pairs away at its end, before it is gone: at once another can be run"
is "$(tail -n 1 "$ct_dir/out")" 1 "and leaves what was there before"

ct_start
ct_up
ct_is "another time" any:up
is "$(ct_inside any ip -br -4 addr show eth0 | awk '{ print $3 }')" "$address" "the address is the same: it comes of the name"
ct_stop "it ends in order"
echo "1..$ct_tests"
