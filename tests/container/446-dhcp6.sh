#!/bin/bash
# Links with an address by DHCPv6, alone and beside DHCP: real clients, one resolv.conf of both, and what comes over the wire
# that is no lease.
set -u
. tests/container/ct.sh

mkdir "$ct_dir/etc"
cp /etc/passwd /etc/group "$ct_dir/etc"
# The first descriptors beyond the three are its own: udhcpc and udhcpc6 put a pipe of theirs there whatever they were.
cat >"$ct_dir/dhclient" <<SH
#!/bin/sh
exec 3</dev/null 4</dev/null 5</dev/null
exec $(command -v dhclient || echo /sbin/dhclient) "\$@"
SH
chmod +x "$ct_dir/dhclient"
client='"'$ct_dir/dhclient'"'
ct_table <<TOML
[network]
sysctl = { "net.ipv6.conf.off.disable_ipv6" = 1, "net.ipv6.conf.wan.dad_transmits" = 0 }
[network.link.six]
address = "dhcp6"
dhcp6_client = [$client, "-lf", "$ct_dir/six.leases"]
[network.link.wan]
address = ["dhcp", "dhcp6"]
dhcp_client = ["$TOYBOX", "dhcp", "-T", "1"]
dhcp6_client = [$client, "-lf", "$ct_dir/wan.leases"]
[network.link.off]
address = "dhcp6"
[service.app6]
exec = ["/bin/sleep", "1000"]
online = ["six"]
[service.app]
exec = ["/bin/sleep", "1000"]
online = ["wan"]
[service.none]
exec = ["/bin/sleep", "1000"]
online = ["off"]
TOML

# As in 445: the kernel is to do the checksums of DHCPv4 itself. far6 has no IPv4 at all. Who does not forward says in its answers
# to neighbours that it is no router: then the kernel takes the route away that it has had by a router advertisement, 5 s later.
cat >"$ct_dir/server.sh" <<SH
echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
echo 0 >/proc/sys/net/ipv6/conf/far/dad_transmits
echo 0 >/proc/sys/net/ipv6/conf/far6/dad_transmits
ip addr add 192.0.2.1/24 dev far && ip addr add fd00::1/64 dev far nodad && ip addr add fd06::1/64 dev far6 nodad &&
	ip addr add fd06::99/64 dev far6 nodad && ip link set far up && ip link set far6 up
/usr/bin/python3 -S -E -c '
import ctypes, fcntl, socket, struct
value = ctypes.create_string_buffer(struct.pack("II", 0x17, 0))
fcntl.ioctl(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 0x8946,
            struct.pack("16sP", b"far", ctypes.addressof(value)) + bytes(16))'
exec dnsmasq --conf-file=/dev/null --keep-in-foreground --port=0 --user=root --interface=far --interface=far6 --leasefile-ro \\
	--pid-file= --dhcp-authoritative --dhcp-range=192.0.2.50,192.0.2.50,2m --dhcp-option=3,192.0.2.1 \\
	--dhcp-option=6,192.0.2.53 --enable-ra --dhcp-range=fd00::10,fd00::1f,64,2m \\
	--dhcp-range=fd06::10,fd06::1f,64,3m --dhcp-option=option6:dns-server,[fd00::53],[fd00::54] \\
	--dhcp-option=option6:domain-search,six.example --log-facility=/dev/null
SH
ct_start sh -c "mount --bind '$ct_dir/etc' /etc && ip link set lo up
	unshare -n sh -c 'echo \$\$ >$ct_dir/server; until ip link show far >/dev/null 2>&1; do :; done; exec sh $ct_dir/server.sh' &
	until [ -s '$ct_dir/server' ]; do :; done
	ip link add off type veth peer name off1 && ip link set off1 up
	ip link add six type veth peer name far6 netns \$(cat '$ct_dir/server')
	ip link add wan type veth peer name far netns \$(cat '$ct_dir/server') && exec '$MINIT' run '$ct_dir/table.toml'"
ct_up
addresses() { # LINK: what is global there and not made of what a router has told
	ct_in ip -o -6 addr show dev "$1" scope global | grep -v mngtmpaddr | grep -o 'inet6 [^ ]*' | tr '\n' ,
}
resolv() {
	grep -v '^#' "$ct_dir/etc/resolv.conf" | tr '\n' ,
}
ct_is "with DHCPv6 alone, in a network without IPv4" app6:up
case $(addresses six) in
"inet6 fd06::"1?"/128,") ok 0 "the address is one alone" ;;
*) ok 1 "the address is one alone: $(addresses six)" ;;
esac
ct_in ip -o -6 addr show six | grep -q -E 'fd06::1./128 .*valid_lft 1(7[0-9]|80)sec preferred_lft 1(7[0-9]|80)sec'
ok $? "with its lifetimes"
ct_in ip -o -6 addr show six tentative | grep -q fd06::
is $? 1 "nobody else has it, which is known when the link is online"
advertised() {
	ct_in ip -6 route show default dev six | grep -q 'proto ra'
}
ct_until 20 advertised
ok $? "the router has told of itself" || ct_in ip -6 route show | sed 's/^/# /'
wrapper=$(ct_outer dhcp6-six)
read -r killed <"/proc/$wrapper/task/$wrapper/children"
kill -KILL "${killed%% *}"
ct_wait 10 'six: link: no longer online'
ok $? "with a client that is killed goes what it got"
ct_is "both on one link" app:up
is "$(resolv)" "search six.example,nameserver 192.0.2.53,nameserver fd00::53,nameserver fd00::54," \
	"the name servers and domains of all leases are together"
