#!/bin/bash
# `minit net --plan` is what minit does: its lines, run by a shell in one network, come to the same as minit in another.
set -u
. tests/container/ct.sh

# What is to be the same, line by line: of the network of the caller.
cat >"$ct_dir/shape.py" <<'PY'
import json, re, subprocess
def ask(*words):
    out = subprocess.run(words, capture_output=True, text=True).stdout
    return json.loads(out or "[]")
said = []
def say(*words):
    said.append(" ".join(str(w) for w in words))
for l in ask("ip", "-d", "-j", "link"):
    info = l.get("linkinfo", {})
    kind, data = info.get("info_kind", ""), info.get("info_data", {})
    port = info.get("info_slave_data", {})
    # The host's end of a pair has a MAC of the kernel's choice.
    mac = "any" if l["ifname"][:2] in ("mv", "mt", "mu") else l.get("address")
    keep = ["id", "mode", "forward_delay", "stp_state", "ageing_time", "priority", "vlan_filtering", "port", "remote", "group", "local", "link"]
    say("link", l["ifname"], kind, mac, l["mtu"], l.get("master"), l.get("ifalias"), l.get("inet6_addr_gen_mode"), "UP" in l["flags"], "NOARP" in l["flags"],
        l.get("num_tx_queues"), l.get("num_rx_queues"), [data[k] for k in keep if k in data], port.get("isolated"))
for l in ask("ip", "-j", "addr"):
    for a in l.get("addr_info", []):
        if a["scope"] != "link":
            say("address", l["ifname"], a["local"], a["prefixlen"], a.get("broadcast"), a.get("nodad"), a["scope"])
for family in "-4", "-6":
    for r in ask("ip", family, "-j", "-d", "route", "show", "table", "all"):
        # Link-local addresses come when their time has come.
        if r.get("type") != "multicast" and not r["dst"].startswith("fe80:"):
            say("route", family, r.get("type"), r["dst"], r.get("gateway"), r.get("dev"), r.get("protocol"), r.get("scope"), r.get("metric"), r.get("table"))
    for r in ask("ip", family, "-j", "-d", "rule"):
        say("rule", family, *sorted(r.items()))
for n in ask("ip", "-j", "neigh", "show", "nud", "permanent"):
    say("neighbour", n["dst"], n["dev"], n["lladdr"])
for q in ask("tc", "-j", "qdisc", "show"):
    if q["kind"] == "tbf":
        say("rate", q["dev"], q["handle"], q["options"])
for path in ["net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding", "net/ipv4/ip_unprivileged_port_start", "net/ipv4/ip_default_ttl"]:
    say(path, open("/proc/sys/" + path).read().strip())
for l in ask("ip", "-d", "-j", "link"):
    if l.get("linkinfo", {}).get("info_kind") == "bridge":
        say(l["ifname"], "accept_ra", open("/proc/sys/net/ipv6/conf/" + l["ifname"] + "/accept_ra").read().strip())
print("\n".join(sorted(said)))
for line in subprocess.run(["nft", "-s", "list", "ruleset"], capture_output=True, text=True).stdout.split("\n"):
    # An nft before 1.0.8 has no word for the target of an advertisement or a solicitation.
    if ("@addrs6" in line and "nd-neighbor-" in line) or ("@macs6" in line and "nd-neighbor-solicit" in line):
        continue
    # What nft takes no rule to a port without, and its word for the number of a member.
    line = line.replace("type mark : ipv4_addr . inet_service", "typeof numgen inc mod 1 : ip daddr . tcp dport")
    line = line.replace("type mark : ipv6_addr . inet_service", "typeof numgen inc mod 1 : ip6 daddr . tcp dport")
    if "jhash" in line or "update @" in line:
        for part, word in (("96,32", "ip saddr"), ("128,32", "ip daddr"), ("64,128", "ip6 saddr"), ("192,128", "ip6 daddr")):
            line = line.replace("@nh," + part, word)
    if "map @balance-" in line:
        line = line.replace("meta l4proto tcp ", "")
    print(re.sub(r"0x0000000([0-9]) : ", r"\1 : ", line))
PY
shape() {
	/usr/bin/python3 -S -E "$ct_dir/shape.py"
}

ct_table <<TOML
[network]
sysctl = { "net.ipv4.conf.br0.rp_filter" = 2, net.ipv4.ip_default_ttl = 70 }
rules  = ["from 192.0.2.10 table 300", "fwmark 0x10/0xff to 10.0.0.0/8 unreachable", "not iif br0 table 7"]
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
mtu = 1400
nat = true
near = true
[network.bridge.br1]
address = ["10.78.0.1/24", "fd78::1/64"]
mac = "02:00:5e:10:00:01"
ageing = "1m"
isolate = true
[network.bridge.br2]
address = "10.79.0.1/24"
port_isolation = true
mtu = 1400
ageing = "2m"
shard = 3

