#!/bin/bash
# What is relocated at start, tables of functions among it, PID 1 cannot write to afterwards, nor after it has executed itself: libc
# of a static program leaves that open.
set -u
. tests/container/ct.sh

# `r--p` of the mapping that holds the first relocated page, and the last one.
rights() {
	local base at size place range mode
	read -r at size < <(readelf -W -l "$MINIT" | awk '$1 == "GNU_RELRO" { print $3, $6 }')
	base=$(awk '$3 == "00000000" && $6 ~ /minit$/ { sub(/-.*/, "", $1); print $1; exit }' "/proc/$(ct_pid)/maps")
	for place in $((0x$base + at)) $((0x$base + at + size - 1)); do
		while read -r range mode _; do
			[ $((0x${range%-*})) -gt "$place" ] || [ $((0x${range#*-})) -le "$place" ] || echo "$mode"
		done <"/proc/$(ct_pid)/maps"
	done | tr '\n' ' '
}
ct_table <<TOML
[service.one]
exec = ["/bin/sleep", "1000"]
TOML
ct_start
ct_up
ct_is "it runs" one:up
is "$(rights)" "r--p r--p " "what is relocated is read-only"
ct_signal SEGV
ct_wait 10 'executed in place'
ct_is "it goes on after a crash" one:up
is "$(rights)" "r--p r--p " "and is read-only again"
ct_stop "it ends in order"
echo "1..$ct_tests"
