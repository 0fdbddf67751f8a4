#!/bin/bash
# A working directory is one that the service sees: no link to a descriptor of minit's leads elsewhere (CVE-2024-21626).
set -u
. tests/container/ct.sh

chmod 755 "$ct_dir"
mkdir -p "$ct_dir/root/deep/er" "$ct_dir/links" "$ct_dir/data"
cp -a "$TREE/." "$ct_dir/root/"
ln -s deep/er "$ct_dir/root/link"
# finds NAME CWD [KEYS]
finds() {
	printf "[service.%s]\nexec = ['/bin/sh', '-c', 'echo \"%s: \$(pwd -P) \$(ls)\"']\nready = 'exit'\nrestart = 'never'\ncwd = '%s'\n%s\n" \
		"$1" "$1" "$2" "${3:-}"
}
most=40
for n in $(seq 3 $most); do
	ln -s "/proc/self/fd/$n" "$ct_dir/root/fd$n"
	ln -s "/proc/self/fd/$n" "$ct_dir/links/fd$n"
done
{
	for n in $(seq 3 $most); do
		finds "own$n" "/fd$n" "root = '$ct_dir/root'"
		finds "here$n" "$ct_dir/links/fd$n"
	done
	finds linked /link "root = '$ct_dir/root'"
	finds mounted /data "root = '$ct_dir/root'
mounts = { '/data' = '$ct_dir/data' }
user = 'nobody'"
	finds mapped /link "root = '$ct_dir/root'
userns = 'auto'
overlay = 'tmpfs'"
	finds plain "$ct_dir/data" 'namespaces = []'
	printf '[service.stays]\nexec = ["/bin/sleep", "1000"]\n'
} | ct_table
ct_start
ct_up
all=$(seq -f 'own%g:failed' 3 $most; seq -f 'here%g:failed' 3 $most)
ct_is "no descriptor of minit's is a working directory" $all
ct_is "one that is seen is" linked:done mounted:done mapped:done plain:done
is "$(grep -a -E '^(own|here)[0-9]*:' "$ct_dir/out")" "" "nothing ran elsewhere"
is "$(grep -a -E '^(linked|mounted|mapped|plain):' "$ct_dir/out" | sort)" "linked: /deep/er 
mapped: /deep/er 
mounted: /data 
plain: $ct_dir/data " "and others where they are to be"
grep -a -q -E "^minit: own[0-9]+: step working directory: /fd[0-9]+: (Invalid c|C)ross-device link: it leads to what the service does not see, as a link to a descriptor may: correct cwd" "$ct_dir/out"
ok $? "and why is told"
ct_stop "it ends in order"
echo "1..$ct_tests"
