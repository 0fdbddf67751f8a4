#!/bin/bash
# The control socket and the tool, with minit as a real PID 1: what is asked for happens, what is told is so, and
# connections live on when minit executes itself.
set -u
. tests/container/ct.sh

# tool WORD...: its output in $said, its status in $?.
tool() {
	said=$(ct_minit "$@" 2>&1)
}

# does STATUS TEXT WORD...
does() {
	local status=$1 text=$2
	shift 2
	tool "$@"
	is $? "$status" "$text"
}

says() {
	grep -q -E -e "$1" <<<"$said"
	ok $? "$2"
	grep -q -E -e "$1" <<<"$said" || sed 's/^/# /' <<<"$said"
}

ct_table <<TOML
[defaults]
namespaces = []
[service.held]
exec = ["/bin/sleep", "1000"]
autostart = false
stop.signal = "SIGKILL"
[service.db]
description = "what the others need"
exec = ["/bin/sleep", "1000"]
[service.web]
exec = ["/bin/sleep", "1001"]
needs = ["db"]
[service.spare]
exec = ["/bin/sleep", "1002"]
needs = ["web"]
autostart = false
[service.broken]
exec = ["/no/such/program"]
autostart = false
[service.flaky]
exec = ["/bin/sh", "-c", "exit 3"]
autostart = false
backoff = { first = "100ms", jitter = "0%", max = "100ms" }
[service.task]
exec = ["/bin/sh", "-c", "exit 0"]
ready = "exit"
restart = "never"
TOML
ct_start
ct_up || echo "# minit does not come up"
ct_freeze held 1 # it comes to no exec

# -- waiting and looking ---------------------------------------------------------------------------------------------

does 0 "wait is over when all that is wanted is ready" wait all:ready
does 0 "wait knows states and counts" wait web:up task:done spare:down web:restarts=0 web:starts=1
does 1 "wait says what was not reached" wait --timeout 100ms spare:up
says '^minit: spare:up: spare: not within 100ms: it is down$' "in one line"
does 2 "wait refuses a name that is not there" wait wbe:up
says 'did you mean "web"\?' "and knows the nearest"
does 0 "status shows" status
says '^minit .*, pid 1, container, running for .*: 4 down, 2 up, 1 done' "what there is"
says '^db +up +[0-9]+ .* what the others need$' "and what each is"
does 0 "status in JSON" status --json
is "$(python3 -c 'import json,sys
lines = [json.loads(l) for l in sys.stdin]
print(lines[0]["states"]["up"], *sorted(l["name"] for l in lines[1:]))' <<<"$said" 2>&1)" "2 broken db flaky held spare task web" "is JSON, one object per line"
does 0 "why says that all is well" why web
says '^web: up for .*: as it should be$' "in words"
does 0 "metrics are told" metrics
is "$(/usr/bin/python3 -c 'import sys
from prometheus_client.parser import text_string_to_metric_families as read
got = {(s.name, s.labels.get("service"), s.labels.get("state")): s.value for f in read(sys.stdin.read()) for s in f.samples}
print(got["minit_service_state", "web", "up"], got["minit_service_state", "web", "down"],
      got["minit_service_starts_total", "web", None], got["minit_uptime_seconds", None, None] > 0)' <<<"$said" 2>&1)" \
	"1.0 0.0 1.0 True" "in the format of Prometheus, as its own library reads it"

# -- changing ---------------------------------------------------------------------------------------------------------

before=$(ct_field web pid)
does 0 "restart waits for the new run" restart web
[ -n "$before" ] && [ "$(ct_field web pid)" != "$before" ]
ok $? "which has another pid"
does 0 "stop takes what needs it along" stop db
is "$said" "db: down" "and says the result"
does 0 "what needs it waits for it" wait web:waiting
does 0 "start starts what is needed, too" start spare
does 0 "so all three are up" wait --timeout 0.1 db:up web:up spare:up
before=$(ct_field db pid)
does 0 "restarting what others need is over when it is up again" restart db
[ -n "$before" ] && [ "$(ct_field db pid)" != "$before" ]
ok $? "with another pid"
does 0 "and they come back" wait web:up spare:up
does 1 "a program that is not there is told at the start" start broken
says '^minit: broken: start: it has failed \(step exec: /no/such/program: No such file or directory: install it, or correct exec\)$' "with step and reason"
does 0 "why knows it later, too" why broken
says '^broken: failed for .*: step exec: /no/such/program: No such file or directory' "and the reason"
does 3 "there is no use in waiting for what has failed" wait --timeout 10 broken:up
does 1 "so is one that ends at once" start flaky
says '^minit: flaky: start: it has ended \(exit 3\) and is started again in ' "with its status"
does 0 "and it is tried again and again" wait 'flaky:restarts>=3'
does 0 "until it is stopped" stop flaky
does 1 "a container cannot reboot" reboot
says '^minit: reboot: minit is not PID 1 of a machine here' "and says why"

# -- who may -----------------------------------------------------------------------------------------------------------

