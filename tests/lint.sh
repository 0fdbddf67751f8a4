#!/bin/bash
# The rules of the house that a machine can check. Each is one TAP line; what breaks it is shown below.
set -u
shopt -s lastpipe
. tests/env.sh

count=0
# check TEXT: passes when standard input, the list of offences, is empty.
check() {
	local found
	found=$(cat)
	count=$((count + 1))
	if [ -z "$found" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		printf '%s\n' "$found" | head -n 30 | sed 's/^/# /'
	fi
}

need() {
	command -v "$1" >/dev/null || { echo "not ok - $1 is missing; run: deps/install test"; exit 1; }
}
need git && need ctags && need nm && need clang-tidy && need kconfig-conf

mapfile -t tracked < <(git ls-files --cached --others --exclude-standard)
of() {
	printf '%s\n' "${tracked[@]}" | grep -E "$1" | while read -r f; do [ -f "$f" ] && echo "$f"; done
}
folders='init|services|cgroup|net|wrap|lib'
mapfile -t sources < <(of "^($folders)/.*[.]c$")
mapfile -t code < <(of "^($folders)/.*[.](c|h|def|S)$")
mapfile -t scripts < <(of '[.]sh$|^tests/run$|^deps/(fetch|install|build)$|^[.]ci/run$')
mapfile -t shown < <(of '.' | grep -v -E '^tests/(fuzz/corpus|toml)/')

# A line is `FILE:LINE: folder of the file, included file`.
includes() {
	grep -n -E '^#include "' "${code[@]}" | sed -E 's,^([a-z]+)(/[^:]*:[0-9]+):#include "([^"]*)".*,\1 \3 \1\2,'
}

includes | awk '
	BEGIN { rank["lib"] = 1; rank["cgroup"] = rank["net"] = rank["wrap"] = 2; rank["services"] = 3; rank["init"] = 4 }
	{ split($2, part, "/"); to = part[1] }
	$2 == "ev.c" || $2 == "ev.h" { next }
	!(to in rank) || $2 !~ /\// { print $3 ": " $2 ": not with its folder"; next }
	rank[to] > rank[$1] || (rank[to] == rank[$1] && to != $1) { print $3 ": " $2 ": " $1 "/ does not include " to "/" }
' | check 'a folder includes only itself and those below it: init, services, cgroup and net and wrap, lib'

includes | awk '
	{ split($2, part, "/") }
	$2 == "wrap/pass.h" { next } # what every init does, in services/reaper.c as well
	part[1] ~ /^(cgroup|net|wrap)$/ && part[1] != $1 && $2 != part[1] "/" part[1] ".h" && $2 != part[1] "/spec.h" && $2 !~ /[.]def$/ { print $3 ": " $2 }
' | check 'from outside, cgroup/, net/ and wrap/ are known by one header of data (spec.h) and one of calls'

grep -n -E '"ev[.][ch]"|<ev[.]h>|\bev_[a-z]+ *\(' "${code[@]}" | grep -v -E '^init/(loop[.]c|evcfg[.]h):' |
	check 'libev is known to init/loop.c alone'

grep -n -E '^[[:blank:]]*#[[:blank:]]*(if|ifdef|ifndef|elif)\b' "${sources[@]}" | check 'no #if in a .c'

grep -n -E '\bgoto\b' "${code[@]}" | check 'no goto'

grep -n -E '(->|[.])life([.][a-z_]+)? *([-+|&^]?=[^=]|[+][+]|--)|(->|[.])(state|want) *=[^=]' "${sources[@]}" |
	grep -v -E '^services/(state|actions|statefile)[.]c:' |
	check 'the state of a service is written by its machine and the actions of that alone, but for the first record'

grep -n -E '^[[:blank:]]*typedef[[:blank:]]+struct' "${code[@]}" | check 'no typedef for a struct'

grep -n -E '^ {2,}[^ *]|[[:blank:]]+$' "${code[@]}" | check 'tabs for indentation, no blanks at the end of a line'

awk '{
	for (line = $0; at = index(line, "\t"); line = substr(line, 1, at - 1) sprintf("%*s", 8 - (at - 1) % 8, "") substr(line, at + 1))
		;
	if (length(line) > 120)
		print FILENAME ":" FNR ": " length(line) " columns"
}' $(printf '%s\n' "${code[@]}" | grep -v '[.]def$') | check 'no line over 120 columns'

