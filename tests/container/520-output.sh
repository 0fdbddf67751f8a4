#!/bin/bash
# Where the output of services goes, and that it outlives the service and the helper.
set -u
. tests/container/ct.sh

mkdir "$ct_dir/logs"
echo "a line that was there" >"$ct_dir/logs/kept.log"
ct_table <<TOML
[defaults]
restart = "never"

[service.inherit]
exec = ["/bin/sh", "-c", "echo to out; echo to err >&2"]
[service.console]
exec = ["/bin/sh", "-c", "echo to out; echo to err >&2; printf 'no end of line'"]
output = "console"
[service.null]
exec = ["/bin/sh", "-c", "echo to nowhere; echo to nowhere >&2; cat /proc/\$\$/fdinfo/0 /proc/\$\$/fdinfo/1 >$ct_dir/null; :"]
output = "null"
[service.file]
exec = ["/bin/sh", "-c", "echo to out; echo to err >&2"]
output = { file = "$ct_dir/logs/file.log" }
[service.kept]
exec = ["/bin/sh", "-c", "echo another"]
output = { file = "$ct_dir/logs/kept.log" }
[service.nodir]
exec = ["/bin/sh", "-c", "echo nodir is alive; exec sleep 1000"]
output = { file = "$ct_dir/no/such/dir/x.log" }
[service.again]
exec = ["/bin/sh", "-c", "echo begins; exit 1"]
restart = "always"
backoff = { first = "5ms", give_up = 5 }
output = "console"
[service.orphan]
exec = ["/bin/sh", "-c", "echo \$\$ >$ct_dir/pid.new && mv $ct_dir/pid.new $ct_dir/pid; until [ -e $ct_dir/taken ]; do sleep 0.02; done"]
output = "console"
leaf = false
namespaces = []
# What is written to can be given to others, who outlive it.
[service.heir]
exec = ["/bin/sh", "-c", """
	until read -r pid 2>/dev/null <$ct_dir/pid; do sleep 0.02; done
	exec 3>/proc/\$pid/fd/1 && touch $ct_dir/taken
	while [ -e /proc/\$pid ]; do sleep 0.02; done
	echo a late word >&3"""]
leaf = false
namespaces = []
[service.bytes]
exec = ["/bin/sh", "-c", "printf 'tab\\\\there \\\\377\\\\n'; head -c 20000 /dev/zero | tr '\\\\0' x; echo"]
output = "console"
TOML
ct_start
ct_up
ct_is "all have run" inherit:done console:done null:done file:done kept:done again:failed orphan:done bytes:done
ct_wait 10 'a late word'
ok $? "what outlives its service is still heard"
ct_stop "it ends in order"

is "$(grep -a -c -x 'to out' "$ct_dir/out"),$(grep -a -c -x 'to err' "$ct_dir/out")" 1,1 "inherit: as it is"
grep -a -q -E '^console +\| to out$' "$ct_dir/out" && grep -a -q -E '^console +\| to err$' "$ct_dir/out"
ok $? "console: with the name before it, of both streams"
grep -a -q -E '^console +\| no end of line$' "$ct_dir/out"
ok $? "a line that is never ended is shown"
ct_not_said 'to nowhere' "null: nowhere"
is "$(sed -n 's/^flags:[[:blank:]]*//p' "$ct_dir/null" | tr '\n' ' ')" "0100000 0100001 " "which is as any program finds it: who reads and writes may wait"
is "$(cat "$ct_dir/logs/file.log")" "$(printf 'to out\nto err')" "file: to the file"
is "$(cat "$ct_dir/logs/kept.log")" "$(printf 'a line that was there\nanother')" "which is appended to"
is "$(grep -a -c -E '^again +\| begins$' "$ct_dir/out")" 5 "each run writes to the same place"
grep -a -q -E '^minit: .*no/such/dir/x.log' "$ct_dir/out"
ok $? "a file that cannot be opened is told"
is "$(grep -a -E '^bytes +\|' "$ct_dir/out" | sed 's/^[^|]*| //' | tr -d '\n' | tr -cd x | wc -c)" 20000 "no byte of a long line is lost"
grep -a -q -P '^bytes +\| tab\there' "$ct_dir/out"
ok $? "nor changed"

# Folders that belong to the services: what these put there must neither hold up the others' output nor lead it elsewhere.
mkdir -p "$ct_dir/own/sub" "$ct_dir/else"
chmod 711 "$ct_dir"
chown -R 65534 "$ct_dir/own"
mkfifo "$ct_dir/goes"
ct_table <<TOML
[service.pipe]
exec = ["/bin/sh", "-c", "echo one; until [ -s $ct_dir/own/pipe.log ]; do sleep 0.02; done; rm $ct_dir/own/pipe.log; mkfifo $ct_dir/own/pipe.log; echo two; exec sleep 1000"]
user = "nobody"
output = { file = "$ct_dir/own/pipe.log" }
[service.link]
exec = ["/bin/sh", "-c", "echo one; until [ -s $ct_dir/own/sub/link.log ]; do sleep 0.02; done; mv $ct_dir/own/sub $ct_dir/own/old; rm $ct_dir/own/old/link.log; ln -s $ct_dir/else $ct_dir/own/sub; echo two; exec sleep 1000"]
user = "nobody"
output = { file = "$ct_dir/own/sub/link.log" }
[service.hard]
exec = ["/bin/sh", "-c", "echo one; exec sleep 1000"]
user = "nobody"
output = { file = "$ct_dir/own/hard.log" }
[service.device]
exec = ["/bin/sh", "-c", "echo one; exec sleep 1000"]
output = { file = "$ct_dir/logs/device.log" }
[service.console]
exec = ["/bin/sh", "-c", "echo one; exec sleep 1000"]
output = { file = "/dev/full" }
[service.other]
exec = ["/bin/sh", "-c", "read -r x <$ct_dir/goes; echo heard; exec sleep 1000"]
output = { file = "$ct_dir/through/other.log" }
TOML
ln -s "$ct_dir/logs" "$ct_dir/through"
: >"$ct_dir/else.log"
ln "$ct_dir/else.log" "$ct_dir/own/hard.log"
mknod "$ct_dir/logs/device.log" c 1 7
ct_start
ct_up
ct_wait 10 'pipe: output to .*/own/pipe.log: '
ok $? "a pipe in the place of a file is told"
ct_wait 10 'link: output to .*/own/sub/link.log: '
ok $? "and a link in the place of its folder"
ct_wait 10 'hard: output to .*/own/hard.log: '
ok $? "and another file's name, given by who may only write to the folder"
ct_wait 10 'device: output to .*/logs/device.log: No such device'
ok $? "and a device, which who is held back from all may make"
ct_wait 10 'console: output to /dev/full: No space left'
ok $? "where devices are, one is written to"
echo >"$ct_dir/goes"
ct_until 10 grep -s -q heard "$ct_dir/logs/other.log"
ok $? "others are heard, by a link of root's too"
is "$(ls "$ct_dir/else"; cat "$ct_dir/else.log")" "" "nothing is written elsewhere"
ct_stop "it ends in order"
echo "1..$ct_tests"
