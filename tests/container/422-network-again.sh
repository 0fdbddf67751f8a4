#!/bin/bash
# A network that could not be made at boot is made at a later start, and that waits for it too.
set -u
. tests/container/ct.sh

ct_table <<TOML
[network.bridge.br0]
address = "10.77.0.1/24"
[service.web]
exec = ["/bin/sleep", "1000"]
restart = "never"
[service.side]
exec = ["/bin/sleep", "1000"]
network.join = "web"
restart = "never"
TOML

ct_start sh -c 'ip link add br0 type veth peer name b1 && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "without its bridge it fails" web:failed side:failed
ct_in ip link del br0
ct_in ip link add br0 type bridge stp_state 1 forward_delay 200
ct_in ip link set br0 up
ct_minit start --no-wait web side >/dev/null
is "$(ct_field web state)" waiting "a later start makes the network, and waits"
is "$(ct_field web why)" "waiting for its network: mv0 does not pass packets yet" "and says for what"
is "$(ct_field side state)" waiting "who joins it waits too"
ct_signal SEGV
ct_wait 10 'executed in place'
is "$(ct_field web state)" waiting "a crash meanwhile does not let it start"
ct_is "until the port forwards" web:up side:up
is "$(ct_in ip -d link show mv0 | grep -o "state forwarding")" "state forwarding" "which it does now"
is "$(ls -l "/proc/$(ct_pid)/fd" | grep -c 'socket:')" 3 "and links are listened to no more, but for those that are deleted"
ct_stop "it stops in order"
echo "1..$ct_tests"
