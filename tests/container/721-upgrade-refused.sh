#!/bin/bash
# What cannot take over does not: PID 1 asks a new program before it executes it, and is there again when that was not
# enough. Whatever lies where minit was, it lives, its services run on, and who asked is told why.
set -u
. tests/container/ct.sh

program=$ct_dir/minit
cp "$MINIT" "$program"
ct_table <<TOML
[service.steady]
exec = ["/bin/sleep", "1000"]
[service.needy]
exec = ["/bin/sleep", "1000"]
needs = ["steady"]
TOML

# other WORD FILE: minit with another layout of the table (WORD 0) or of the state (1), which are numbers behind a mark.
other() {
	local at
	cp "$MINIT" "$2" && at=$(grep -a -b -o '@(#)minit layout' "$2" | cut -d: -f1) || return 1
	printf 'else' | dd of="$2" bs=1 seek=$((at + 20 + 4 * $1)) conv=notrunc 2>/dev/null
}

# compiled FILE: a program of this text.
compiled() {
	musl-gcc -static -Os -Wall -Wextra -D_GNU_SOURCE -o "$1" -x c -
}

running() {
	stat -Lc %i "/proc/$(ct_pid)/exe"
}

# refuses TEXT RE: what lies in $program.new does not take over, and the client is told so.
refuses() {
	local old said
	rm -rf "$program"
	[ ! -e "$program.new" ] || mv "$program.new" "$program"
	old=$(running)
	ct_minit reexec >"$ct_dir/reexec" 2>&1
	is $? 1 "$1 does not take over"
	said=$(cat "$ct_dir/reexec")
	[[ $said =~ $2 ]]
	ok $? "and that is told: $said"
	is "$(running),$(ct_field steady pid),$(ct_field needy pid)" "$old,$before" "all goes on"
}

ct_start "$program" run "$ct_dir/table.toml"
ct_up
ct_is "it runs" steady:up needy:up
first=$(ct_pid)
before=$(ct_field steady pid),$(ct_field needy pid)

refuses "a file that is gone" "minit: reexec: $program: No such file or directory: minit runs on as it was; put .* there"
mkdir "$program.new"
refuses "a directory" "$program: it is no file"
echo garbage >"$program.new"
refuses "a file that may not be executed" "$program: Permission denied"
chmod 755 "$program.new" 2>/dev/null || { echo garbage >"$program.new"; chmod 755 "$program.new"; }
refuses "a file that is no program" "$program: Exec format error"
printf '#!/bin/sh\n: >%s/was\nexec sleep 1000\n' "$ct_dir" >"$program.new" && chmod 755 "$program.new"
refuses "a script" "$program: it is a script"
[ ! -e "$ct_dir/was" ]
ok $? "nor is it run"
cp /bin/true "$program.new"
refuses "a program that ends with 0" "$program: it is no minit"
cp "$TREE/bin/sh" "$program.new"
refuses "a shell" "$program: it is no minit"
head -c 4096 "$MINIT" >"$program.new" && chmod 755 "$program.new"
refuses "the first page of minit" "$program: it is no minit"
head -c $(($(stat -c %s "$MINIT") / 2)) "$MINIT" >"$program.new" && chmod 755 "$program.new"
refuses "half of minit" "$program: it is no minit"
cp "$MINIT" "$program.new" && printf '\377\377\377\377\377\377\377\377' | dd of="$program.new" bs=1 seek=24 conv=notrunc 2>/dev/null
refuses "a minit that starts nowhere" "$program: it is no minit"
cp "$MINIT" "$program.new" && dd if=/dev/zero of="$program.new" bs=64 seek=1 count=8 conv=notrunc 2>/dev/null
refuses "a minit without its headers" "$program: (it is no minit|Exec format error)"
other 0 "$program.new"
refuses "a minit with another layout of the table" "$program: .*layout is that of another build.*runs on as it was; .*(reboot|poweroff)"
other 1 "$program.new"
refuses "a minit with another layout of the state" "$program: .*layout is that of another build.*runs on as it was; .*(reboot|poweroff)"
is "$(ct_pid),$(ct_field '' reexecs)" "$first,0" "none of them was ever PID 1"

# -- a tool of another build looks at the table of this one -------------------------------------------------------------

other 0 "$ct_dir/tool"
tool() {
	MINIT_SOCKET=/proc/$(ct_pid)/root/run/minit/control "$ct_dir/tool" "$@" 2>&1
}
tool status steady | grep -q 'isolation cannot be seen: the layout is that of another build of minit$'
ok $? "minit status NAME of another layout says that it cannot look, and why"
tool net | grep -q 'the layout is that of another build of minit; ask with its own program, /proc/1/exe$'
ok $? "so does minit net, and who can"

