#!/bin/sh
# tests/size.sh NEW [OLD]: the size of minit; with an older unstripped binary, which symbols have grown or shrunk since.
set -eu

new=$1
old=${2:-}
stripped=${new%.debug}

size "$new" | awk -v file="$(stat -c %s "$stripped")" 'NR == 2 {
	printf "%s bytes stripped: text %s, data %s, bss %s\n", file, $1, $2, $3 }'
[ -n "$old" ] || exit 0
nm "$old" >/dev/null 2>&1 || { echo "size: $old: no program with symbols; OLD=FILE wants an older minit.debug" >&2; exit 1; }

# A static function may be there several times, with a number of the compiler's behind its name: they count together.
symbols() {
	nm -S --defined-only "$1" | awk '$3 ~ /^[tTrRdDbB]$/ { sub(/[.](constprop|isra|part|cold|[0-9]+).*/, "", $4); print $4, $2 }'
}

{ symbols "$old" | sed 's/^/old /' && symbols "$new" | sed 's/^/new /'; } | awk '
	function hex(s,   i, n) { for (i = 1; i <= length(s); i++) n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1; return n }
	{ n = hex($3); if ($1 == "old") was[$2] += n; else is[$2] += n; all[$2] }
	END {
		for (s in all) if (was[s] + 0 != is[s] + 0)
			printf "%+8d  %8s %8s  %s\n", is[s] - was[s], s in was ? was[s] : "-", s in is ? is[s] : "-", s
	}' | LC_ALL=C sort -k1,1nr -k4 | awk '
	NR == 1 { print "  change       old      new  symbol" }
	{ print; sum += $1 }
	END { if (NR) printf "%+8d  in all\n", sum; else print "no symbol has changed its size" }'
