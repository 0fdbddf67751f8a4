#!/bin/bash
# A service whose port does not let packets pass yet waits for that, also when minit crashes meanwhile.
set -u
. tests/container/ct.sh

ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
[service.web]
exec = ["/bin/sleep", "1000"]
[service.needs]
exec = ["/bin/sleep", "1000"]
needs = ["web"]
network = "none"
TOML

# A bridge that is there already, with the spanning tree protocol: its ports listen and learn for 2 s each.
ct_start sh -c 'ip link add br0 type bridge stp_state 1 forward_delay 200 && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ok $? "it runs"
is "$(ct_field web state)" waiting "the service waits"
is "$(ct_field web why)" "waiting for its network: mv0 does not pass packets yet" "and says for what"
is "$(ct_field needs state)" waiting "what needs it waits too"
ct_signal SEGV
ct_wait 10 'executed in place'
ok $? "a crash meanwhile"
is "$(ct_field web state)" waiting "does not let it start"
ct_is "until the port forwards" web:up needs:up
is "$(ct_in ip -d link show mv0 | grep -o "state forwarding")" "state forwarding" "which it does now"
is "$(ct_field web starts)" 1 "it was started once"
ct_minit restart web >/dev/null
ct_is "a restart does not wait again" 'web:starts>=2' web:up
is "$(ls -l "/proc/$(ct_pid)/fd" | grep -c 'socket:')" 3 "links are listened to no more, but for those that are deleted; one socket tells that they are ours"
ct_stop "it stops in order"
echo "1..$ct_tests"