# -- who asks waits, nobody else does -----------------------------------------------------------------------------------

compiled "$program.new" <<'C'
#include <signal.h>
#include <unistd.h>
int main(void)
{
	signal(SIGALRM, SIG_IGN);
	for (;;)
		pause();
}
C
mv "$program.new" "$program"
ct_minit reexec >"$ct_dir/waits" 2>&1 &
waits=$!
asked() { ct_in ps -e -o args= | grep -q '^minit @probe'; }
ct_until 20 asked
ok $? "a program that says nothing is asked"
ct_is "minit answers meanwhile" steady:up
ct_signal SEGV
wait $waits
is "$?,$(cat "$ct_dir/waits")" "1,minit: crashed while it answered this, and runs on; ask again" \
	"a crash meanwhile ends the question, and who asked is told"
ct_minit reexec >"$ct_dir/waits" 2>&1 &
waits=$!
probed() { [ "$(ct_field '' crashes)" = 1 ] && [ "$(ct_in ps -e -o args= | grep -c '^minit @probe')" = 2 ]; }
ct_until 20 probed
ok $? "it is asked again"
cp "$MINIT" "$program.new" && mv "$program.new" "$program"
ct_minit reexec
is $? 0 "another that takes over is asked for"
wait $waits
is "$?,$(cat "$ct_dir/waits")" "1,minit: reexec: given up, as somebody asked for another" "who asked for the first is told"
is "$(running)" "$(stat -c %i "$program")" "the good one has taken over"
is "$(ct_field steady pid),$(ct_field needy pid)" "$before" "services run on"

# -- a crash forgets nothing of it ------------------------------------------------------------------------------------

ct_signal SEGV
ct_is "a fatal signal is survived" steady:up
is "$(ct_field '' crashes)" 2 "once"
cp "$MINIT" "$program.new" && mv "$program.new" "$program"
ct_minit reexec
is $? 0 "minit reexec after that"
is "$(running)" "$(stat -c %i "$program")" "takes the new file"
other 1 "$program.new"
refuses "after that another layout" "layout is that of another build"
ct_signal SEGV
ct_is "a fatal signal executes the program that runs, not the one that lies there" steady:up
is "$(ct_field '' crashes)" 3 "once"

# -- the last line ----------------------------------------------------------------------------------------------------

# Says that it can, and cannot: as a file that is written to between question and execution.
other 1 "$ct_dir/other"
compiled "$program.new" <<C
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	(void)argc;
	execv(strcmp(argv[1], "@probe") ? "$ct_dir/other" : "$MINIT", argv);
	return 1;
}
C
seen=$(ct_field '' reexecs)
refuses "a program that cannot go on when it is there" "minit: reexec: $program: .*could not go on.*executed again"
ct_said 'cannot go on from the state.*layout is that of another build' "it says why"
is "$(ct_pid)" "$first" "it was PID 1 for a moment"
ct_is "the one before it hears of deaths" steady:up
other 1 "$program.new"
refuses "and asks, as before," "layout is that of another build"
cp "$MINIT" "$program.new" && mv "$program.new" "$program"
ct_minit reexec
is $? 0 "a good one"
is "$(running)" "$(stat -c %i "$program")" "takes over"
kill -KILL "$(ct_outer steady)"
ct_is "it hears of deaths" 'steady:restarts=1' steady:up needy:up
ct_stop "it ends in order"

# What nobody can read any more ends nothing: its services run.
sleeping() { ct_in ps -e -o args= | grep -c -x '/bin/sleep 1000'; }
# unreadable AT: what is written there is no state any more; a fatal signal.
unreadable() {
	local state
	ct_start "$program" run "$ct_dir/table.toml"
	ct_up
	ct_is "it runs" steady:up needy:up
	state=$(find "/proc/$(ct_pid)/fd" -lname '*minit-state*' | head -n 1)
	printf 'else' | dd of="$state" bs=1 seek="$1" conv=notrunc 2>/dev/null
	ct_signal SEGV
	ct_wait 20 'services run on without supervision'
	ok $? "a fatal signal, and a state $2"
	ct_until 20 ct_sleeps "$(ct_pid)"
	is "$(sleeping)" 2 "its services run"
}
unreadable 4 "of a layout that nobody knows"
is "$(grep -a -c 'cannot go on from the state' "$ct_dir/out")" 2 "it was tried once more"
kill -KILL "$ct_unshare"
wait "$ct_unshare" 2>/dev/null
unreadable 0 "that is none"
echo "1..$ct_tests"
