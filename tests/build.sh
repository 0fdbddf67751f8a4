#!/bin/bash
# What is true of the build: every configuration, the form of the binary, the same bytes anywhere, nothing done twice.
set -u
. tests/env.sh

work=$(mktemp -d "${TMPDIR:-/tmp}/minit-build.XXXXXX")
trap 'rm -rf "$work"' EXIT
count=0
say() {
	sed 's/^/# /' "$work/said"
}
# holds TEXT COMMAND...: passes when the command does; what it says is shown when not.
holds() {
	local text=$1
	shift
	count=$((count + 1))
	if "$@" >"$work/said" 2>&1; then
		echo "ok $count - $text"
	else
		echo "not ok $count - $text"
		tail -n 20 "$work/said" | sed 's/^/# /'
	fi
}

# A copy of what git knows, in a place of its own.
checkout() {
	mkdir -p "$1"
	git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' f; do [ -e "$f" ] && printf '%s\0' "$f"; done |
		xargs -0 cp -a --parents -t "$1"
}

export SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
mkdir -p "$work/a" "$work/a-longer-name/b"
checkout "$work/a"
checkout "$work/a-longer-name/b"
one=$work/a
two=$work/a-longer-name/b
touch -d '2001-01-01' "$one"/*/*.c
export TZ=Asia/Tokyo

make_one() {
	make -j2 -C "$one" WERROR=1 "$@"
}
in_one() {
	make_one -s "$@"
}
configured() {
	in_one "B=build/$1" "$1_defconfig" all && [ -x "$one/build/$1/minit" ]
}
for config in full wrapper; do
	holds "the $config configuration builds without a warning" configured "$config"
done

# A choice begins with the folder of the full one, so that only what it changes is built.
cp -a "$one/build/full" "$one/build/kept"
afresh() {
	rm -rf "$one/build/full" && cp -a "$one/build/kept" "$one/build/full"
}
newer() {
	[ "$one/build/full/$1" -nt "$one/build/kept/$1" ]
}
container() {
	in_one B=build/full container_defconfig && in_one B=build/full && newer minit
}
holds 'so does the container configuration' container

# What only has to compile and to be linked does so without what takes longest.
written() {
	afresh && cat >"$one/build/full/.config" && in_one B=build/full QUICK="$QUICK" && newer minit
}
nothing_on() {
	sed -n 's/^config \(.*\)/# CONFIG_\1 is not set/p' "$one/Kconfig" | written
}
holds 'so does the one with every option off' nothing_on
# Every option off alone; what depends on it goes with it. The last one is looked at more closely.
last=CGROUP_V1
without() {
	echo "# CONFIG_$1 is not set" | written
}
for option in $(sed -n 's/^config \([A-Z0-9_]*\)$/\1/p' Kconfig); do
	[ "$option" != $last ] && grep -A 1 "^config $option$" Kconfig | grep -q 'bool "' || continue
	holds "so does the one without $option" without "$option"
done
holds "so does the one without $last" without $last

concerned() {
	newer obj/cgroup/cgroup.o && ! newer obj/lib/buf.o
}
holds 'a changed option builds what mentions it, and nothing else' concerned
and_back() {
	! cmp -s "$one"/build/{full,kept}/minit && in_one B=build/full full_defconfig && in_one B=build/full &&
		cmp "$one"/build/{full,kept}/minit.debug
}
holds 'changed back, it gives the same bytes as before' and_back
afresh

# Alone it is linked with nothing else, and could not have been built.
free_of_libc() {
	local object=$one/build/full/obj/wrap.o
	! nm -u "$object" | awk '$2 != "_start" { print $2 }' | grep -w -F -f - <(readelf -r -W "$object" | sed '/rela[.]debug/,/^$/d')
}
holds 'the wrapper needs nothing of libc' free_of_libc
unrelocated() {
	! readelf -r -W "$one"/build/wrapper/minit | grep R_ && readelf -S -W "$one"/build/full/obj/wrap.o | grep -E ' wrap .* AX ' &&
		! readelf -S -W "$one"/build/full/obj/wrap.o | grep -E ' [.](data|bss|rodata|text)[. ]'
}
holds 'it has nothing to relocate, and nothing that can be written' unrelocated
small() {
	local size
	size=$(stat -c %s "$one/build/wrapper/minit")
	echo "$size bytes"
	[ "$size" -le 24576 ] && readelf -l -W "$one/build/wrapper/minit" | grep -c LOAD | grep -x 1
}
holds 'alone it is one mapping, and at most 24 KiB' small
without_start() {
	mkdir -p "$one/build/foreign" && cp "$one/build/wrapper/.config" "$one/build/foreign" &&
		in_one B=build/foreign WRAP_START= QUICK="$QUICK" && "$one/build/foreign/minit" -- sh -c 'exit 7'
	[ $? = 7 ]
}
holds 'where its first instructions are not written, it is begun by libc' without_start

minit=$one/build/full/minit
debug=$minit.debug
headers=$(readelf -W -l -d "$minit")
has() { grep -q -E "$1" <<<"$headers"; }
lacks() { ! grep -E "$1" <<<"$headers"; }
holds 'minit is a position independent executable' has 'Elf file type is DYN'
holds 'it is static: no interpreter, no shared library' lacks 'INTERP|NEEDED'
holds 'what is relocated is read-only afterwards' has 'GNU_RELRO'
holds 'all of it at start' has 'BIND_NOW|FLAGS_1.*NOW'
holds 'the stack is not executable' has 'GNU_STACK .* RW '
holds 'no segment can be written and executed' lacks 'LOAD .* RWE'
holds 'the code has no relocations' lacks 'TEXTREL'
canary() { nm "$one"/build/full/obj/*/*.o | grep -q __stack_chk_fail; }
holds 'functions with arrays have a canary' canary
stripped() { [ "$(nm "$minit" 2>&1 | grep -c -v 'no symbols')" = 0 ] && ! readelf -S -W "$minit" | grep -E '[.]debug|[.]comment|[.]note[.]gnu[.]build-id'; }
holds 'it has no symbols and no notes of the build' stripped
libc_free() { ! nm --defined-only "$debug" | grep -w -E '(v|f|s|vf|vs|vsn|sn|d|vd)?printf|__stdio_(read|write)|fopen|malloc|__libc_malloc|calloc|realloc|aligned_alloc|setlocale|getaddrinfo|syslog'; }
holds 'no stdio and no malloc is linked in' libc_free

