#!/bin/bash
# Root of a service in minit's own root may ask minit for anything, as root may; where /run/minit is masked, or in a root of its
# own, it cannot.
set -u
. tests/container/ct.sh

chmod 755 "$ct_dir"
cp "$MINIT" "$ct_dir/minit"
# asks NAME KEYS
asks() {
	printf "[service.%s]\nexec = ['%s', 'stop', 'victim-%s']\nready = 'exit'\nrestart = 'never'\n%s\n" "$1" "${3:-$ct_dir/minit}" "$1" "${2:-}"
	printf "[service.victim-%s]\nexec = ['/bin/sleep', '1000']\n" "$1"
}
mkdir "$ct_dir/root"
cp -a "$TREE/." "$ct_dir/root/"
cp "$MINIT" "$ct_dir/root/minit"
{
	asks root
	asks masked 'mounts = { "/run/minit" = "masked" }'
	asks user 'user = "nobody"'
	asks mapped 'userns = "auto"'
	asks rooted "root = '$ct_dir/root'" /minit
} | ct_table
ct_start
ct_up
ct_is "root in minit's own root may ask minit" root:done victim-root:down
ct_is "others may not" masked:failed user:failed mapped:failed rooted:failed victim-masked:up victim-user:up victim-mapped:up victim-rooted:up
ct_stop "it ends in order"
echo "1..$ct_tests"