[network.link.spare]
match = "up*"
mac = "02:00:00:00:00:01"
address = ["192.0.2.10/24", "2001:db8::10/64"]
gateway = ["192.0.2.1", "2001:db8::1"]
metric = 50
routes = ["10.9.0.0/16 via 192.0.2.254 metric 10", "10.8.0.0/16", "default via 192.0.2.254 table 300"]
[network.link.mac0]
kind = "macvlan"
parent = "spare"
mode = "private"
mac = "02:00:00:00:00:02"
mtu = 1300
[network.link.far]
kind = "vxlan"
mac = "02:00:00:00:00:03"
id = 42
remote = "192.0.2.20"
local = "192.0.2.10"
master = "br0"

[service.web]
needs = ["two"]
[service.web.network]
bridge  = "br0"
address = ["10.77.0.10", "fd77::10"]
routes  = ["10.9.0.0/16 via 10.77.0.254 metric 7", "blackhole 10.10.0.0/16", "fd99::/64 via fd77::9"]
sysctl  = { net.ipv4.ip_unprivileged_port_start = 0 }
mtu     = 1300
mac     = "02:00:00:00:00:0A"
rate    = { in = "50M", out = "10M" }
ports   = ["8080:80", "127.0.0.1:8443:443", "[::1]:8443:443", "1000-1009:2000-2009/udp", "192.0.2.10:80"]
allow   = ["db:6379", "db:53/udp"]
[service.one]
network = { bridge = "br0", ports = "9000:80", balance = "random" }
[service.two]
network = { bridge = "br0", ports = "9000:81", balance = "random" }
[service.three]
network = { bridge = "br0", ports = "9001:80", balance = "source" }
[service.db]
network = { bridge = "br1", address = ["10.78.0.10", "fd78::10"] }
[service.cache]
network = { bridge = "br1", allow = "db" }
[service.wire]
network = { mode = "macvlan", parent = "spare", address = "192.0.2.9/24", gateway = "192.0.2.1" }
[service.calm]
network.bridge = "br2"
[service.calm2]
network.bridge = "br2"
[service.calm3]
network.bridge = "br2"
[service.calm4]
network.bridge = "br2"
[service.alone]
network = { mode = "none", sysctl.net.ipv4.ip_forward = true }
TOML
sed -i '/^\[service[.][a-z0-9]*\]$/a exec = ["/bin/sleep", "1000"]' "$ct_dir/table.toml"
services="web cache wire alone"

unshare --net --user --map-root-user "$MINIT" net --plan "$ct_dir/table.toml" >"$ct_dir/plan.sh" 2>"$ct_dir/plan.err"
is "$?,$(cat "$ct_dir/plan.err")" 0, "a plan is told without rights, and without a network"
for words in "net --plan" "check" "check --dump"; do
	"$MINIT" $words "$ct_dir/table.toml" >&- 2>"$ct_dir/plan.err"
	is "$?,$(cat "$ct_dir/plan.err")" "1,minit: standard output: it is closed; to see nothing, send it to /dev/null" \
		"$words, with nowhere to say it, says so"
done
grep -q '^nft -f - ' "$ct_dir/plan.sh"
ok $? "with its rules"

# A wire, as the kernels of test machines have no dummy.
wire="ip link add up0 type veth peer name far0 address 02:00:00:00:00:09 && ip link set far0 up"

# As minit does it.
ct_start sh -c "$wire && exec '$MINIT' run '$ct_dir/table.toml'"
ct_up
ct_is "all is up" all:up
{
	ct_in /usr/bin/python3 -S -E "$ct_dir/shape.py"
	for service in $services; do
		echo "service $service"
		ct_inside "$service" /usr/bin/python3 -S -E "$ct_dir/shape.py"
	done
} >"$ct_dir/done"
ct_stop "it ends in order"

# As a shell does it.
# Which device it is has to be filled in; and see above.
sed -i "s/'up[*]'/up0/; /icmpv6 taddr/d" "$ct_dir/plan.sh"
export ct_dir services wire
unshare --net --mount bash -c '
	mount -t tmpfs run /run && sh -c "$wire" && # not every machine has names there
		{ [ ! -e /etc/protocols ] || mount --bind /dev/null /etc/protocols; } &&
		sh -e "$ct_dir/plan.sh" >"$ct_dir/plan.out" 2>&1
	echo $? >"$ct_dir/status"
	[ ! -e /etc/protocols ] || umount /etc/protocols
	/usr/bin/python3 -S -E "$ct_dir/shape.py"
	for service in $services; do
		echo "service $service"
		ip netns exec "$service" /usr/bin/python3 -S -E "$ct_dir/shape.py"
	done' >"$ct_dir/typed"
is "$(cat "$ct_dir/status"),$(cat "$ct_dir/plan.out")" 0, "a shell can run it"
[ "$(wc -l <"$ct_dir/done")" -gt 200 ] && diff "$ct_dir/done" "$ct_dir/typed" >"$ct_dir/diff"
ok $? "and what comes of it is what minit has made"
sed 's/^/# /' "$ct_dir/diff" | head -n 40
echo "1..$ct_tests"