hot() {
	tests/hot.py "$one/build/full/minit.debug"
}
holds 'a child needs nothing of the program but what is hot' hot

# What is large, or of networks alone, has a place in wrap/place.lds; what is of the boot or the end is `rare`.
section() { readelf -S -W "$debug" | sed -E 's/^ *\[ *[0-9]+\] *//' | awk -v name="$1" -v nth="$2" '$1 == name { print "0x" $nth }'; }
one_page() {
	local bytes=$(($(section .bss 3) + $(section .bss 5) - $(section .data 3)))
	echo "$bytes bytes of variables"
	[ "$bytes" -le 4096 ]
}
holds "variables of PID 1's loop are one page" one_page
few_pages() {
	local bytes=$((0x$(nm "$debug" | awk '$3 == "trim_hot_end" { print $1 }') - $(section .text 3)))
	echo "$bytes bytes of code"
	[ "$bytes" -le 45056 ]
}
holds 'code that runs at every event is at most 44 KiB' few_pages

# Of this folder, if it has the same choice; else in one more.
elsewhere() {
	local choice=$B/.config # as the Makefile has it
	[ "$B" != build ] || choice=${KCONFIG_CONFIG:-.config}
	cmp -s "$choice" "$one/build/full/.config" && cp "$MINIT" "$work/elsewhere" && return
	env -u TZ make -s -j2 -C "$two" B=build/full full_defconfig && env -u TZ make -s -j2 -C "$two" B=build/full && cp "$two/build/full/minit" "$work/elsewhere"
}
same_bytes() {
	elsewhere && cmp "$minit" "$work/elsewhere"
}
holds 'another folder, time zone and age of the files give the same bytes' same_bytes

again() {
	local out
	out=$(unshare -n make -C "$one" B=build/full 2>&1) && ! grep -E 'CC|LINK|STRIP|fetch' <<<"$out"
}
holds 'a second make builds nothing and needs no network' again
rebuilt_by() {
	touch "$one/$1" && make_one B=build/full | grep -q STRIP
}
holds 'a changed header builds what includes it' rebuilt_by lib/utf8.h