grep -n -E '<(stdio|malloc|locale|pthread)[.]h>|\b(malloc|calloc|realloc|printf|fprintf|snprintf|asprintf|fopen) *\(' "${sources[@]}" |
	grep -v '^init/loop[.]c:[0-9]*:#define realloc' | # takes libev's away
	grep -v 'include <stdio[.]h> /[*] rename [*]/' | # rename(2) is declared there
	check 'no stdio and no malloc in the code'

# length of every function, by ctags
lengths=$(ctags --languages=C --kinds-C=f --fields=+ne -f - "${sources[@]}" |
	sed -n -E 's,^([^\t]+)\t([^\t]+)\t.*line:([0-9]+).*end:([0-9]+).*,\3 \4 \2:\3 \1,p' |
	awk '{ print $2 - $1 + 1, $3, $4 }' | sort -n)
printf '%s\n' "$lengths" | awk '
	NF { n++; length_[n] = $1; where[n] = $2 " " $3 }
	END {
		if (!n) { print "no function found"; exit }
		p95 = length_[int((n * 95 + 99) / 100)]; median = length_[int((n + 1) / 2)]
		if (p95 > 40 || median > 15) {
			print n " functions, median " median " lines, 95 % within " p95
			for (i = n; i && length_[i] > 40; i--) print where[i] ": " length_[i] " lines"
		}
	}' | check '95 % of the functions have at most 40 lines, half of them at most 15'

grep -n -w -E 'TODO|FIXME|XXX|HACK' $(of '.' | grep -v '^tests/lint.sh$') | check 'nothing is left for later in the code'

grep -n -I -E '/(work/|root/[.])[a-z.]' "${shown[@]}" | grep -v '^tests/lint.sh:' | check 'no path of anyone'"'"'s machine'

grep -n -I -i -E '(deb|ftp|security|snapshot|archive)[.](debian|ubuntu)[.]|pypi[.]org|npmjs[.]|proxy[.]golang' "${shown[@]}" |
	grep -v '^tests/lint.sh:' | check 'no package host is named'

{ of '[.](d|o|a|layout|debug|tap)$'; git ls-files --eol | sed -n 's,^i/-text .*\t,,p' | grep -v -E '^tests/(fuzz/corpus|toml)/'; } |
	check 'nothing that is built is committed'

# -- the single lists -----------------------------------------------------------------------------------------------

options=$(sed -n 's/^config \([A-Z0-9_]*\)$/\1/p' Kconfig | sort)
# In a comment or a text it may be one of the kernel's.
{ sed -E 's,"[^"]*",,g; s,/[*/].*,,; /^ [*]/d' "${code[@]}"; cat $(of '/Kbuild$'); } |
	grep -o -w -E 'CONFIG_[A-Z0-9_]+' | sed 's/CONFIG_//' | sort -u | grep -v -x X |
	comm -23 - <(printf '%s\n' "$options") |
	check 'every CONFIG_ in the code is an option of Kconfig'

awk '/^(menu)?config / { if (name && !help && !def) print name; name = $2; help = def = 0 }
	/^\thelp$/ { help = 1 } /^\tdef_bool/ { def = 1 } END { if (name && !help && !def) print name }' Kconfig |
	check 'every option has a help text'

comm -3 <(grep -h -o -w -E '[a-z][a-z0-9_/]*[.]o' $(of '/Kbuild$') | sort -u) \
	<(of "^($folders)/.*[.][cS]$" | sed 's/[.][cS]$/.o/' | sort -u) |
	check 'every source is in the Kbuild of its folder, and nothing else is'

for f in $(of '^tests/(unit/.*_test|fuzz/.*_fuzz)[.]c$'); do
	for linked in $(sed -n '1,9s,^// links:,,p' "$f"); do
		[ -f "${linked#traced/}" ] || echo "$f: links $linked, which is not there"
	done
done | check 'a test links what is there'

for f in "${scripts[@]}"; do
	case $(head -n 1 "$f") in
	*/sh) dash -n "$f" 2>&1 || sh -n "$f" 2>&1 ;;
	*) bash -n "$f" 2>&1 ;;
	esac
done | check 'every script can be read by its shell'

of '^(rootfs/.*[.]sh|tests/run|deps/(fetch|install|build)|[.]ci/run)$' | while read -r f; do [ -x "$f" ] || echo "$f"; done |
	check 'every program is executable'

# -- other compilers' opinions --------------------------------------------------------------------------------------

make -s lint-clang 2>&1 | check 'clang has no warning'

echo "1..$count"
