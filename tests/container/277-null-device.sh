#!/bin/bash
# What is called /dev/null and is something else holds nobody's start, and nobody reads or writes it: the start fails, and says why.
set -u
. tests/container/ct.sh

ct_table <<TOML
[defaults]
restart = "never"
[service.out]
exec = ["/bin/echo", "said"]
output = "null"
[service.in]
exec = ["/bin/cat"]
TOML
why='step standard streams: /dev/null: No such device: what is called so is not the null device: .*mknod'
mkfifo "$ct_dir/pipe"
echo kept >"$ct_dir/file"
for kind in pipe file; do
	# Standard input is a pipe, so that each service gets /dev/null anew.
	ct_start bash -c 'mount --bind "$1" /dev/null && exec "$2" run "$3" < <(:)' sh "$ct_dir/$kind" "$MINIT" "$ct_dir/table.toml"
	ct_up
	ct_is "$kind: neither starts" out:failed in:failed
	ct_said "out: .*$why" "with the reason, and what to do"
	ct_said "in: .*$why" "for standard input, too"
	ct_stop "it ends in order"
done
is "$(cat "$ct_dir/file")" kept "nothing is written there"
echo "1..$ct_tests"
