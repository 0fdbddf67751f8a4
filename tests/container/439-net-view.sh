#!/bin/bash
# `minit net`: what it shows is what there is, figures move when a byte goes, and what is not as asked is said.
set -u
. tests/container/ct.sh

ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
nat = true
[network.bridge.br1]
address = "10.78.0.1/24"
isolate = true

[service.web]
exec = ["/bin/sleep", "1000"]
[service.web.network]
bridge  = "br0"
address = ["10.77.0.10", "fd77::10"]
routes  = "10.9.0.0/16 via 10.77.0.254 metric 7"
ports   = ["8080:80", "127.0.0.1:8443:443"]
rate    = { in = "50M", out = "10M" }
sysctl  = { net.ipv4.ip_default_ttl = 70, "net.ipv4.ping_group_range" = "0 100" }
[service.one]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0", ports = "9000:80", balance = "random" }
[service.two]
exec = ["/bin/sleep", "1000"]
autostart = false
network = { bridge = "br0", ports = "9000:80", balance = "random" }
[service.side]
exec = ["/bin/sleep", "1000"]
network.join = "web"
[service.db]
exec = ["/bin/sleep", "1000"]
network.bridge = "br1"
[service.cache]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br1", also = "br0", allow = "db:6379" }
[service.host]
exec = ["/bin/sleep", "1000"]
network.mode = "host"
[service.beside]
exec = ["/bin/sleep", "1000"]
join = { service = "web", namespaces = ["net"] }
TOML
ct_start
ct_up
ct_is "what is to be up is" web:up one:up side:up db:up cache:up host:up two:down

ct_minit net >"$ct_dir/all" 2>&1
is "$?,$(grep -c '^!' "$ct_dir/all")" 0,0 "all is as asked"
# shows RE TEXT
shows() {
	grep -q -E "$1" "$ct_dir/all"
	ok $? "$2"
}
shows '^br0 +up +10[.]77[.]0[.]1/24, fd77::1/64 +1500 +4  nat$' "it shows a bridge"
shows '^br1 +up +10[.]78[.]0[.]1/24 +1500 +2  isolate, antispoof$' "and what it does"
shows '^web +br0 +mv0 +up +10[.]77[.]0[.]10/24, fd77::10/64 +[0-9.]+[BK] +[0-9.]+[BK] +[0-9]+  50M/10M$' "a service"
shows "^side +web's +- " "one that joins another"
shows "^beside +web's +- " "and one that joins its process"
shows "^host +minit's +- " "one without a network of its own"
shows '^0[.]0[.]0[.]0:8080/tcp +web +10[.]77[.]0[.]10:80 +- +there$' "a port"
shows '^0[.]0[.]0[.]0:9000/tcp +two +10[.]77[.]0[.][0-9]+:80 +random +not now$' "a balanced one whose service is not up"
shows '^cache +db:6379/tcp$' "who may reach whom"
ct_minit net web >"$ct_dir/all" 2>&1
shows '^  network[.]routes +10[.]9[.]0[.]0/16 via 10[.]77[.]0[.]254 metric 7 there$' "a route of a service, asked and found"
shows '^  network[.]rate[.]in +50M +50M$' "and its rate"
shows '^  network[.]sysctl +net[.]ipv4[.]ping_group_range = 0 100 +0 100$' "a setting of its network"
shows '^  net[.]ipv6[.]conf[.]all[.]forwarding +1 +1$' "and what its ports need of minit's"
ct_minit net db >"$ct_dir/all" 2>&1
! grep -q forward "$ct_dir/all"
ok $? "which is not told of who needs none of it"
ct_minit status web >"$ct_dir/all" 2>&1
shows '^  network[.]ports +127[.]0[.]0[.]1:8443/tcp to 10[.]77[.]0[.]10:443 there$' "ports in the status of a service"

# count NAME KEY
count() {
	ct_minit net --json "$1" | sed -n "s/.*\"$2\":\([0-9]*\),.*/\1/p"
}
in=$(count web in_packets) out=$(count web out_packets) bytes=$(count web in_bytes)
ct_in /usr/bin/python3 -S -E -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(5):
    s.sendto(b"x" * 1000, ("10.77.0.10", 9))' # nobody is there: an answer by ICMP, or none
[ "$(count web in_packets)" -ge $((in + 5)) ] && [ "$(count web in_bytes)" -ge $((bytes + 5000)) ]
ok $? "what goes to a service is counted as what it receives"
ct_inside web /usr/bin/python3 -S -E -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(5):
    s.sendto(b"x" * 1000, ("10.77.0.1", 9))'
