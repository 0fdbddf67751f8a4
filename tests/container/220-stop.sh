#!/bin/bash
# Stopping a service stops all of it: asked first, then killed, with whatever it has left behind.
set -u
. tests/container/ct.sh

loop='while :; do sleep 0.1; done'

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
[service.plain]
exec = ["/bin/sh", "-c", "setsid sh -c \"(env -i /bin/sh -c ': plain-orphan; trap : TERM; $loop' &)\"; echo plain is up; exec sleep 1000"]
user = "nobody"
namespaces = []
leaf = false
[service.beside]
exec = ["/bin/sh", "-c", "setsid sh -c \"(setsid sh -c ': beside-orphan; $loop' &)\"; echo beside is up; exec sleep 1000"]
namespaces = []
leaf = false
[service.failer]
exec = ["/bin/sh", "-c", "setsid sh -c \"(setsid sh -c ': failer-orphan; $loop' &)\"; sleep 0.05; exit 1"]
restart = "on-failure"
backoff = { first = "10ms", give_up = 2 }
namespaces = []
leaf = false
[service.leaver]
exec = ["/bin/sh", "-c", "setsid sh -c \"(setsid sh -c ': leaver-orphan; $loop' &)\"; sleep 0.05; echo leaver leaves; exit 0"]
namespaces = []
TOML

# there WORD TEXT: one process with this word in its command line lives; those that are forked may have it too until they are
# what they are to be.
there() {
	local i n
	for i in $(seq 500); do
		n=$(ct_in ps -e -o args= | grep -c ": $1[;]")
		[ "$n" != 1 ] || break
		ct_pause
	done
	is "$n" 1 "$2"
}
# gone WORD TEXT: none does.
gone() {
	is "$(ct_in ps -e -o args= | grep -c ": $1[;]")" 0 "$2"
}

ct_start
ct_up && ct_events
for name in deaf ungraceful frozen daemon leafonly nsonly group plain beside; do ct_wait 10 "^$name is up"; done
ct_is "all are up" polite:up deaf:up daemon:up leafonly:up nsonly:up group:up

ct_mark
ct_minit stop polite usr1 >/dev/null
ct_said '^polite was asked$' "a service is asked with SIGTERM"
ct_said '^usr1 was asked$' "or with the signal of its table"
is "$(ct_states polite)" "stopping draining down" "and goes through stopping"
ct_minit stop frozen >/dev/null
ct_said '^frozen was asked$' "a stopped process is continued, so that it hears"

ct_minit stop deaf ungraceful >/dev/null
ct_is "who does not go is killed when the grace is over" deaf:down ungraceful:down
ct_said '^minit: deaf: did not stop within 100 ms: killed$' "which is said"
is "$(ct_field deaf why)" "stopped by SIGKILL" "and no failure"

ct_is "an orphan of one that has ended is no part of a new run" leaver:done
gone leaver-orphan "it is killed when its service has ended"

there daemon-child "daemonised children run with their service"
there daemon-orphan "and their orphans"
ct_minit stop daemon >/dev/null
gone daemon-child "and are gone with it"
gone daemon-orphan "orphans too"
there leafonly-orphan "(an orphan in a leaf)"
ct_minit stop leafonly >/dev/null
gone leafonly-orphan "a leaf alone is enough for that"
there nsonly-orphan "(an orphan in a pid namespace)"
ct_minit stop nsonly >/dev/null
gone nsonly-orphan "and a pid namespace alone"
ct_minit stop group >/dev/null
gone group-child "with neither, its process group"
there plain-orphan "(an orphan in neither, of another user and with an environment of its own)"
ct_minit stop plain >/dev/null
gone plain-orphan "and all that bears its mark"
ct_is "one that fails again and again fails in order" failer:failed
gone failer-orphan "and leaves nobody behind"
there beside-orphan "who belongs to another is left alone"
ct_minit restart beside >/dev/null
ct_wait 10 "^beside is up"

ct_stop "it ends in order"
[ -z "$(find /sys/fs/cgroup -type d -name 'minit.*' -newer "$ct_dir/table.toml" 2>/dev/null | while read -r d; do ls -d "$d/deaf" 2>/dev/null; done)" ]
ok $? "and its leaves are removed"
echo "1..$ct_tests"
