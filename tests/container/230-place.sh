#!/bin/bash
# What a service finds: who it is, where it stands, what it may; each seen from inside.
set -u
. tests/container/ct.sh

mkdir -p "$ct_dir/cwd" "$ct_dir/root"
cp -a "$TREE/." "$ct_dir/root/"
mkdir -p "$ct_dir/root/etc" "$ct_dir/root/proc" "$ct_dir/root/deep"
cat >"$ct_dir/root/etc/passwd" <<'END'
# a comment, a line without fields, one with a number that is none
root:x:0:0:root:/root:/bin/sh

broken:x:ten:7:::
inner:x:1234:2345:only here:/home/inner:/bin/sh
END
cat >"$ct_dir/root/etc/group" <<'END'
inner:x:2345:
extra:x:3456:somebody,inner,else
nearly:x:4567:inner2,xinner
END
ln -s file.env "$ct_dir/link.env"
cat >"$ct_dir/file.env" <<'END'
# a comment
FROM_FILE=yes
export EXPORTED="with blanks"
BOTH=file
END

# finds NAME COMMAND [KEYS]: a task that says what it finds, as one line `NAME: ...`.
finds() {
	printf "[service.%s]\nexec = ['/bin/sh', '-c', 'echo \"%s: \"\$(eval \"\$0\")', '''%s''']\n%s\n" "$1" "$1" "$2" "${3:-}"
}
namespaces='for n in mnt pid ipc uts cgroup net; do readlink /proc/self/ns/$n; done'

ct_table <<TOML
[defaults]
ready = "exit"
restart = "never"