# What an upgrade in place depends on is a number of the declarations: of all of them, and of nothing else.
layout_of() {
	sed -n "s/^#define LAYOUT_OF_$1 //p" "$one/build/${2:-full}/include/generated/layout.h"
}
# layout_with FILE SED TABLE STATE: what becomes of the two numbers (same, other) with this change of a file.
layout_with() {
	local table state now
	table=$(layout_of TABLE) state=$(layout_of STATE)
	cp "$one/$1" "$work/kept" && sed -i -E "$2" "$one/$1" && ! cmp -s "$one/$1" "$work/kept" || return 1
	in_one B=build/full build/full/include/generated/layout.h
	now=$([ "$(layout_of TABLE)" = "$table" ] && echo same || echo other)
	now+=,$([ "$(layout_of STATE)" = "$state" ] && echo same || echo other)
	cp "$work/kept" "$one/$1" && in_one B=build/full build/full/include/generated/layout.h
	echo "the table: $table, the state: $state; with $2 in $1 (table,state): $now"
	[ "$now" = "$3,$4" ] && [ "$(layout_of TABLE),$(layout_of STATE)" = "$table,$state" ]
}
holds 'a comment is no matter of the layout' layout_with services/state.h 's,are being killed,are being put to death,' same same
holds 'nor are blanks' layout_with services/table.h 's/^\tuint32_t outputs; +/\tuint32_t  outputs ;/' same same
holds 'nor is what only a running minit has' layout_with services/state.h 's/^\tbool settling;/\tbool settling, also;/' same same
holds 'the order of states is' layout_with services/states.def '/^STATE\(UP,/{h;d};/^STATE\(STOPPING,/{p;x}' same other
holds 'the number of a step is' layout_with services/steps.def '0,/^STEP/s/^STEP.*/&\nSTEP(more, "more")/' same other
holds 'the order of fields is' layout_with services/state.h '/^\tuint32_t starts; /{h;d};/^\tuint32_t restarts; /{p;x}' same other
holds 'a bit is' layout_with services/state.h 's/HANDLE_OOM = 2/HANDLE_OOM = 16/' same other
holds 'a constant is' layout_with services/changed.h 's/(CHANGED_GROUP) 0x8/\1 0x4/' same other
holds 'what the table has, the state has too' layout_with net/kinds.def '/^LINK_KIND\(DUMMY,/{h;d};/^LINK_KIND\(VLAN,/{p;x}' other other
unknown_enum() {
	local out
	sed -i 's,^/[*] How the last run ended[.],/* See enum elsewhere.,' "$one/services/state.h"
	out=$(in_one B=build/full build/full/include/generated/layout.h 2>&1)
	[ $? != 0 ] && cp services/state.h "$one/services/state.h" && echo "$out" && grep -q 'state.h: enum elsewhere: is declared in no header' <<<"$out"
}
holds 'a field whose meaning is declared where the layout does not look stops the build' unknown_enum
by_clang() {
	in_one B=build/clang CC=clang build/clang/include/generated/layout.h &&
		[ "$(layout_of TABLE),$(layout_of STATE)" = "$(layout_of TABLE clang),$(layout_of STATE clang)" ] && [ -n "$(layout_of STATE)" ]
}
holds 'clang finds the same layout as gcc' by_clang
carried() {
	local at words
	at=$(grep -a -b -o '@(#)minit layout' "$1" | cut -d: -f1) && words=$(od -A n -t x4 -j $((at + 20)) -N 8 "$1") || return 1
	echo "$1: $words"
	[ "$(awk '{ print "0x" $1 "u,0x" $2 "u" }' <<<"$words")" = "$(layout_of TABLE),$(layout_of STATE)" ]
}
holds 'the program has it in itself' carried "$minit"
holds 'and so has the one with symbols' carried "$debug"

minimal() {
	in_one B=build/saved full_defconfig && in_one B=build/saved savedefconfig &&
		diff <(grep -v '^#.*[.]$' "$one/configs/full_defconfig") "$one/build/saved/defconfig"
}
holds 'configs/full_defconfig is what savedefconfig writes' minimal

installed() {
	in_one B=build/full install DESTDIR="$work/dest" PREFIX=/usr && cmp "$work/dest/usr/sbin/minit" "$minit"
	local page
	for page in docs/*.[1-9]; do
		[ ! -f "$page" ] || [ -f "$work/dest/usr/share/man/man${page##*.}/${page##*/}" ] || return 1
	done
}
holds 'make install puts minit and its man pages in place' installed

measured() {
	in_one B=build/full size && in_one B=build/full size "OLD=$one/build/wrapper/minit.debug" | grep -q -E '^ *[+-][0-9]+  in all|no symbol'
}
holds 'make size tells the size and what has grown' measured
say

wrong_sum() {
	local out
	mkdir -p "$work/deps/archives" && cp "$MINIT_DEPS"/archives/libev_* "$work/deps/archives" &&
		sed -i -E '/^source libev /s/ [0-9a-f]{64} / 0000000000000000000000000000000000000000000000000000000000000000 /' "$two/deps/lock" || return 1
	if out=$(MINIT_DEPS=$work/deps make -s -C "$two" B=build/wrong full_defconfig all 2>&1); then
		echo 'the build went on'
		return 1
	fi
	echo "$out"
	[ "$(grep -c '^deps: libev.*sha256 is .*deps/lock says 0000' <<<"$out")" = 1 ] && [ ! -e "$work/deps/libev-4.33" ]
}
holds 'an archive with another sha256 stops the build with one line' wrong_sum

echo "1..$count"
