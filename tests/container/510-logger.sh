#!/bin/bash
# The output of services through the log helper: what comes out, and that nothing is lost when the helper is killed.
set -u
. tests/container/ct.sh

lines=2000
kills=50

ct_table <<TOML
[defaults]
output = "console"
restart = "never"
namespaces = []
[service.a]
exec = ["/bin/sh", "$ct_dir/writer", "a"]
[service.b]
exec = ["/bin/sh", "$ct_dir/writer", "b"]
[service.c]
exec = ["/bin/sh", "$ct_dir/writer", "c"]
[service.long-name]
exec = ["/bin/sh", "$ct_dir/writer", "long-name"]
[service.file]
exec = ["/bin/sh", "$ct_dir/writer", "file"]
output = { file = "$ct_dir/file.log" }
[service.last]
exec = ["/bin/sh", "-c", "trap 'echo last words; exit' TERM; while :; do sleep 0.05; done"]
TOML
cat >"$ct_dir/writer" <<SH
i=0
while [ \$i -lt $lines ]; do echo "\$1 \$i"; i=\$((i + 1)); done
SH

helper() {
	ps -o pid= --ppid "$(ct_pid)" | while read -r pid; do
		{ tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -q '^minit log ' && echo "$pid"
	done
}

ct_start
ct_up
killed=0
while [ $killed -lt $kills ]; do
	pid=$(helper)
	[ -n "$pid" ] && kill -KILL "$pid" 2>/dev/null && killed=$((killed + 1))
done
is $killed $kills "the helper was killed $kills times"
for name in a b c long-name file; do ct_in "$MINIT" wait $name:done || echo "# $name is not done"; done
ct_signal TERM
ct_end 60
is $? 0 "it ends in order"

# in_order FILE NAME: every number of this writer is there, the new ones in order.
in_order() {
	grep -a -E "^([a-z-]+ +\| )?$2 [0-9]+\$" "$1" | awk -v most=$lines '
		{ n = $NF; if (n > next_one) { print "# line " next_one " is missing before " n; exit 1 } next_one += n == next_one }
		END { if (next_one != most) { print "# the last is " next_one; exit 1 } }'
	ok $? "$2: no line is missing, and their order is kept"
}
for name in a b c long-name; do in_order "$ct_dir/out" $name; done
in_order "$ct_dir/file.log" file
ct_said '^a         \| a 0$' "names are aligned"
ct_said '^last      \| last words$' "the helper hears the last words of all"
! grep -a -q 'file 0' "$ct_dir/out"
ok $? "what goes to a file goes nowhere else"
grep -a -v -q '^file ' "$ct_dir/file.log"
is $? 1 "and as it is"
! grep -a -E 'minit: (log|a|b|c|minit-log):' "$ct_dir/out" | grep -v 'minit-log: ended; started again at once\|minit-log: killed by SIGKILL'
ok $? "nothing is said against it but that the helper was killed"
echo "1..$ct_tests"