[ "$(count web out_packets)" -ge $((out + 5)) ]
ok $? "and what it sends as that"
ct_minit net --json >"$ct_dir/json"
/usr/bin/python3 -S -E - "$ct_dir/json" <<'PY'
import json, sys
all = [json.loads(line) for line in open(sys.argv[1])]
kinds = [o["what"] for o in all]
assert [kinds.count(k) for k in ("bridge", "link", "service", "port", "allow")] == [2, 0, 8, 7, 1], kinds
web = [o for o in all if o.get("name") == "web"][0]
assert web["addresses"] == ["10.77.0.10/24", "fd77::10/64"] and web["rate_in_bps"] == 50000000 and web["ok"] and web["forwards"]
assert "default via 10.77.0.1" in web["routes"]
two = [o for o in all if o.get("service") == "two"]
assert two and not two[0]["there"] and two[0]["balance"] == "random"
PY
ok $? "each line of --json can be read by a program"

# Somebody else's firewall: by nf_tables (by policy, and by its last rule), and by the old ip_tables where the kernel has it.
ct_in nft -f - <<'NFT'
table ip filter {
	chain FORWARD {
		type filter hook forward priority 0; policy drop;
		iifname "docker0" accept
	}
}
table inet wall {
	chain ahead {
		type filter hook forward priority 10; policy accept;
		ct state established accept
		counter reject
	}
	chain also {
		type filter hook forward priority 11; policy accept;
		iifname "docker0" drop
	}
}
NFT
ct_minit net >"$ct_dir/all" 2>&1
shows '^! br0: chain ip filter FORWARD is not minit.s, .* none of them names br0: .*`iptables -I FORWARD -i br0 -j ACCEPT`' \
	"a chain of others that drops what is forwarded"
shows '^! br0: chain inet wall ahead is not minit.s, .*`nft insert rule inet wall ahead oifname br0 accept`$' "or rejects it"
is "$(grep -c '^!' "$ct_dir/all")" 2 "and no other; a bridge that forwards nothing has nothing to do with it"
is "$(ct_minit net --json | sed -n 's/.*"name":"br0".*"dropped_by":\([^]]*\)\],"ok":false}/\1/p')" \
	'["ip filter FORWARD","inet wall ahead"' "programs are told so too"
ct_minit why side >"$ct_dir/all" 2>&1
shows '^  br0: chain ip filter FORWARD is not minit.s' "so is who asks why a service is not reached"
ct_minit why cache >"$ct_dir/all" 2>&1
shows '^  br0: chain ip filter FORWARD is not minit.s' "by a further bridge too"
ct_in nft insert rule ip filter FORWARD oifname br0 accept
ct_in nft delete table inet wall
ct_minit why web >"$ct_dir/all" 2>&1
is "$(cat "$ct_dir/all" | wc -l)" 1 "a table with a rule about the bridge is its author's business"
# drops RULE: a table that drops everything else; then whether that is one about br0.
drops() {
	ct_in nft -f - <<-NFT
		table ip filter
		delete table ip filter
		table ip filter {
			chain FORWARD {
				type filter hook forward priority 0; policy drop;
				$1
			}
		}
	NFT
	ct_minit why web >"$ct_dir/all" 2>&1
}
names() {
	drops "$1"
	is "$(cat "$ct_dir/all" | wc -l)" 1 "$2"
}
names_not() {
	drops "$1"
	shows '^  br0: chain ip filter FORWARD is not minit.s' "$2"
}
names 'oifname "br*" accept' "so is one with the beginning of its name"
names 'iifname { "docker0", "br0" } accept' "one with a set that it is in"
names 'iifname . tcp dport { "br0" . 80 } accept' "with something else"
names 'iif br0 accept' "one with its number"
names 'oif vmap { br0 : accept }' "in a map too"
names_not 'iifname "mybr0" accept' "not one with a name that ends as it does"
names_not 'iifname "br0x*" accept' "that begins as it does"
names_not 'iifname { "docker0", "br01" } accept' "a set without it"
names_not 'tcp dport 25202 accept' "or a number that looks like it"
ct_in nft delete table ip filter
ct_in /usr/bin/python3 -S -E - <<'PY'
import ctypes, socket, struct, sys
def entry(target):
    return bytes(84) + struct.pack("IHHI", 0, 112, 112 + len(target), 0) + bytes(16) + target
def verdict(v):
    return entry(struct.pack("H30xi4x", 40, v))
rules = verdict(-2) + verdict(-1) + verdict(-2) + entry(struct.pack("H30s32s", 64, b"ERROR", b"ERROR"))
hooks = struct.pack("=5I", 0, 0, 152, 304, 0)
counters = (ctypes.c_char * 64)()
head = struct.pack("=32s3I", b"filter", 14, 4, len(rules)) + 2 * hooks + struct.pack("=IQ", 4, ctypes.addressof(counters))
try:
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW).setsockopt(0, 64, head + rules)
except OSError as e:
    print("# no ip_tables here:", e)
    sys.exit(1)
