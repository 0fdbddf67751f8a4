#!/bin/bash
# Stopping a service stops all of it: asked first, then killed, with whatever it has left behind.
set -u
. tests/container/ct.sh

loop='while :; do sleep 0.02; done'

# Each says its own name in its command line, so that it can be found.
ct_table <<TOML
[defaults]
restart = "never"
stop = { grace = "30s" }

[service.polite]
exec = ["/bin/sh", "-c", "trap 'echo polite was asked; exit' TERM; $loop"]
[service.usr1]
exec = ["/bin/sh", "-c", "trap 'echo usr1 was asked; exit' USR1; trap '' TERM; $loop"]
stop = { signal = "USR1" }
[service.deaf]
exec = ["/bin/sh", "-c", "trap '' TERM; echo deaf is up; $loop"]
stop = { grace = "100ms" }
[service.ungraceful]
exec = ["/bin/sh", "-c", "trap 'echo ungraceful was asked; sleep 5' TERM; echo ungraceful is up; $loop"]
stop = { grace = "0s" }
[service.frozen]
exec = ["/bin/sh", "-c", "trap 'echo frozen was asked; exit' TERM; echo frozen is up; kill -STOP \$\$; $loop"]
[service.daemon]
exec = ["/bin/sh", "-c", "setsid sh -c \"trap '' TERM HUP; : daemon-child; $loop\" & setsid sh -c \"(setsid sh -c ': daemon-orphan; $loop' &)\"; echo daemon is up; exec sleep 1000"]
[service.leafonly]
exec = ["/bin/sh", "-c", "setsid sh -c \"(setsid sh -c ': leafonly-orphan; trap : TERM; $loop' &)\"; echo leafonly is up; exec sleep 1000"]
namespaces = []
[service.nsonly]
exec = ["/bin/sh", "-c", "setsid sh -c \"(setsid sh -c ': nsonly-orphan; $loop' &)\"; echo nsonly is up; exec sleep 1000"]
leaf = false
[service.group]
exec = ["/bin/sh", "-c", "sh -c ': group-child; trap : TERM; $loop' & echo group is up; exec sleep 1000"]
namespaces = []
leaf = false
[service.leaver]
exec = ["/bin/sh", "-c", "setsid sh -c \"(setsid sh -c ': leaver-orphan; $loop' &)\"; sleep 0.05; echo leaver leaves; exit 0"]
namespaces = []
TOML

# left WORD: how many processes with this word in their command line live.
left() {
	ct_in ps -e -o args= | grep -c ": $1[;]"
}

ct_start
ct_up && ct_events
for name in deaf ungraceful frozen daemon leafonly nsonly group; do ct_wait 10 "^$name is up"; done
ct_is "all are up" polite:up deaf:up daemon:up leafonly:up nsonly:up group:up

ct_minit stop polite usr1 >/dev/null
ct_said '^polite was asked$' "a service is asked with SIGTERM"
ct_said '^usr1 was asked$' "or with the signal of its table"
is "$(ct_states polite)" "up stopping draining down" "and goes through stopping"
ct_minit stop frozen >/dev/null
ct_said '^frozen was asked$' "a stopped process is continued, so that it hears"

ct_minit stop deaf ungraceful >/dev/null
ct_is "who does not go is killed when the grace is over" deaf:down ungraceful:down
ct_said '^minit: deaf: did not stop within 100 ms: killed$' "which is said"
is "$(ct_field deaf why)" "stopped by SIGKILL" "and no failure"

ct_is "an orphan of one that has ended is no part of a new run" leaver:done
is "$(left leaver-orphan)" 0 "it is killed when its service has ended"

is "$(left daemon-child),$(left daemon-orphan)" 1,1 "daemonised children run with their service"
ct_minit stop daemon >/dev/null
is "$(left daemon-child),$(left daemon-orphan)" 0,0 "and are gone with it"
is "$(left leafonly-orphan)" 1 "(an orphan in a leaf)"
ct_minit stop leafonly >/dev/null
is "$(left leafonly-orphan)" 0 "a leaf alone is enough for that"
is "$(left nsonly-orphan)" 1 "(an orphan in a pid namespace)"
ct_minit stop nsonly >/dev/null
is "$(left nsonly-orphan)" 0 "and a pid namespace alone"
ct_minit stop group >/dev/null
is "$(left group-child)" 0 "with neither, at least its process group"

ct_stop "it ends in order"
[ -z "$(find /sys/fs/cgroup -type d -name 'minit.*' -newer "$ct_dir/table.toml" 2>/dev/null | while read -r d; do ls -d "$d/deaf" 2>/dev/null; done)" ]
ok $? "and its leaves are removed"
echo "1..$ct_tests"
