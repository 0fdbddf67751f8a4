#!/bin/bash
# Another table in which bridges isolate no more, and watch no addresses: nothing of that is left, and all else is as it was.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

bridge='[network.bridge.br0]
address = ["10.77.0.1/24"]
nat = true'
services() {
	cat <<TOML
[service.web]
$(serve web '"80"')
network = { address = "10.77.0.10" }
[service.two]
exec = ["/bin/sleep", "1000"]
network = { address = "10.77.0.20" }
TOML
}
reach() {
	from "$(ct_outer two)" tcp:10.77.0.10:80
}
between() {
	ct_in nft list tables | grep -c 'bridge minit'
}

{ printf '%s\nisolate = true\nantispoof = true\n' "$bridge"; services; } | ct_table
ct_start
ct_up
ct_is "it runs" web:up two:up
listens web 80
is "$(reach),$(between)" no,1 "who is isolated reaches nobody"
{ echo "$bridge"; services; } | ct_table
ct_minit reload >"$ct_dir/said" 2>&1
is "$?:$(cat "$ct_dir/said")" "0:nat, ports and allow: put in place of the old ones at once" "a table that isolates nobody"
is "$(between)" 0 "leaves no rule of that"
soon answers "$(ct_outer two)" tcp:10.77.0.10:80
is "$(reach)" "web 10.77.0.20" "and they reach each other"
is "$(ct_field web starts)$(ct_field two starts)" 11 "by the same runs"
ct_not_said 'somebody has changed' "what is minit's own doing is not taken for another's"
{ printf '%s\nisolate = true\n' "$bridge"; services; } | ct_table
ct_minit reload >"$ct_dir/said" 2>&1
is "$?:$(reach),$(between)" 0:no,1 "and back again"
{ echo '[network.bridge.br0]'; echo 'address = "10.77.0.1/24"'; services; } | ct_table
ct_minit reload >"$ct_dir/said" 2>&1
soon answers "$(ct_outer two)" tcp:10.77.0.10:80
is "$?:$(ct_in nft list tables | grep -c minit)" 0:0 "one without any rules has no table at all"
ct_stop "it ends in order"
echo "1..$ct_tests"
