#!/bin/bash
# Read the sources with gcc -fanalyzer, clang-tidy and cppcheck. What they find and is no fault stands in
# tests/analyze.except, with the reason; a line there that matches nothing any more is a failure too.
set -u
. tests/env.sh

work=$BUILD/tests/analyze
mkdir -p "$work"
count=0
for tool in clang-tidy cppcheck; do
	command -v $tool >/dev/null || { echo "not ok - $tool is missing; run: deps/install test"; exit 1; }
done

grep -v -E '^(#|$)' tests/analyze.except | sed 's/\t.*//' >"$work/except"

# findings TOOL: lines "FILE:LINE: … [CHECK]" on standard input, less the exceptions.
findings() {
	grep -E '^[a-z]+/[^:]*:[0-9]+:.*\[[^]]*\]$' | sort -u >"$work/$1.all"
	count=$((count + 1))
	if grep -v -E -f "$work/except" "$work/$1.all" >"$work/$1.left"; then
		echo "not ok $count - $1 finds nothing"
		head -n 40 "$work/$1.left" | sed 's/^/# /'
	else
		echo "ok $count - $1 finds nothing"
	fi
}

cp "$BUILD/tests/log/analyze-gcc" "$work/gcc.out" # tests/run has let it read what it built
rm -f "$BUILD"/.analyzed-{tidy,cppcheck}
findings gcc-analyzer < <(grep -E 'Wanalyzer' "$work/gcc.out" | sed 's/\[-Wanalyzer/[analyzer/; s/\[CWE-[0-9]*\] //')
make -s -k -j2 -O "$B/analyze-tidy" >"$work/tidy.out" 2>/dev/null
findings clang-tidy < <(grep -E ' (warning|error): ' "$work/tidy.out" | sed "s,^$PWD/,,")
make -s "$B/analyze-cppcheck" >"$work/cppcheck.out" 2>&1
findings cppcheck <"$work/cppcheck.out"

count=$((count + 1))
stale=$(while read -r line; do grep -q -E "$line" "$work"/*.all || echo "$line"; done <"$work/except")
if [ -z "$stale" ]; then
	echo "ok $count - every exception is still needed"
else
	echo "not ok $count - every exception is still needed"
	printf '%s\n' "$stale" | sed 's/^/# /'
fi
for tool in gcc tidy cppcheck; do
	# An analyzer that did not run has found nothing either.
	[ -f "$BUILD/.analyzed-$tool" ] && continue
	count=$((count + 1))
	echo "not ok $count - $tool read all sources"
	tail -n 20 "$work/$tool.out" | sed 's/^/# /'
done
echo "1..$count"