PY
if [ $? = 0 ]; then
	ct_minit net >"$ct_dir/all" 2>&1
	shows '^! br0: chain ip filter FORWARD is not minit.s, .*`iptables -I FORWARD -o br0 -j ACCEPT`$' "one of ip_tables"
fi

# Behind minit's back.
ct_in sysctl -q -w net.ipv4.ip_forward=0
ct_inside web sysctl -q -w net.ipv4.ip_default_ttl=64
ct_minit why web >"$ct_dir/all" 2>&1
shows '^  ! web: net[.]ipv4[.]ip_forward: asked is 1, found is 0$' "forwarding that is off"
shows '^  ! web: network[.]sysctl: asked is net[.]ipv4[.]ip_default_ttl = 70, found is 64$' "a setting that is another"
is "$(grep -c '!' "$ct_dir/all")" 2 "and no more"
ct_in sysctl -q -w net.ipv4.ip_forward=1
ct_inside web ip address del 10.77.0.10/24 dev eth0
ct_inside web ip -6 route del default
ct_in tc qdisc del dev mv0 root
ct_in sh -c 'ip link set br0 down && ip link set br0 name away && ip link set away up'
ct_minit net >"$ct_dir/all" 2>&1
is $? 0 "what has been changed is no failure of the tool"
shows '^! web: network[.]address: asked is 10[.]77[.]0[.]10/24, found is none$' "an address that is gone"
shows '^! web: network[.]gateway: asked is default via fd77::1, found is none$' "a route that is gone"
shows '^! web: network[.]rate[.]in: asked is 50M, found is no limit$' "a limit that is gone"
shows '^br0 +missing' "a bridge that is gone"
shows '^! br0: the bridge is not there$' "which is said too"
# An address of a bridge is given back 0.1 s later, and its ports are set up with it; who takes it again and
# again is not fought for long.
bare() {
	ct_in sh -c 'ip address del 10.78.0.1/24 dev br1; ip link set mv4 down' 2>/dev/null
	ct_minit net >"$ct_dir/all" 2>&1
	ct_minit net db >"$ct_dir/db" 2>&1
	grep -q '^! ' "$ct_dir/db" && grep -q '^! br1: ' "$ct_dir/all"
}
ct_until 30 bare
shows '^! br1: 10[.]78[.]0[.]1/24 is not there$' "an address of a bridge"
shows '^! db: network[.]bridge: asked is br1 by mv4, found is br1 by mv4, which lets nothing through$' "a port that is down"
mv "$ct_dir/db" "$ct_dir/all"
shows '^! br1[.]address +10[.]78[.]0[.]1/24 +none$' "of a service that is named also the address of its bridge"
shows '^! 2 of [0-9]+ not as asked$' "and how many there are"

# -- wrong use -------------------------------------------------------------------------------------------------------
said() {
	local status
	"$@" >"$ct_dir/said" 2>&1
	status=$?
	echo "$status $(cat "$ct_dir/said")"
}
is "$(said ct_minit net wen)" '2 minit: wen: no such service; did you mean "web"?' "a service that is not there"
is "$(said ct_minit net br1)" '2 minit: br1: a bridge of the table, and no service; `minit net` without a name shows it' "a bridge is none"
is "$(said ct_minit net --plan --json | cut -d';' -f1)" '2 minit: net: --plan is lines for a shell' "two options that do not go together"
is "$(said "$MINIT" net --socket "$ct_dir/none")" \
	"1 minit: $ct_dir/none: No such file or directory: is minit running here? set MINIT_SOCKET or use --socket PATH" "no minit"
ct_minit net --json >/dev/full 2>"$ct_dir/said"
is "$?,$(cat "$ct_dir/said")" "1,minit: standard output: No space left on device" "a full output"
ct_minit net >&- 2>"$ct_dir/said"
is "$?,$(cat "$ct_dir/said")" "1,minit: standard output: it is closed; to see nothing, send it to /dev/null" "and a closed one"
ct_stop "it ends in order"

ct_table <<TOML
[service.a]
exec = ["/bin/sleep", "1000"]
namespaces = []
TOML
ct_start
ct_up
ct_is "a table without a network" all:up
is "$(said ct_minit net | cut -d: -f1-4)" "1 minit: net: the table has no network: its services use minit's own, and no bridge or link is in it; \`minit check --dump\` prints what it comes to" \
	"which is said"
ct_stop "it ends in order"
echo "1..$ct_tests"
