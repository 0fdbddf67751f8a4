#!/bin/bash
# What has the name of a service's port is taken away after a minit that was killed only if that had made it: by the mark that it bears.
set -u
. tests/container/ct.sh

ct_table <<TOML
[network.bridge.br0]
address = "10.77.0.1/24"
[service.web]
exec = ["/bin/sleep", "1000"]
restart = "never"
[service.db]
exec = ["/bin/sleep", "1000"]
restart = "never"
[service.old]
exec = ["/bin/sleep", "1000"]
restart = "never"
TOML
sed '/service.old/,$d' "$ct_dir/table.toml" >"$ct_dir/next.toml"

# Killed with its PID namespace; only the network of a service that somebody is in stays.
cat >"$ct_dir/runs.sh" <<SH
begin() {
	env --default-signal unshare --fork --pid --mount-proc '$MINIT' run "\$1" & runs=\$!
	'$MINIT' wait --timeout 20s "\${@:2}" || echo "wait: \$?"
	read -r first _ </proc/\$runs/task/\$runs/children
}
gone() { for i in \$(seq 200); do ip link show \$1 >/dev/null 2>&1 || return; sleep 0.02; done; echo "\$1 is there"; }
# In the network of a service; pid: as the outside sees it.
hold() {
	for pid in \$(cat /proc/\$first/task/\$first/children); do
		! nsenter -t \$pid -n ip -br -4 addr show eth0 2>/dev/null | grep -q " \$1/" || break
	done
	nsenter -t \$pid -n sleep 1000 & held="\$held \$!"
	until [ "\$(readlink /proc/\$!/ns/net)" = "\$(readlink /proc/\$pid/ns/net)" ]; do sleep 0.02; done
}
address() { '$MINIT' status \$1 --json | sed -n 's/.*"addresses":\["\([0-9.]*\).*/\1/p'; }
links() { echo "\$1 \$(ip -br link | sed 's/[@ ].*//' | grep -v -x -E 'lo|b1' | sort | tr '\n' ' ')"; }
held=
begin '$ct_dir/table.toml' web:up db:up old:up
hold \$(address db)
hold \$(address old)
kill -KILL \$first; wait \$runs
gone mv0
ip link add mv0 type veth peer name theirs
ip link set mv0 up
links killed:
begin '$ct_dir/next.toml' db:up web:failed
links next:
ip link delete mv0
'$MINIT' start web >/dev/null && echo "later: up"
kill -KILL \$held
'$MINIT' poweroff
wait \$runs
gone mv0; gone mv1
links end:
SH
ct_start bash "$ct_dir/runs.sh"
ct_end 60
ct_said '^killed: br0 mv0 mv1 mv2 theirs $' "a killed run has left pairs in whose networks somebody is; another's has the name of one that is gone"
ct_said '^next: br0 mv0 mv1 theirs $' "the next run takes what is left, and leaves what is not minit's"
ct_said 'web: veth pair mv0: a link of this name exists, which this minit has not made; delete it \(ip link delete NAME\)' "which it says, with what to do"
ct_said '^later: up' "and then it works"
ct_said '^end: $' "nothing is left"
ct_not_said ' is there$|^wait:' "it went as it should"
ct_show 12
echo "1..$ct_tests"
