#!/bin/bash
# Services share a root, and one of them is hostile: while the others are started it exchanges the directories and files of that
# root, on which things are mounted and which are opened, with links that lead to the same names outside.
set -u
. tests/container/ct.sh

gcc -static -std=gnu17 -D_GNU_SOURCE -O1 -Wall -Wextra -o "$ct_dir/swapper" tests/tools/swapper.c
chmod 755 "$ct_dir"
mkdir "$ct_dir/root" "$ct_dir/outside" "$ct_dir/hostile"
cp -a "$TREE/." "$ct_dir/root/"
cp -a "$TREE/." "$ct_dir/hostile/"
cp "$ct_dir/swapper" "$ct_dir/hostile/"
# Each name is there inside and outside, of the same kind, so that nothing but the way to it differs.
for in in root outside; do
	mkdir -p "$ct_dir/$in"/{proc,sys,dev/pts,dev/shm,tmp,run,srv/data,srv/made} "$ct_dir/$in/etc"
	touch "$ct_dir/$in"/dev/{console,null} "$ct_dir/$in"/etc/{hosts,resolv.conf,hidden,passwd}
done
swapped='dev/console dev/null dev/pts dev/shm dev proc sys tmp srv/data srv/made srv etc/hidden etc/hosts etc/passwd run'
seen() {
	find "$ct_dir/outside" -printf '%p %y %m %s %U %i\n' | sort
	cat /proc/sys/kernel/core_pattern
}
before=$(seen)

ct_table <<TOML
[defaults]
restart = "never"
[service.hostile]
exec = ["/swapper", "/srv", "$ct_dir/outside", $(printf '"%s", ' $swapped)]
root = "$ct_dir/hostile"
mounts = { "/srv" = "$ct_dir/root" }
$(for i in 1 2 3 4 5; do cat <<SERVICE
[service.raced$i]
exec = ["/bin/sh", "-c", "for p in /proc /proc~; do (echo x >\$p/sys/kernel/core_pattern) 2>/dev/null && echo got out; done; echo ran"]
root = "$ct_dir/root"
private_tmp = true
mounts = { "/srv/data" = "tmpfs", "/srv/made/here" = "tmpfs", "/etc/hidden" = "masked" }
ready = "exit"
autostart = false
SERVICE
done)
TOML
ct_start
ct_up
ct_is "the hostile one runs" hostile:up
ct_wait 10 '^swaps'
# Until one has met the names as they ought to be: else nothing has looked from within.
ran=0
for i in $(seq 200); do
	[ "$i" -le 40 ] || [ "$ran" = 0 ] || break
	ct_minit restart raced1 raced2 raced3 raced4 raced5 >/dev/null 2>&1
	ran=$(grep -c -x ran "$ct_dir/out")
done
echo "# it ran $ran times of $((5 * (i - 1))); else: $(grep -c 'raced[0-9]: .*' "$ct_dir/out")"
[ "$ran" -gt 0 ]
ok $? "the others are started or fail"
ct_not_said 'got out' "and cannot set anything of the kernel"
is "$(seen)" "$before" "nothing outside is changed, whatever a name leads to"
is "$(awk -v at="$ct_dir" 'index($5, at) { n++ } END { print (NR > 0), n + 0 }' "/proc/$(ct_pid)/mountinfo")" "1 0" "nor mounted on"
ct_is "minit and the hostile one go on" hostile:up
ct_stop "it ends in order"
echo "1..$ct_tests"
