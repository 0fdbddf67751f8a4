#!/bin/bash
# Another table with a link that has an address by DHCP: its client runs, the lease stays when the link has another number, it goes
# and comes with the key, and all of it ends when the link is gone.
set -u
. tests/container/ct.sh
. tests/container/dhcp.sh

app='[service.app]
exec = ["/bin/sleep", "1000"]
network = "host"'
wan='[network.link.wan]
address = "dhcp"
dhcp_client = ["'$TOYBOX'", "dhcp", "-T", "1"]'
upon='[service.upon]
exec = ["/bin/sleep", "1000"]
network = "host"
online = ["wan"]'
reload() {
	ct_minit reload >"$ct_dir/said" 2>&1
	echo "$?:$(sort "$ct_dir/said")"
}
lease() {
	ct_in ip -o -4 addr show wan | grep -o 'inet [^ ]*'
}

echo "$app" | ct_table
dhcp_start <<'SH'
serve 192.0.2.50
read end <&3
SH
ct_up
ct_is "it runs" app:up
printf '%s\n' "$wan" "$app" "$upon" | ct_table
is "$(reload)" "0:dhcp-wan: it is new: started
network.link.wan: it is new: set up
upon: it is new: started" "a link with a lease"
ct_is "gets it, and who waits for it starts" dhcp-wan:up upon:up
is "$(lease)" "inet 192.0.2.50/24" "the address is there"
before=$(ct_field dhcp-wan pid),$(ct_field upon pid),$(ct_field app pid)
printf '%s\n' '[network.link.lo]' 'address = "127.0.0.2/8"' "$wan" "$app" "$upon" | ct_table
is "$(reload)" "0:network.link.lo: it is new: set up" "another one before it"
is "$(ct_field dhcp-wan pid),$(ct_field upon pid),$(ct_field app pid)" "$before" "all run on"
ct_minit stop upon >/dev/null
ct_minit start --timeout 10s upon >/dev/null
ok $? "and it is online still: who waits for it starts at once"
is "$(lease)" "inet 192.0.2.50/24" "with its lease"
kept=$(ct_field app pid) upon_is=$(ct_field upon pid) lo='[network.link.lo]
address = "127.0.0.2/8"'
printf '%s\n' "$lo" '[network.link.wan]' 'address = "192.0.2.60/24"' "$app" "$upon" | ct_table
is "$(reload)" "0:dhcp-wan: it is gone: stopped
network.link.wan: address: changed while all runs" "an address in place of the lease"
is "$(lease)" "inet 192.0.2.60/24" "is the one that it has"
is "$(ct_field upon pid),$(ct_field app pid)" "$upon_is,$kept" "all run on"
printf '%s\n' "$lo" "$wan" "$app" "$upon" | ct_table
is "$(reload)" "0:dhcp-wan: it is new: started
network.link.wan: address: changed while all runs" "the lease again"
ct_minit stop upon >/dev/null
ct_minit start --timeout 20s upon >/dev/null
is "$?:$(lease)" "0:inet 192.0.2.50/24" "is what who waits for it waits for"
printf '%s\n' "$lo" "$wan" 'mac = "02:00:00:00:00:44"' "$app" "$upon" | ct_table
is "$(reload)" "0:dhcp-wan: restarted: its link
network.link.wan: mac: changed while all runs" "another MAC"
ct_until 20 grep -q 'DHCPDISCOVER.*02:00:00:00:00:44' "$ct_dir/served"
ok $? "by which its client asks"
is "$(ct_field app pid)" "$kept" "who is on none runs on"
echo "$app" | ct_table
is "$(reload)" "0:dhcp-wan: it is gone: stopped
network.link.lo: no longer in the table: it is not put back to what it was
network.link.wan: no longer in the table: it is not put back to what it was
upon: it is gone: stopped" "and gone again"
is "$(lease)" "" "the lease is given back by the client"
is "$(ct_field app pid)" "${before##*,}" "who is on none runs on"
echo >"$ct_dir/go"
ct_stop "it ends in order"
echo "1..$ct_tests"
