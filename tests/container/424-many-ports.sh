#!/bin/bash
# A large ruleset: what the kernel tells minit of its own transaction is not taken for somebody else's.
set -u
. tests/container/ct.sh

ct_table <<TOML
[network.bridge.br0]
address = "10.77.0.1/24"
[service.web]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0", ports = [$(seq -s, -f '"%.0f:80"' 2000 2 11998)] }
TOML


ct_start
ct_up
ct_is "all is up" web:up
ct_rests
ct_not_said 'somebody has changed the tables' "nobody is said to have changed what minit has made"
ct_in nft flush table inet minit
ct_wait 10 'nf_tables: somebody has changed the tables minit; they are as they were again'
ok $? "who changes it is heard"
ct_rests
is "$(grep -c 'somebody has changed' "$ct_dir/out")" 1 "once, as what mends it is minit's own"
ct_in nft delete table inet minit
ct_until 10 sh -c '[ "$(grep -c "somebody has changed" "$0")" = 2 ]' "$ct_dir/out"
ok $? "and again"
ct_stop "it ends in order"
echo "1..$ct_tests"
