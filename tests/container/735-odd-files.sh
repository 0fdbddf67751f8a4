#!/bin/bash
# What is no table is told at once, with what to do: by check, at boot, and by reload, where minit runs on by the table that it has.
set -u
. tests/container/ct.sh

odd=$ct_dir/odd
mkdir "$odd" "$odd/folder.toml" "$ct_dir/none"
printf '[service.a]\nexec = ["/bin/sle' >"$odd/cut.toml"
head -c 3000 "$MINIT" >"$odd/program.toml"
mkfifo "$odd/fifo.toml"
ln -s nowhere "$odd/leads.toml"
ln -s round.toml "$odd/round.toml"
truncate -s 3G "$odd/holes.toml"
ct_table <<TOML
[service.steady]
exec = ["/bin/sleep", "1000"]
TOML
ct_start
ct_up
ct_is "it runs" steady:up
pid=$(ct_field steady pid)

# odd NAME RE TEXT: each of the three says it of that file, in seconds.
odd() {
	local at="$odd/$1"
	timeout 20 "$MINIT" check "$at" >"$ct_dir/said" 2>&1
	[ $? = 1 ] && grep -q -E "^$at$2" "$ct_dir/said"
	ok $? "$3: check tells" || sed 's/^/# /' "$ct_dir/said"
	timeout 20 unshare --fork --pid --mount --kill-child "$MINIT" run "$at" >"$ct_dir/said" 2>&1
	[ $? = 78 ] && grep -q -E "^minit: $at$2|^$at$2" "$ct_dir/said"
	ok $? "it is no table to begin with" || sed 's/^/# /' "$ct_dir/said"
	MINIT_SOCKET=/proc/$(ct_pid)/root/run/minit/control timeout 20 "$MINIT" reload "$at" >"$ct_dir/said" 2>&1
	[ $? = 1 ] && grep -q -E "^$at$2" "$ct_dir/said"
	ok $? "and none to go on with" || sed 's/^/# /' "$ct_dir/said"
}
odd cut.toml ':2:9: the string is not closed' "one that ends in the middle"
odd program.toml ':1:[0-9]+: byte 0x' "a program"
odd folder.toml ': cannot be read: Is a directory: name the files in it' "a folder"
odd fifo.toml ': cannot be read: it is a FIFO, whose writer may never come: name a file' "a FIFO"
odd leads.toml ': cannot be read: No such file or directory: correct its name' "a link to nothing"
odd round.toml ': cannot be read: (Symbolic link loop|Too many levels of symbolic links): name another' "a link to itself"
odd holes.toml ': cannot be read: File too large: a table has at most 16 MiB' "one of 3 GiB"
odd missing.toml ': cannot be read: No such file or directory: correct its name' "none at all"
"$MINIT" check <(cat "$ct_dir/table.toml") >"$ct_dir/said" 2>&1
ok $? "a pipe that somebody has opened is read"

# As an editor or a full disk leaves it.
: >"$odd/empty.toml"
echo '# all of it is gone' >"$odd/comment.toml"
for name in empty comment; do
	ct_minit reload "$odd/$name.toml" >"$ct_dir/said" 2>&1
	is "$?:$(cat "$ct_dir/said")" "1:$odd/$name.toml: there is nothing in it, and services run: is it whole? Where all are to go, write [system] into it" \
		"one with nothing in it ($name) is no reason to stop everything"
done
is "$(ct_field steady pid),$(ct_field '' reexecs)" "$pid,0" "all this time it has run by the table that it has"

# What no minit reload sends.
cat >"$ct_dir/send.py" <<'PY'
import array, fcntl, os, socket, sys

def memory(data, size=None, seal=True):
    fd = os.memfd_create("table", os.MFD_ALLOW_SEALING)
    os.write(fd, data)
    os.ftruncate(fd, len(data) if size is None else size)
    if seal:
        fcntl.fcntl(fd, 1033, 15)
    return fd

def ask(word, *fds):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect(sys.argv[1])
    s.sendmsg([word + b"\n"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else [])
    return s

s = ask(b"table")
_, got, _, _ = s.recvmsg(4096, socket.CMSG_SPACE(4))
table = os.pread(array.array("i", got[0][2])[0], 1 << 24, 0)
pipe = os.pipe()
for fds in ([], [os.open("/", os.O_RDONLY)], [os.open("/etc/passwd", os.O_PATH)], [pipe[0]], [os.open("/dev/zero", os.O_RDWR)],
            [memory(table, seal=False)], [memory(b"")], [memory(table[:-1])], [memory(table[:len(table) // 2])],
            [memory(table + b"x")], [memory(table, 1 << 40)], [memory(table, (1 << 32) - 4096)], [memory(bytes(len(table)))],
            [memory(os.urandom(4096))], [memory(table), memory(table)]):
    s, said = ask(b"reload", *fds), b""
    while piece := s.recv(4096):
        said += piece
    print("refused" if b'"error":"reload: ' in said else said.decode())
PY
is "$(python3 "$ct_dir/send.py" "/proc/$(ct_pid)/root/run/minit/control" | sort | uniq -c | tr -s ' ')" " 15 refused" "nor is what it may be sent"
is "$(ct_field steady pid),$(ct_field '' reexecs)" "$pid,0" "and it runs on"
echo '[system]' >"$odd/empty.toml"
is "$(ct_minit reload "$odd/empty.toml")" "steady: it is gone: stopped" "a table that has no service is one"
ct_stop "it ends in order"

# The default place.
mkdir -p "$ct_dir/etc/minit/conf.d"
cp /etc/passwd /etc/group "$ct_dir/etc"
begin() {
	ct_start sh -c 'mount --bind "$1/etc" /etc; shift; exec "$@"' sh "$ct_dir" "$MINIT"
}
echo '[service.more]
exec = ["/bin/sleep", "1000"]' >"$ct_dir/etc/minit/conf.d/10-more.toml"
ln -s nowhere "$ct_dir/etc/minit/minit.toml"
begin
ct_end 20
is "$?" 78 "a default table that leads to nothing is not left out"
ct_said '/etc/minit/minit.toml: cannot be read: No such file' "but told"
rm "$ct_dir/etc/minit/minit.toml"
mv "$ct_dir/etc/minit/conf.d" "$ct_dir/etc/minit/elsewhere"
ln -s nowhere "$ct_dir/etc/minit/conf.d"
cp "$ct_dir/table.toml" "$ct_dir/etc/minit/minit.toml"
begin
ct_end 20
is "$?" 78 "nor is a folder of tables"
ct_said '^minit: /etc/minit: the files of the table cannot be listed: No such file or directory' "which is told"
rm "$ct_dir/etc/minit/conf.d"
mv "$ct_dir/etc/minit/elsewhere" "$ct_dir/etc/minit/conf.d"
for i in $(seq 200); do echo "description = 'of file $i'" | sed "1i [service.more]" >"$ct_dir/etc/minit/conf.d/more-$i.toml"; done
begin
ct_up
ct_is "200 files are one table" more:up steady:up
ct_in "$MINIT" reload >"$ct_dir/said"
is "$?:$(cat "$ct_dir/said")" "0:nothing is different" "also anew"
ct_stop "it ends in order"
for i in $(seq 60); do : >"$ct_dir/etc/minit/conf.d/yet-$i.toml"; done
begin
ct_end 20
is "$?" 78 "and 260 are too many"
ct_said "^minit: /etc/minit: the files of the table cannot be listed: there are more than 256 of them" "which is told"
echo "1..$ct_tests"
