#!/bin/bash
# Another table with another name of the host and other settings of the network: they are in force while all runs.
set -u
. tests/container/ct.sh

with() {
	{ cat; printf '[network.bridge.br0]\naddress = "10.77.0.1/24"\n[service.web]\nexec = ["/bin/sleep", "1000"]\n'; } | ct_table
}
setting() {
	ct_in cat "/proc/sys/net/$1"
}
reload() {
	ct_minit reload "$@" >"$ct_dir/said" 2>&1
	echo "$?:$(cat "$ct_dir/said")"
}

with <<TOML
[system]
hostname = "first"
[network]
sysctl = { "net.ipv4.ip_forward" = 1, "net.ipv4.conf.br0.rp_filter" = 1, "net.ipv4.conf.default.forwarding" = 1 }
TOML
ct_start
ct_up
ct_is "it runs" web:up
before=$(ct_field web pid)
is "$(ct_in hostname),$(setting ipv4/ip_forward),$(setting ipv4/conf/br0/rp_filter)" first,1,1 "by the first table"

with <<TOML
[system]
hostname = "second"
[network]
sysctl = { "net.ipv4.ip_forward" = 1, "net.ipv4.conf.br0.rp_filter" = 2, "net.ipv4.conf.br0.log_martians" = 1 }
TOML
cat >"$ct_dir/expected" <<TXT
0:system.hostname: changed while all runs
network.sysctl /proc/sys/net/ipv4/conf/default/forwarding: no longer in the table: it is not put back to what it was
network.sysctl /proc/sys/net/ipv4/conf/br0/rp_filter: changed while all runs
network.sysctl /proc/sys/net/ipv4/conf/br0/log_martians: changed while all runs
TXT
is "$(reload --plan)" "$(cat "$ct_dir/expected")" "the plan says each"
is "$(ct_in hostname),$(setting ipv4/conf/br0/rp_filter)" first,1 "and does nothing"
is "$(reload)" "$(cat "$ct_dir/expected")" "minit reload takes it"
is "$(ct_in hostname),$(setting ipv4/conf/br0/rp_filter),$(setting ipv4/conf/br0/log_martians)" second,2,1 "what is new or another is so"
is "$(setting ipv4/conf/default/forwarding)" 1 "what the table has no more stays as it is"
ct_in sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'
is "$(reload)" "0:nothing is different" "the same table again"
is "$(setting ipv4/ip_forward)" 0 "writes nothing"
with </dev/null
is "$(reload | head -n 1)" "0:system.hostname: no longer in the table: it is not put back to what it was" "a table without a name"
is "$(ct_in hostname),$(ct_field web pid)" "second,$before" "leaves the one that there is, and all has run on"
with <<TOML
[network]
sysctl = { "net.ipv4.conf.br1.rp_filter" = 2, "net.ipv4.tcp_rmem" = "no numbers" }
TOML
ct_minit reload >"$ct_dir/said" 2>&1
ct_wait 10 'tcp_rmem'
ok $? "one that cannot be written is told"
is "$(ct_field web pid)" "$before" "and all runs on"
with <<TOML
[network]
sysctl = { "net.ipv6.conf.br0.addr_gen_mode" = 1, "net.ipv6.conf.br0.accept_dad" = 1 }
TOML
sed -i 's,^address = .*,address = ["10.77.0.1/24"\, "fd77::1/64"],' "$ct_dir/table.toml"
ct_minit reload >/dev/null
is "$(setting ipv6/conf/br0/addr_gen_mode),$(setting ipv6/conf/br0/accept_dad)" 1,1 "those of a bridge win over minit's own"
sed -i 's,^address = .*,&\nageing = "77s",' "$ct_dir/table.toml"
ct_minit reload >/dev/null
is "$(setting ipv6/conf/br0/addr_gen_mode),$(setting ipv6/conf/br0/accept_dad)" 1,1 "also when another of its settings changes"
ct_stop "it ends in order"
echo "1..$ct_tests"
