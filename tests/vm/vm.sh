# For tests/vm/NNN-*.sh (`. tests/vm/vm.sh`): boot Debian's kernel with minit as its init in QEMU, type at its console, read its results.
#
#   vm_file PATH [MODE]   put standard input into the guest's root at PATH (after `vm_file /etc/minit/minit.toml` the table
#                         is the test's)
#   vm_table             standard input as the guest's table, checked; fails, and says so, when it is none
#   vm_probe             standard input as the guest's /probe, a shell script that writes to the results and has
#                         leaf NAME FILE, key WORD, of NAME MEMBER, program NAME, differs NAME, now (see below)
#   vm_modules NAME...    modules of the kernel into the guest's root, with what they need, and into /etc/minit/modules; in place
#                         of those of rootfs/modules, so these have to be named too
#   vm_program PATH       a program of this machine, with its libraries
#   vm_boot [WORD...]     boot, with words added to the kernel's command line; returns at once. $vm_qemu: more options of
#                         QEMU; $vm_dir is there for their files
#   vm_wait SECONDS RE    until a line of the console matches; fails when time is over or the machine is off
#   vm_type TEXT          type TEXT and return
#   vm_end SECONDS        until the machine is off
#   vm_results            what the guest wrote to /dev/ttyS1, a line for each thing found out
#   vm_console            all the console said
#
# ok CONDITION-STATUS TEXT prints the TAP lines; vm_show shows the console as a comment, for a failure.
. tests/env.sh

vm_dir=$(mktemp -d "${TMPDIR:-/tmp}/minit-vm.XXXXXX")
vm_pid=
vm_cleanup() {
	[ -z "$vm_pid" ] || kill -KILL "$vm_pid" 2>/dev/null
	wait 2>/dev/null
	rm -rf "$vm_dir"
}
trap vm_cleanup EXIT
trap 'exit 1' INT TERM
mkdir "$vm_dir/over"
mkfifo "$vm_dir/con.in" "$vm_dir/con.out"

vm_tests=0
ok() {
	local status=$1
	shift
	vm_tests=$((vm_tests + 1))
	if [ "$status" = 0 ]; then
		echo "ok $vm_tests - $*"
	else
		echo "not ok $vm_tests - $*"
	fi
}

vm_file() {
	mkdir -p "$vm_dir/over/$(dirname "$1")"
	cat >"$vm_dir/over/$1"
	chmod "${2:-644}" "$vm_dir/over/$1"
}

vm_table() {
	vm_file /etc/minit/minit.toml
	"$MINIT" check "$vm_dir/over/etc/minit/minit.toml" || { echo "not ok - the table"; return 1; }
}

# program: of a service with a reaper, what that runs.
vm_probe() {
	{
		cat <<'SH'
exec >/dev/ttyS1 2>&1
leaf() { cat "/sys/fs/cgroup/svc.$1/$2"; }
key() { sed -n "s/^$1 //p"; }
of() { minit status "$1" --json | sed -n "/\"name\":\"$1\"/s/.*\"$2\":\"*\([^\",}]*\).*/\1/p"; }
program() { sed 's/ .*//' "/proc/$(of $1 pid)/task/$(of $1 pid)/children"; }
differs() { minit status "$1" | grep '^!'; }
now() { sed 's/\([0-9]*\)\.\([0-9]*\) .*/\1\2/' /proc/uptime; }
SH
		cat
	} | vm_file /probe
}

# modules.dep has a line "FILE: what it needs, directly or not, the most basic last".
vm_modules() {
	local kernel=$MINIT_DEPS/kernel file files release
	release=$(ls "$kernel/lib/modules")
	files=$(PATH=$PATH:/usr/sbin:/sbin depmod -n -b "$kernel" "$release" 2>/dev/null | awk -v wanted="$*" '
		/^[^ ]*[.]ko: ?/ { file = substr($1, 1, length($1) - 1); name = file; sub(/.*\//, "", name); sub(/[.]ko$/, "", name)
			path[name] = file; needs[name] = substr($0, length($1) + 2) }
		END { n = split(wanted, want, " ")
			for (i = 1; i <= n; i++) {
				for (k = split(needs[want[i]], list, " "); k; k--) if (!seen[list[k]]++) print list[k]
				if (!seen[path[want[i]]]++) print path[want[i]]
			} }')
	for file in $files; do
		vm_file "/lib/modules/$release/$file" <"$kernel/lib/modules/$release/$file"
	done
	echo "$files" | vm_file /etc/minit/modules
}

vm_program() {
	local file
	vm_file "$1" 755 <"$1"
	for file in $(ldd "$1" | grep -o '/[^ ]*'); do
		vm_file "$file" 755 <"$file"
	done
}

vm_boot() {
	cp "${vm_initramfs:-$BUILD/rootfs/initramfs.cpio.gz}" "$vm_dir/initramfs"
	# A test's table stands alone.
	if [ -f "$vm_dir/over/etc/minit/minit.toml" ]; then
		mkdir -p "$vm_dir/over/etc/minit/conf.d"
		: >"$vm_dir/over/etc/minit/conf.d/demo.toml"
		: >"$vm_dir/over/etc/minit/conf.d/console.toml"
	fi
	(cd "$vm_dir/over" && find . | cpio --quiet -o -H newc -R 0:0) | gzip -n >>"$vm_dir/initramfs"
	: >"$vm_dir/results"
	cat "$vm_dir/con.out" >"$vm_dir/console" &
	qemu-system-x86_64 -accel tcg -cpu qemu64,+rdrand -m 256 -nodefaults -no-user-config -no-reboot -display none \
		-serial "pipe:$vm_dir/con" -serial "file:$vm_dir/results" \
		-kernel "$MINIT_DEPS"/kernel/boot/vmlinuz-* -initrd "$vm_dir/initramfs" \
		-append "console=ttyS0 rdinit=/sbin/minit panic=-1 cryptomgr.notests $*" ${vm_qemu:-} >"$vm_dir/qemu" 2>&1 </dev/null &
	vm_pid=$!
	exec 7>"$vm_dir/con.in"
}

# tail ends with the machine, or with the first reader's end.
vm_wait() {
	timeout "$1" tail -n +1 --pid="$vm_pid" -s 0.1 -f "$vm_dir/console" 2>/dev/null | grep -a -q -m 1 -E "$2"
}

vm_type() {
	printf '%s\r' "$1" >&7
}

vm_end() {
	local status=1
	timeout "$1" tail --pid="$vm_pid" -s 0.1 -f /dev/null && status=0
	[ $status = 0 ] || kill -KILL "$vm_pid"
	wait "$vm_pid" 2>/dev/null
	vm_pid=
	exec 7>&-
	return $status
}

vm_results() {
	tr -d '\r' <"$vm_dir/results"
}

# has RE TEXT: a line of the results is such.
has() {
	vm_results | grep -a -q -x -E "$1"
	ok $? "$2"
}

vm_console() {
	tr -d '\r' <"$vm_dir/console"
}

vm_show() {
	vm_console | tail -n "${1:-40}" | sed 's/^/# /'
}