as_nobody() {
	said=$(ct_in setpriv --reuid 65534 --regid 65534 --clear-groups "$MINIT" "$@" 2>&1)
}
cp "$MINIT" "$ct_dir/minit" && chmod 755 "$ct_dir" "$ct_dir/minit"
MINIT_KEPT=$MINIT MINIT=$ct_dir/minit
as_nobody status
is $? 0 "anyone may look"
as_nobody stop web
is $? 1 "only root and minit's own user may change anything"
says '^minit: stop: Operation not permitted: ' "and others are told so"
MINIT=$MINIT_KEPT
does 0 "nothing was changed" wait --timeout 0.1 web:up

# -- over an execution in place ----------------------------------------------------------------------------------------

ct_events
ct_minit wait --timeout 30 db:down >"$ct_dir/waiter" 2>&1 &
waiter=$!
before=$(ct_field web pid)
does 0 "reexec is confirmed by the new program" reexec
for signal in SEGV BUS ABRT SEGV ILL; do
	ct_signal $signal
	tool status --json
done
says '"crashes":5,"reexecs":6,' "five fatal signals are survived"
is "$(ct_field web pid)" "$before" "no service noticed"
tool stop db
wait $waiter
is $? 0 "who waited still waits, and is told"
timeout 10 tail -n +1 -s 0.02 -f "$ct_dir/events" | grep -q -m 1 '"service":"db","from":"draining","state":"down"'
ok $? "who listened still hears"

# -- who asks by itself, to the end ----------------------------------------------------------------------------------

ct_in python3 -c '
import socket
s = socket.socket(socket.AF_UNIX); s.connect("/run/minit/control"); s.settimeout(5)
s.sendall(b"start held\n")
answer = s.makefile().read()
s = socket.socket(socket.AF_UNIX); s.connect("/run/minit/control")
s.sendall(b"stop held\n")
print(answer.strip()[:10])
' >"$ct_dir/whole" 2>&1
is "$(tail -n 1 "$ct_dir/whole")" '{"ok":true' "an answer ends, though a child that has not come to its exec holds the connection too"
does 0 "which is none of those that are to be stopped any more" wait held:down

# -- a full house ------------------------------------------------------------------------------------------------------

ct_in python3 -c '
import socket, sys
def dial():
    s = socket.socket(socket.AF_UNIX); s.connect("/run/minit/control"); return s
kept = [dial() for i in range(40)]
for s in kept: s.settimeout(5)
print(kept[-1].recv(200).decode().strip())
kept[0].close()
answer = "busy"
while "busy" in answer:
    s = dial(); s.settimeout(5)
    try: s.sendall(b"version\n"); answer = s.makefile().read()
    except ConnectionError: answer = "busy" # said, and the line closed before the question was read
print(answer.strip().splitlines()[-1][:10])
' >"$ct_dir/full" 2>&1
is "$(sed -n 1p "$ct_dir/full")" '{"error":"busy: minit has as many connections as it takes; try again later"}' "a full house says so"
is "$(sed -n 2p "$ct_dir/full")" '{"ok":true' "and serves again when one has left"
does 0 "and everyone is served when they all have left" wait web:waiting

ct_minit status 2>"$ct_dir/err" >/dev/full
is "$? $(cat "$ct_dir/err")" "1 minit: standard output: No space left on device" "what cannot be written is said"
ct_minit status 2>"$ct_dir/err" >&-
is "$? $(cat "$ct_dir/err")" "1 minit: standard output: it is closed; to see nothing, send it to /dev/null" "also where there is nowhere to write to"
MINIT_SOCKET=/proc/$(ct_pid)/root/run/minit/control timeout 10 "$MINIT" events 2>"$ct_dir/err" >&-
is "$? $(cat "$ct_dir/err")" "1 minit: standard output: it is closed; to see nothing, send it to /dev/null" "and does not go to minit in place of that"
ct_minit status 2>"$ct_dir/err" | head -n 0
is "$(cat "$ct_dir/err")" "" "and nothing where nobody reads on"

# -- the end -----------------------------------------------------------------------------------------------------------

does 0 "poweroff is taken" poweroff
ct_end 30
is $? 0 "and ends the container with success"
is "$(tail -n 1 "$ct_dir/events")" "minit: it is leaving" "who listened is told that it is the end"

# One that was killed, and a child of its holds what it has listened with: as a child does until its exec.
cat >"$ct_dir/dead.py" <<'PY'
import os, socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
if os.fork():
    s.listen(5)
    os._exit(0)
time.sleep(1000)
PY
ct_start sh -c 'mkdir /run/minit && "$@" && touch /run/dead; while :; do sleep 1000; done' sh /usr/bin/python3 "$ct_dir/dead.py" /run/minit/control
ct_up
ct_until 10 ct_in test -e /run/dead
MINIT_SOCKET=/proc/$(ct_pid)/root/run/minit/control timeout 10 "$MINIT" status >"$ct_dir/err" 2>&1
is "$?,$(grep -c 'control: Connection refused: is minit running here' "$ct_dir/err")" 1,1 \
	"who asks where a minit has died is told so, and not left waiting"
ct_in "$MINIT" run "$ct_dir/table.toml" >>"$ct_dir/out" 2>&1 &
does 0 "wait waits for the next one" wait --timeout 20s db:up
ct_not_said 'runs without its control socket' "which listens in its place"
ct_signal KILL
ct_end 10

echo "1..$ct_tests"
