#!/bin/bash
# Where a service has no leaf that could hold devices back, root in a root of its own comes to none by a node, be it made inside
# or lying there.
set -u
. tests/container/ct.sh

mkdir -p "$ct_dir/root"
cp -a "$TREE/." "$ct_dir/root/"
mknod "$ct_dir/root/control" c 10 237
chmod 755 "$ct_dir"
# opens NAME [KEYS]
opens() {
	printf "[service.%s]\nexec = ['/bin/sh', '-c', '''%s''']\nready = 'exit'\nrestart = 'never'\nroot = '%s'\nleaf = false\n%s\n" "$1" \
		"for f in tmp dev; do mknod /\$f/$1 c 10 237 2>/dev/null && (: </\$f/$1) 2>/dev/null && echo $1 made; rm -f /\$f/$1; done
		(: </control) 2>/dev/null && echo $1 found; (: </dev/null) && echo $1 null" \
		"$ct_dir/root" "${2:-}"
}
{
	opens plain
	opens laid 'overlay = "tmpfs"'
	opens nodes 'dev_nodes = ["/dev/fuse"]'
	opens any 'devices = "any"'
	printf '[service.shows]\nexec = ["/bin/sleep", "1000"]\nroot = "%s"\nleaf = false\n' "$ct_dir/root"
} | ct_table
ct_start
ct_up
ct_is "they run" plain:done laid:done nodes:done any:done shows:up
is "$(grep -a -E '^(plain|laid|nodes|any) ' "$ct_dir/out" | sort | tr '\n' ' ')" \
	"any found any made any made any null laid null nodes null plain null " "nothing is opened but what every service may, or who may any"
is "$(ct_minit status shows | grep -E 'caps.permitted|^!' | tr -s ' ')" " caps.permitted a00425fb a00425fb" "which status has"
ct_stop "it ends in order"
echo "1..$ct_tests"
