#!/bin/bash
# tests/fuzz.sh NAME: run one fuzzer for $FUZZ_SECONDS over its seeds (tests/fuzz/corpus/NAME), as one TAP test.
set -u
. tests/env.sh
name=$1
# What anyone may write into a file gets the whole time, what only reaches a running minit a third of it.
case $name in
toml_fuzz | table_fuzz) ;;
*) FUZZ_SECONDS=$((FUZZ_SECONDS / 3)) ;;
esac
# Its time is that of the clock: it gets a core for it, whatever else is running.
renice -n -10 -p $$ >/dev/null 2>&1
work=$BUILD/tests/fuzz/$name.work
seeds=tests/fuzz/corpus/$name
mkdir -p "$work/corpus" "$work/found"
rm -f "$work"/found/*
echo 1..1
if "$BUILD/tests/fuzz/$name" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
	-artifact_prefix="$work/found/" "$work/corpus" $([ -d "$seeds" ] && echo "$seeds") >"$work/log" 2>&1; then
	echo "ok 1 - $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log") inputs, none of them breaks it"
	exit 0
fi
echo "not ok 1 - $name: an input breaks it: $(ls "$work"/found)"
grep -A 24 -E '==ERROR|runtime error|ERROR: libFuzzer' "$work/log" | sed 's/^/# /'
exit 1