$(finds nobody 'id -u; id -g; id -G' 'user = "nobody"')
$(finds numbers 'id -u; id -g; id -G' 'user = "4711"
group = "815"
groups = ["99", "100"]')
$(finds onlyuser 'id -u; id -g' 'user = "4711"')
$(finds groupname 'id -u; id -g' 'group = "daemon"')
$(finds root 'id -u; id -g')
$(finds inner 'id -u; id -g; id -G; echo $HOME $USER $LOGNAME' "user = 'inner'
root = '$ct_dir/root'")
$(finds cwd pwd "cwd = '$ct_dir/cwd'")
$(finds nocwd pwd)
$(finds environment 'echo "$FROM_FILE,$EXPORTED,$BOTH,$NUMBER,$FROM_MINIT"' "env_file = ['$ct_dir/file.env', '-/no/such/file']
env = { BOTH = 'table', NUMBER = 8080 }")
$(finds linked 'echo "$FROM_FILE"' "env_file = '$ct_dir/link.env'")
$(finds home 'echo "$HOME,$USER"' 'user = "daemon"')
$(finds umask umask 'umask = "0027"')
$(finds rlimits 'ulimit -S -n; ulimit -H -n; ulimit -c; ulimit -f' \
	'rlimits = { nofile = { soft = 100, hard = 200 }, core = 0, fsize = "unlimited" }')
$(finds usual 'ulimit -S -n')
$(finds gains 'grep NoNewPrivs /proc/self/status' 'no_new_privs = false')
$(finds gainsnot 'grep NoNewPrivs /proc/self/status')
$(finds hostname 'uname -n')
$(finds named 'uname -n' 'hostname = "edge-7"')
$(finds own "$namespaces")
$(finds shared "$namespaces" 'namespaces = []')
$(finds pids 'echo /proc/[0-9]* | wc -w; cat /proc/1/comm')
$(finds reaper 'readlink /proc/1/root; readlink /proc/1/cwd; grep VmPTE /proc/1/status' 'caps = "all"')
$(finds noinit 'cat /proc/1/comm' 'init = false')
$(finds inroot 'cd /; ls -d deep sbin/minit work var/lib/dpkg 2>/dev/null' "root = '$ct_dir/root'")
$(finds chroot 'cd /; ls -d deep sbin/minit work var/lib/dpkg 2>/dev/null' "root = '$ct_dir/root'
namespaces = []")
$(finds readonly 'touch /usr/minit-test 2>&1; echo $?' 'readonly = true')
$(finds descriptors 'cd /proc/self/fd && for f in *; do [ ! -e $f ] || echo $f; done')
$(finds stdin 'readlink /proc/self/fd/0')
$(finds signals 'grep -E "^Sig(Blk|Ign)" /proc/self/status')
$(finds session 'ps -o sid=,pgid=,pid= -p $$')
$(finds alone 'ps -o sid=,pgid=,pid= -p $$' 'namespaces = []')
$(finds ended 'kill -TERM $$; echo survived')
TOML

FROM_MINIT=here ct_start
ct_end 30
is $? 1 "all of them ran, and the one that was killed has failed"
ct_not_said ' step ' "no step failed"

# says NAME VALUE TEXT
says() {
	is "$(sed -n "s/^$1: //p" "$ct_dir/out")" "$2" "$3"
}

says nobody "65534 65534 65534" "a user by name has its uid, gid and groups"
says numbers "4711 815 815 99 100" "numbers need no entry anywhere, and groups are those that are given"
says onlyuser "4711 4711" "a number without an entry is its own group"
says groupname "0 1" "a group alone"
says root "0 0" "without any: minit's own"
says inner "1234 2345 2345 3456 /home/inner inner inner" "users and groups are those of the service's own root"
says cwd "$ct_dir/cwd" "the working directory"
says nocwd / "which is / if not given"
says environment "yes,with blanks,table,8080,here" "the environment: minit's own, then the file, then the table"
says linked "yes" "root's own link to such a file is followed"
says home "/usr/sbin,daemon" "a user's home and name"
says umask 0027 "the umask"
says rlimits "100 200 0 unlimited" "resource limits"
says gainsnot "NoNewPrivs: 1" "what it executes gains no privileges"
says gains "NoNewPrivs: 0" "unless the table lets it"
says usual "$(ulimit -S -n)" "others are as minit found them, also those it raises for itself"
says hostname hostname "the host name is the service's"
says named edge-7 "or its own"
own=$(sed -n 's/^own: //p' "$ct_dir/out") shared=$(sed -n 's/^shared: //p' "$ct_dir/out")
for ns in mnt pid ipc uts; do
	[ "$(echo "$own" | grep -o "$ns:[^ ]*")" != "$(echo "$shared" | grep -o "$ns:[^ ]*")" ] || echo "# $ns is shared"
	[ "$(echo "$own" | grep -o "$ns:[^ ]*")" != "$(readlink /proc/self/ns/$ns)" ] || echo "# $ns is the host's"
done >"$ct_dir/same"
[ ! -s "$ct_dir/same" ]
ok $? "mount, pid, ipc and uts namespaces are its own"
cat "$ct_dir/same"
is "$(echo "$own" | grep -o 'net:[^ ]*')" "$(echo "$shared" | grep -o 'net:[^ ]*')" "the network is minit's, without a bridge"
says pids "$(sed -n 's/^pids: //p' "$ct_dir/out" | grep -x '[345] minit-reaper')" "it sees its own processes alone, with a reaper before it"
pte='VmPTE: 12 kB'
[ "$(uname -m)" = x86_64 ] || pte=$(sed -n 's/^reaper: .*VmPTE/VmPTE/p' "$ct_dir/out")
says reaper "/ / $pte" "which stands at the top and has one table of pages of each kind"
says noinit sh "or not, if the table says so"
says inroot "deep sbin/minit" "its root"
says chroot "deep sbin/minit" "also without a mount namespace"
sed -n 's/^readonly: //p' "$ct_dir/out" | grep -q 'Read-only file system 1$'
ok $? "a read-only root"
says descriptors "0 1 2" "no descriptor of minit's is left to it"
says stdin /dev/null "its standard input is /dev/null"
says signals "SigBlk: 0000000000000000 SigIgn: 0000000000000000" "no signal is blocked or ignored"
sed -n 's/^session: //p' "$ct_dir/out" | awk '{ exit !($1 == $2 && $2 == $3) }'
ok $? "it leads a session of its own"
sed -n 's/^alone: //p' "$ct_dir/out" | awk '{ exit !($1 == $2 && $2 == $3) }'
ok $? "also without a reaper before it"
says ended "" "SIGTERM ends it, also as the first of a pid namespace"
echo "1..$ct_tests"
