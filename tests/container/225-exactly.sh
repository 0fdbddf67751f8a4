#!/bin/bash
# How a program has ended is told exactly, whatever stands before it: its exit code is no signal, and its signal no exit code.
set -u
. tests/container/ct.sh

# end NAME SCRIPT [LINES]
end() {
	printf '[service.%s]\nexec = ["/bin/bash", "-c", """%s"""]\nrestart = "never"\n%s\n' "$1" "$2" "${3:-}"
}
codes='1 128 129 137 143 192 193 255'
signals='1 9 15 34 64'
kinds='reaper userns joins alone plain'
declare -A of=([reaper]='' [userns]='userns = "auto"' [joins]='join = { service = "stays", namespaces = ["pid"] }' [alone]='init = false'
	[plain]='namespaces = []')
{
	printf '[service.stays]\nexec = ["/bin/sleep", "1000"]\n'
	for kind in $kinds; do
		for code in $codes; do end "$kind-exits-$code" "exit $code" "${of[$kind]}"; done
		[ "$kind" = alone ] || for signal in $signals; do end "$kind-dies-$signal" "kill -$signal \$\$" "${of[$kind]}"; done
	done
} | ct_table
ct_start
ct_up
# shellcheck disable=SC2046 # words
ct_is "all but one end" $(sed -n 's/^\[service.\(.*-.*\)]$/\1:settled/p' "$ct_dir/table.toml")
why() {
	ct_minit status --json --all | sed -n "s/.*\"name\":\"$1-\([^\"]*\)\".*\"why\":\"\([^\"]*\)\".*/\1 \2/p" | tr '\n' ';'
}
exits=$(for code in $codes; do echo -n "exits-$code exit $code;"; done)
dies='dies-1 killed by SIGHUP;dies-9 killed by SIGKILL;dies-15 killed by SIGTERM;dies-34 killed by SIGRTMIN+0;dies-64 killed by SIGRTMIN+30;'
for kind in $kinds; do
	[ "$kind" != alone ] || dies=
	is "$(why "$kind")" "$exits$dies" "$kind: each is told as it was"
	dies=${dies:-'dies-1 killed by SIGHUP;dies-9 killed by SIGKILL;dies-15 killed by SIGTERM;dies-34 killed by SIGRTMIN+0;dies-64 killed by SIGRTMIN+30;'}
done
ct_stop "it ends in order"
echo "1..$ct_tests"
