#!/bin/bash
# `make run`: the demo comes up with a live status, Ctrl-C stops it in order, and nothing of it is left behind; also when
# it was killed, and when the table is wrong.
set -u
. tests/env.sh

dir=$(mktemp -d "${TMPDIR:-/tmp}/minit-run.XXXXXX")
runner=
trap '[ -z "$runner" ] || kill -KILL "$runner" 2>/dev/null; rm -rf "$dir"' EXIT

count=0
ok() {
	local status=$1
	shift
	count=$((count + 1))
	[ "$status" = 0 ] && echo "ok $count - $*" && return
	echo "not ok $count - $*"
	tail -n 15 "$dir/out" | sed 's/^/# /'
}

# A tree of its own: the log and the mount point of another run are left alone.
mkdir -p "$dir/build/rootfs"
ln -s "$TREE" "$dir/build/rootfs/tree"

# As on a machine whose own init is minit.
run() {
	: >"$dir/out"
	BUILD=$dir/build unshare --mount bash -c 'mount -t tmpfs run /run && mkdir /run/minit &&
		python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\"/run/minit/control\")" &&
		exec env --default-signal rootfs/run.sh "$@"' run "$@" >"$dir/out" 2>&1 </dev/null &
	runner=$!
}

# says SECONDS RE: until a line of what the run says matches, or the run has ended.
says() {
	timeout "$1" tail -n +1 --pid="$runner" -s 0.1 -f "$dir/out" 2>/dev/null | grep -q -m 1 -E -e "$2"
}

ends() {
	local status
	timeout "$1" tail --pid="$runner" -s 0.1 -f /dev/null || return
	wait "$runner"
	status=$?
	runner=
	return $status
}

# What only the run $1 can have made.
leaves() {
	find /sys/fs/cgroup -type d -name "minit-run-$1" 2>/dev/null
}
inside() {
	grep -l -s "minit-run-$1" /proc/[0-9]*/cgroup
}

run
id=$runner
says 30 '^web +up .*10[.]77[.]0[.]10'
ok $? 'the status shows a service that is up, with its address'
says 20 '^client .*fetches'
ok $? 'and what each is for'
[ -n "$(leaves "$id")" ]
ok $? 'it has leaves of its own'
timeout 20 tail -n +1 -s 0.1 --pid="$runner" -f "$dir/build/rootfs/run.log" | grep -q -m 1 'web says: hello from web'
ok $? 'the client has its page from web, by name and over the bridge'
kill -INT "$id"
ends 30
ok $? 'Ctrl-C ends it with success'
grep -q 'minit: stopped in .* 0 killed' "$dir/out"
ok $? 'in order, and the last lines of the log say so'
[ -z "$(leaves "$id")" ] && [ -z "$(inside "$id")" ] && ! grep -q "$dir" /proc/self/mountinfo
ok $? 'no leaf, no process and no mount is left'

# The terminal's Ctrl-C is for all of its foreground group, make included. The recipe is the Makefile's, in this test's tree.
{
	echo "BDIR := $dir/build"
	sed -n '/^run:/,/^$/p' Makefile | grep -v -E 'deps/install|[$][(]MAKE[)]'
} >"$dir/Makefile"
timeout 60 python3 tests/tools/type.py fetches make --no-print-directory -f "$dir/Makefile" run >"$dir/out" 2>&1 </dev/null
status=$?
[ $status = 0 ] && grep -q 'minit: stopped in .* 0 killed' "$dir/out" && ! grep -i -E 'interrupt|error [0-9]' "$dir/out"
ok $? 'and make too, at a terminal'

run
killed=$runner
says 30 '^web +up'
kill -KILL "$killed"
ends 5
for i in $(seq 100); do
	[ -n "$(inside "$killed")" ] || break
	sleep 0.1
done
[ -z "$(inside "$killed")" ]
ok $? 'when it is killed, all of its processes go with it'

printf '[service.one]\nexec = ["/bin/sleep", "1000"]\n' >"$dir/one.toml"
run "$dir/one.toml"
says 30 '^one +up'
ok $? 'another table can be run'
[ -z "$(leaves "$killed")" ]
ok $? 'and a run that was killed is cleaned up after'
kill -TERM "$runner"
ends 30
ok $? 'it can be ended by SIGTERM too'

cat >"$dir/slow.toml" <<'TOML'
[service.slow]
exec = ["/bin/sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"]
stop = { grace = "50s" }
TOML
run "$dir/slow.toml"
says 30 '^slow +up'
first=$runner
mv "$dir/out" "$dir/first"
run "$dir/one.toml"
says 30 '^one +up'
ok $? 'two can run at once'
kill -INT "$first"
timeout 10 tail -n +1 -s 0.1 --pid="$first" -f "$dir/first" | grep -q -m 1 'stopping in order'
kill -INT "$first"
timeout 20 tail --pid="$first" -s 0.1 -f /dev/null && wait "$first" && grep -q 'minit: stopped in .* 1 killed' "$dir/first"
ok $? 'Ctrl-C a second time does not wait for who is slow'
kill -INT "$runner"
ends 30 && grep -q 'minit: stopped in .* 1 services*, 0 killed' "$dir/out"
ok $? 'and each has a log of its own'

printf '[service.one]\nexce = ["/bin/sleep"]\n' >"$dir/bad.toml"
run "$dir/bad.toml"
ends 30
[ $? = 78 ] && grep -q 'minit.toml:2:1: .*exec' "$dir/out"
ok $? 'a wrong table is shown with its errors, and ends it with status 78'
run "$dir/none.toml"
ends 30
[ $? = 1 ] && grep -q '^run: .*none.toml: no such table$' "$dir/out"
ok $? 'a missing one is said in one line'
echo "1..$count"
