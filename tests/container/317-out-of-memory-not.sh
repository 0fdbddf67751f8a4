#!/bin/bash
# Who is killed by hand was not out of memory, though some process further down in a leaf of its own was so before, in the same run.
set -u
. tests/container/ct.sh

mkfifo "$ct_dir/go" "$ct_dir/gone" "$ct_dir/one"
cat >"$ct_dir/nests" <<'SH'
cd /sys/fs/cgroup
[ ! -e memory/cgroup.procs ] || cd memory
mkdir main low
echo 0 >main/cgroup.procs
[ -e memory.limit_in_bytes ] || echo +memory >cgroup.subtree_control
echo 16M >low/memory.max || echo 16M >low/memory.limit_in_bytes
read -r line <"$1/go"
(echo 0 >low/cgroup.procs; exec tail /dev/zero)
echo "status $?" >"$1/gone"
exec sleep 1000
SH
ct_table <<TOML
[service.nests]
exec = ["/bin/sh", "$ct_dir/nests", "$ct_dir"]
delegate = true
init = false
restart = "never"
stop.signal = "SIGKILL"
[service.parts]
exec = ["/bin/sh", "-c", "read line <$ct_dir/one; tail /dev/zero; exec sleep 1000"]
cgroup = { memory.max = "16M", memory.oom.group = 0 }
init = false
restart = "never"
stop.signal = "SIGKILL"
[service.whole]
exec = ["/bin/sh", "-c", "cd /sys/fs/cgroup; [ -e memory/cgroup.procs ] || { mkdir main; echo 0 >main/cgroup.procs; }; exec tail /dev/zero"]
delegate = true
init = false
restart = "never"
autostart = false
cgroup.memory.max = "16M"
TOML
ct_start
ct_up
ct_is "they run" nests:up parts:up
echo >"$ct_dir/one"
ct_wait 20 'parts: out of memory: a process of it was killed'
ok $? "one whose processes end one by one loses one"
heard=$SECONDS
echo >"$ct_dir/go"
read -r -t 20 said <>"$ct_dir/gone"
is "$said" "status 137" "in a group further down there is no memory left"
is "$(ct_field nests state)" up "it goes on"
ct_in kill -KILL "$(ct_field nests pid)"
ct_is "killed by hand" nests:failed
is "$(ct_field nests why)" "killed by SIGKILL" "it was not out of memory"
ct_minit start whole >/dev/null
ct_is "a leaf that is beyond its own limit ends as a whole" whole:failed
is "$(ct_field whole why)" "out of memory: killed in its leaf" "for that reason, on cgroup v2 also where the process was further down in it"
# No event tells that somebody does not die.
later() {
	[ $((SECONDS - heard)) -gt 5 ]
}
ct_until 20 later
ct_in kill -KILL "$(ct_field parts pid)"
ct_is "the first one is killed by hand, some seconds later" parts:failed
is "$(ct_field parts why)/$(ct_field parts oom_kills)" "killed by SIGKILL/1" "so it was not out of memory either"
ct_stop "minit leaves in order"
echo "1..$ct_tests"
