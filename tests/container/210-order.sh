#!/bin/bash
# In which order services start and stop.
set -u
. tests/container/ct.sh

# stays NAME: a service that says when it starts and when it stops.
stays() {
	echo "[service.$1]"
	echo "exec = [\"/bin/sh\", \"-c\", \"trap 'echo $1 stops; exit' TERM; echo $1 starts; while :; do sleep 0.02; done\"]"
}
# Ready is when the program runs: what it says may come later than what the next one says. So the order of starts is
# that of the events, the order of stops that of the last words.
began() {
	ct_changes | sed -n 's/.*"service":"\([a-z]*\)","from".*"state":"\(starting\|up\)".*/\1 \2/p' | grep -E "$1" | tr '\n' ',' | sed 's/,$//'
}
said() {
	grep -a -E '^[a-z]+ (starts|stops)$' "$ct_dir/out" | tr '\n' ',' | sed 's/,$//'
}

# In the table the last comes first: what it says, not where it stands, gives the order.
ct_table <<TOML
[defaults]
namespaces = []
$(stays web)
needs = ["app"]
$(stays app)
needs = ["db", "prepare"]
$(stays db)
[service.prepare]
exec = ["/bin/sh", "-c", "sleep 0.1; echo prepare starts"]
ready = "exit"
[service.broken]
exec = ["/bin/false"]
ready = "exit"
restart = "never"
$(stays waits)
needs = ["broken"]
$(stays waitstoo)
needs = ["waits"]
$(stays afterwaits)
after = ["waits"]
$(stays later)
after = ["broken", "prepare"]
autostart = true
$(stays lazy)
autostart = false
$(stays afterlazy)
after = ["lazy"]
TOML
ct_start
ct_up && ct_events
ct_is "all that can be up is" web:up app:up db:up prepare:done later:up afterlazy:up
ct_is "who needs a failed task waits" waits:waiting broken:failed
is "$(ct_field waits why)" "waiting for broken (failed)" "and for what is told"
ct_said '^minit: waits: waiting for broken \(failed\)$' "in the log too"
is "$(timeout 20 "$MINIT" --socket "/proc/$(ct_pid)/root/run/minit/control" start --timeout 0 waits 2>&1)" \
	"minit: waits: start: it is waiting (waiting for broken (failed))" "start says so at once, though it may wait for ever"
is "$(timeout 20 "$MINIT" --socket "/proc/$(ct_pid)/root/run/minit/control" wait --timeout 0 waitstoo:up 2>&1)" \
	"minit: waitstoo:up: waitstoo: it is waiting (waiting for waits, and that in the end for broken (failed)), and will not get there" \
	"and wait, along all that lies between"
ct_is "who comes after one that waits in vain does not wait for it" afterwaits:up
ct_is "who only comes after one that is not started does not wait" lazy:down afterlazy:up
is "$(said | tr ',' '\n' | grep -E 'prepare|app|web' | head -n 1)" 'prepare starts' "a task is done before what needs it starts"
is "$(said | tr ',' '\n' | grep -E 'prepare|later' | tr '\n' ',')" 'prepare starts,later starts,' "after waits for the end of a task"

: >"$ct_dir/out"
ct_minit stop db >/dev/null
is "$(said)" 'web stops,app stops,db stops' "stop: what needs it goes first, then it"
ct_is "those who need it wait for it" db:down app:waiting web:waiting
ct_mark
ct_minit start db >/dev/null
ct_is "start: they come back" web:up app:up db:up
is "$(began 'db|app|web')" 'db starting,db up,app starting,app up,web starting,web up' "in order, each when the one before is up"
: >"$ct_dir/out"
ct_mark
ct_minit restart app >/dev/null
ct_is "restart takes along what needs it" web:up app:up app:starts=3 web:starts=3 db:starts=2
is "$(said | grep -o '[a-z]* stops' | tr '\n' ',')" 'web stops,app stops,' "first stops in order"
is "$(began 'db|app|web')" 'app starting,app up,web starting,web up' "then starts"
is "$(ct_field app restarts),$(ct_field web restarts)" 0,0 "which counts as no restart by minit"

: >"$ct_dir/out"
kill -KILL "$(ps -o pid= --ppid "$(ct_pid)" | while read -r p; do grep -a -q 'db starts' "/proc/$p/cmdline" && echo "$p"; done)"
ct_is "what dies by itself comes back" db:up 'db:restarts>=1'
is "$(ct_field web starts)" 3 "and does not take along what needs it"
ct_minit start lazy >/dev/null
ct_wait 10 'lazy starts'
: >"$ct_dir/out"
ct_stop "all stops"
is "$(said | tr ',' '\n' | grep -E 'web|app|db' | tr '\n' ',')" 'web stops,app stops,db stops,' "at the end, what needs others first"
is "$(said | tr ',' '\n' | grep lazy | tr '\n' ',')" 'afterlazy stops,lazy stops,' "and who comes after another one before that"
echo "1..$ct_tests"