ct_said "lease: off: no address by DHCPv6: IPv6 is switched off there" "where there is no IPv6 that is said"
is "$(ct_field none why)" "waiting for link off: no lease by DHCPv6 yet" "and who waits for it knows what for"
ct_signal SEGV
ct_wait 10 'executed in place'
ct_minit stop app >/dev/null
ct_minit start --timeout 5s app >/dev/null
ok $? "a crash of minit forgets no lease"

# As a client's script is called.
wire() { # LINK VARIABLE... EVENT
	local link=$1
	shift
	ct_in env interface="$link" "${@:1:$#-1}" "$MINIT" lease -6 "${!#}" 2>&1
}
before=$(addresses wan)
refused() { # TEXT SAYS LINK VARIABLE...
	local text=$1 says=$2 said status
	shift 2
	said=$(wire "$@" bound)
	status=$?
	case $status,$said in
	1,*"$says"*) is "$(addresses wan)" "$before" "$text" ;;
	*) ok 1 "$text: $status, $said" ;;
	esac
}
refused "an address that is none" "has told no IPv6 address" wan "ipv6=$(printf '%010000d' 0)"
refused "a lifetime of -1" "a lifetime that is no number" wan ipv6=fd00::30 lease=-1
refused "a link that has none by the table" 'no link of this name with address = "dhcp6"' lo ipv6=fd00::30
case $(wire '' ipv6=fd00::30 bound),$? in
*"no link is named"*,2) ok 0 "no link" ;;
*) ok 1 "no link" ;;
esac
is "$(resolv)" "search six.example,nameserver 192.0.2.53,nameserver fd00::53,nameserver fd00::54," \
	"nothing of that is in resolv.conf either"
ct_until 20 ct_in test -e /run/minit/lease6.six
ok $? "the client that comes in its place gets it again"
is "$(wire six ipv6=fd06::99 lease=60 bound >"$ct_dir/said"; echo $?),$(addresses six)" "3," "an address that somebody has is not taken"
grep -q 'fd06::99 is in use by somebody else on the link' "$ct_dir/said"
ok $? "which is said, and the client may decline it"
is "$(wire wan "ADDRESSES=fd00::31/128,50,60 fd00::32/128,50,60" "RDNSS=fd00::55 x" "DOMAINS=six.example." \
	bound),$(addresses wan)" ",inet6 fd00::31/128," "odhcp6c's words: another address takes the place of the first"
is "$(resolv)" "search six.example,nameserver 192.0.2.53,nameserver fd00::55," "and so do the name servers"
wire wan new_ip6_address=fd00::31 new_preferred_life=500 new_max_life=600 RENEW6 >"$ct_dir/said"
ct_in ip -o -6 addr show wan | grep -q -E 'fd00::31/128 .*valid_lft (600|59[0-9])sec preferred_lft (500|49[0-9])sec'
ok $? "it is renewed, in dhclient's words"
wire wan ipv6=fd00::31 lease=0 renew
is "$?,$(addresses wan),$(resolv)" "0,,nameserver 192.0.2.53," "a lifetime of 0 takes it away, and what is DHCP's stays"
ct_in ip -o -4 addr show wan | grep -q 192.0.2.50
ok $? "as does that address"
is "$(wire wan ip=fd00::33 request),$(addresses wan)" ",inet6 fd00::33/128," "toybox's word for it"
ct_minit stop dhcp6-wan >/dev/null
is "$(addresses wan),$(ct_in ip -o -4 addr show wan | grep -c 192.0.2.50)" ",1" "when the client is stopped, what it got is taken away"
is "$(ct_field dhcp-wan state)" up "the other client runs on"
wire wan ipv6=fd00::34 dns=fd00::56 bound
ct_in sh -c 'echo 1 >/proc/sys/net/ipv6/conf/wan/disable_ipv6'
case $(wire wan ipv6=fd00::35 bound),$?,$(resolv),$(ct_in ls /run/minit) in
*"IPv6 is off here"*,1,*fd00::56* | *,*lease6.wan"
"*) ok 1 "one that cannot be put in the place of another leaves nothing of that" ;;
*"IPv6 is off here"*,1,*) ok 0 "one that cannot be put in the place of another leaves nothing of that" ;;
*) ok 1 "one that cannot be put in the place of another leaves nothing of that" ;;
esac
ct_stop "it ends in order"
echo "1..$ct_tests"
