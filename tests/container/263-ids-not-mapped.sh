#!/bin/bash
# A root on a file system that cannot map ids: files there are nobody's for a service with a user namespace. That is said, and who
# insists does not start.
set -u
. tests/container/ct.sh

mkdir -p "$ct_dir/ram" "$ct_dir/root"
cp -a "$TREE/." "$ct_dir/root/"
chmod 755 "$ct_dir"
# keeps NAME ROOT [KEYS]
keeps() {
	printf '[service.%s]\nexec = ["/bin/sh", "-c", "stat -c \\"%s: %%u:%%g\\" /bin; exec sleep 1000"]\nroot = "%s"\nuserns = "auto"\nready = "exec"\n%s\n' \
		"$1" "$1" "$2" "${3:-}"
}
{
	keeps plain "$ct_dir/ram/root"
	keeps again "$ct_dir/ram/root"
	keeps laid "$ct_dir/ram/root" 'overlay = "tmpfs"' | sed 's,; exec sleep,; touch /new \&\& stat -c \\"new: %u:%g\\" / /new; exec sleep,'
	keeps given "$ct_dir/ram/root" 'userns = { uid = "0 100000 65536", gid = "0 100000 65536", idmap = false }' | sed '/^userns = "auto"/d'
	keeps insists "$ct_dir/ram/root" 'userns = { uid = "0 100000 65536", gid = "0 100000 65536", idmap = true }' | sed '/^userns = "auto"/d'
	keeps mapped "$ct_dir/root"
	keeps laidmap "$ct_dir/root" 'overlay = "tmpfs"'
} | ct_table
ct_start sh -c "mount -t ramfs ram $ct_dir/ram && chmod 755 $ct_dir/ram && cp -a $ct_dir/root $ct_dir/ram/root && exec \"\$@\"" sh \
	"$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "all run but who insists" plain:up again:up laid:up given:up mapped:up laidmap:up insists:failed
for s in plain again laid given mapped laidmap; do
	ct_wait 5 "^$s: "
done
is "$(grep -a -E '^(plain|again|laid|given|mapped|laidmap): ' "$ct_dir/out" | sort | tr '\n' ' ')" \
	"again: 65534:65534 given: 65534:65534 laid: 65534:65534 laidmap: 0:0 mapped: 0:0 plain: 65534:65534 " "whose files are"
ct_until 5 eval '[ "$(grep -a -c "^new: " "$ct_dir/out")" = 2 ]'
is "$(grep -a -c '^new: 0:0' "$ct_dir/out")" 2 "what an overlay adds is its own all the same"
is "$(ct_field insists why)" "step mounts: $ct_dir/ram/root: Invalid argument: the kernel refuses to mount it so: see idmap, overlay" \
	"which is an error where it is asked for"
is "$(grep -a -c ': an idmapped mount of its root cannot be had here, and is left out for it and all others like it' "$ct_dir/out")" 1 "it is said once"
for s in plain again laid; do
	is "$(ct_minit status $s | grep userns.idmap | tr -s ' ')" "! userns.idmap true false: a default that is not to be had here" "$s: its status has it"
	ct_minit status $s --json | grep -q '"missing":\["mapped ids"\]'
	ok $? "$s: and so has JSON"
done
is "$(ct_minit status mapped | grep userns.idmap | tr -s ' ')" " userns.idmap true true" "where it can be had it is so"
is "$(ct_minit status given laidmap | grep -c userns.idmap)" 0 "of who does not ask, and where nobody can see it, nothing is told"
ct_stop "it ends in order"
echo "1..$ct_tests"
