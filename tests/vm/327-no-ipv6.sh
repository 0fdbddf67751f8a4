#!/bin/bash
# A kernel without IPv6: who has IPv4 beside it does without it, which is said and shown; who has IPv6 alone fails, and is told what to do.
set -u
. tests/vm/vm.sh

vm_program /usr/sbin/ip
vm_modules bridge veth dummy macvlan nf_tables nft_chain_nat nft_nat nft_masq nft_ct nft_meta_bridge nft_fib nft_fib_inet nft_fib_ipv4 nft_fib_ipv6 nf_conntrack_netlink
vm_table <<'TOML' || exit 1
[defaults]
restart = "never"
[network]
rules = ["from fd05::/64 table 100", "from 10.5.0.0/24 table 100"]
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
nat = true
isolate = true
[network.bridge.only6]
address = "fd78::1/64"
[network.link.d0]
kind = "dummy"
address = ["10.5.0.1/24", "fd05::1/64"]
gateway = ["10.5.0.254", "fd05::ffff"]
routes = ["fd06::/64 via fd05::9", "10.6.0.0/16 via 10.5.0.9", "unreachable fd09::/64"]
[network.link.six]
kind = "dummy"
address = "fd07::1/64"

[service.web]
exec = ["/bin/netcat", "-L", "-p", "80", "/bin/echo", "the page"]
[service.web.network]
bridge = "br0"
address = ["10.77.0.10", "fd77::10"]
routes = ["fd99::/64 via fd77::9", "10.9.0.0/16 via 10.77.0.9", "unreachable fd98::/64"]
ports = ["8080:80", "127.0.0.1:8081:80", "[::1]:8081:80"]
[service.made]
exec = ["/bin/sleep", "10000"]
needs = ["web"]
network = { bridge = "br0", allow = ["web:80"] }
[service.wire]
exec = ["/bin/sleep", "10000"]
network = { mode = "macvlan", parent = "d0", address = ["10.5.0.9/24", "fd05::9/64"], gateway = "fd05::1" }
[service.wire6]
exec = ["/bin/sleep", "10000"]
network = { mode = "macvlan", parent = "d0", address = "fd05::10/64" }
[service.loop6]
exec = ["/bin/sleep", "10000"]
network = { bridge = "br0", ports = "[::1]:8082:80" }
[service.on6]
exec = ["/bin/sleep", "10000"]
network.bridge = "only6"
[service.further6]
exec = ["/bin/sleep", "10000"]
network = { bridge = "br0", also = ["only6"] }

[service.probe]
exec = ["/bin/sh", "/probe"]
namespaces = []
caps = "all"
ready = "exit"
[service.ender]
exec = ["/bin/sh", "-c", "minit wait --timeout 120s probe:done; exec minit poweroff"]
namespaces = []
TOML
vm_probe <<'SH'
minit wait --timeout 60s web:up made:up wire:up wire6:failed loop6:failed on6:failed further6:failed d0:online >/dev/null 2>&1 || true
for service in web made wire wire6 loop6 on6 further6; do
	echo "state $service $(of $service state)"
done
for link in br0 d0; do echo "addr $link $(ip -br addr show $link | tr -s ' ')"; done
echo "routes $(ip route show | grep static | sed 's/ *$//' | sort | tr '\n' ,)"
echo "rules $(ip rule show | grep -c 'from 10.5.0.0/24 lookup 100')"
echo "page $(netcat 127.0.0.1 8080 </dev/null) $(netcat 127.0.0.1 8081 </dev/null)"
for service in web made wire; do differs $service | sed "s/^/differs $service /"; done
minit why web | sed 's/^/why /'
minit status web --json | grep -o "[^{]*fd77::10[^}]*" | sed "s/^/json /"
minit net | grep '^!' | sed 's/^/net /'
minit restart web >/dev/null && echo "again $(of web state)"
SH
vm_boot quiet ipv6.disable=1
vm_wait 60 'minit: ' || vm_show
vm_end 180
ok $? "it works, and ends"
vm_show 60

# said RE TEXT
said() {
	vm_console | grep -a -q -E "minit: $1"
	ok $? "$2"
}
for service in web made wire; do
	has "state $service up" "$service has IPv4 beside it, and is up"
done
for service in wire6 loop6 on6 further6; do
	has "state $service failed" "$service has nothing else, and fails"
done
has 'addr br0 .* 10\.77\.0\.1/24 ?' "a bridge has its IPv4 address"
has 'addr d0 .* 10\.5\.0\.1/24 ?' "and so has a link"
has 'routes 10\.6\.0\.0/16 via 10\.5\.0\.9 dev d0 proto static,default via 10\.5\.0\.254 dev d0 proto static,' "with its routes"
has 'rules 1' "and rules"
has 'page the page the page' "published ports lead to the service"
has 'again up' "which starts again"
has 'differs web .*address .*fd77::10/64.*none' "what it asked for and has not is shown"
has 'differs web .*network\.routes .*fd99::/64.*none' "as are routes"
has 'differs web .*network\.ports .*\[::1\]:8081.*none' "and ports"
has 'differs wire .*address .*fd05::9/64.*none' "of a macvlan too"
has 'why .*web: network\.address: asked is fd77::10/64, found is none' "why says so"
has 'json "what":"network.address","asked":"fd77::10/64","got":"none","ok":false' "and JSON"
[ "$(vm_console | grep -a -c 'going on without it and all others like it: switch IPv6 on')" = 1 ]
ok $? "it is said once"
said 'wire6: address fd05::10/64: this kernel has no IPv6 .*; leave the address out' "what to do is said where nothing else is there"
said 'loop6: network.ports: port 8082 is one of IPv6, and bridge br0 has none: that takes a kernel with IPv6' "of a port"
said 'only6: address fd78::1/64: this kernel has no IPv6 .*; leave the address out' "of a bridge"
said 'six: address fd07::1/64: this kernel has no IPv6 .*; leave the address out' "of a link"
said 'network: rule of priority 10000: this kernel has no policy routing \(of this family\)' "and of a rule"
echo "1..$vm_tests"
