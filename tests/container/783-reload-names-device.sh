#!/bin/bash
# What a service has mounted upon its file of names is looked at before it is opened: a device, such as a watchdog, would hear of that
# by minit's rights.
set -u
. tests/container/ct.sh

cat >"$ct_dir/covers" <<'SH'
mkfifo /run/pipe && mount --bind /run/pipe /etc/hosts && echo covered
(: </run/pipe; echo opened) &
exec sleep 1000
SH
chmod -R a+rX "$ct_dir"
table() { # NAME...: services beside
	local name
	{
		cat <<TOML
[network.bridge.br0]
address = "10.77.0.1/24"
[service.web]
exec = ["/bin/sh", "$ct_dir/covers"]
userns = "auto"
caps = "all"
seccomp = "none"
init = false
stop.signal = "SIGKILL"
mounts = { "/run" = "tmpfs" }
hosts = true
network = { address = "10.77.0.10" }
TOML
		for name; do printf '[service.%s]\nexec = ["/bin/sleep", "1000"]\nnetwork = {}\n' "$name"; done
	} | ct_table
}
table a
ct_start
ct_up
ct_wait 20 '^covered$'
ok $? "it has mounted a pipe upon it"
table a b
ct_minit reload >"$ct_dir/said" 2>&1
ct_wait 20 'web: /etc/hosts: somebody has changed it'
ok $? "that it is another is told"
ct_is "and it runs on" web:up web:starts=1
ct_rests
is "$(grep -c -x opened "$ct_dir/out")" 0 "nobody has opened it"
ct_show 8; sed "s/^/# /" "$ct_dir/said"
ct_stop "it ends in order"
echo "1..$ct_tests"
