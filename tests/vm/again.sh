# For tests/vm/NNN-*.sh that run tests of tests/container anew, as they are, on Debian's kernel (`. tests/vm/again.sh`): minit is the
# init of a machine that has programs of this one and the kernel's modules, of which the kernel loads those that it wants; the
# tests are its main service, in a leaf of their own of cgroup v2, with all its controllers for cgroups beside theirs.
#
#   again TEST...   boot it, run each tests/container/TEST.sh, and pass on each of its lines, as one of "TEST: ..."
#
# A second of this machine is a thousand million instructions, however long they take, and where it waits there are none: so what
# a test allows in time, and the rates it measures, do not depend on how fast the host is, and how busy. Hence no disk: nobody
# says how long the host takes for that.
. tests/vm/vm.sh
PATH=$PATH:/usr/sbin:/sbin
# Of the ten minutes of tests/run.
again_seconds=570

# Files and folders of the packages of the set `guest`, of all those that they need, and of those that no Debian is without.
again_files() {
	local wanted packages
	wanted=$(sed 's/#.*//' deps/packages | awk '/ guest( |$)/ { print $1 }'
		dpkg-query -W -f '${Priority} ${Package}\n' | sed -n 's/^required //p'
		dpkg -S "$(realpath /usr/bin/awk)" | cut -d: -f1)
	packages=$(apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
		--no-enhances $wanted | grep '^[a-z0-9]')
	dpkg -L $packages 2>/dev/null | grep '^/' | grep -v -E '^/usr/share/(doc|man|locale|info|zoneinfo|i18n|perl5)(/|$)'
	printf '%s\n' /usr/bin/awk /etc/alternatives/awk /etc/passwd /etc/group /etc/ld.so.cache
}

again_modules() {
	local release from to folder
	release=$(ls "$MINIT_DEPS/kernel/lib/modules")
	from=$MINIT_DEPS/kernel/lib/modules/$release to=$1/usr/lib/modules/$release
	mkdir -p "$to/kernel/drivers" && cp "$from"/modules.* "$to"
	for folder in net lib crypto arch drivers/net; do
		cp -r "$from/kernel/$folder" "$to/kernel/$folder"
	done
	depmod -b "$1/usr" "$release"
}

# The first archive of the initramfs, in place of that of the image. /bin and the like may be links, which come first.
again_tree() {
	local tree=$vm_dir/tree
	mkdir -p "$tree/usr/bin" "$tree/usr/sbin" "$tree/usr/lib" "$tree/usr/lib64" "$tree/srv" "$tree/minit/build"
	again_files | LC_ALL=C sort -u | (cd / && cpio --quiet -pdm "$tree") 2>"$vm_dir/missing"
	again_modules "$tree"
	echo '127.0.0.1 localhost' >"$tree/etc/hosts"
	: >"$tree/etc/resolv.conf"
	cp "$MINIT" "$tree/sbin/minit" && cp "$MINIT" "$tree/minit/build/minit"
	cp -r --parents tests/env.sh tests/container tests/tools rootfs/examples "$tree/minit"
	mkdir "$tree/minit/build/rootfs" && cp -a "$TREE" "$tree/minit/build/rootfs"
	vm_initramfs=$vm_dir/tree.cpio
	(cd "$tree" && find . | cpio --quiet -o -H newc -R 0:0) >"$vm_initramfs"
	rm -rf "$tree"
}

# "STATUS TEXT" for each line of the tests, and for what each of them has to say at its end; "# TEXT" for all else.
again_lines() {
	vm_results | awk -v tests="$*" '
		/^begin / { name = $2; plan = "no"; count = 0; next }
		/^end / {
			if (plan "" != count "") print "1", name ": the plan says " plan " tests, " count " were run"
			print $3, name ": it ends"
			ended[name] = 1
			next
		}
		/^1[.][.][0-9]+$/ { plan = substr($0, 4); next }
		match($0, /^(not )?ok [0-9]+ - /) { count++; print ($1 == "not"), name ": " substr($0, RLENGTH + 1); next }
		{ sub(/^# */, ""); print "#", $0 }
		END {
			n = split(tests, all, " ")
			for (i = 1; i <= n; i++) if (!(all[i] in ended)) print "1", all[i] ": it ends"
		}'
}

again() {
	local status text
	vm_table <<-TOML || exit 1
		[system]
		main = "tests"
		[service.tests]
		exec = ["/bin/bash", "/again", "$*"]
		namespaces = ["cgroup", "mount"]
		delegate = true
		cgroup.cpuset.cpus = "0"
		caps = "all"
		seccomp = "none"
		no_new_privs = false
		restart = "never"
	TOML
	vm_file /again <<-'SH'
		exec >/dev/ttyS1 2>&1 </dev/null
		cd /minit
		mkdir /sys/fs/cgroup/tests && echo 0 >/sys/fs/cgroup/tests/cgroup.procs &&
			sed 's/[^ ]* */+&/g' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control ||
			echo "# cgroups: $(cat /sys/fs/cgroup/cgroup.procs /proc/self/cgroup)"
		for name in $1; do
			echo "begin $name"
			bash "tests/container/$name.sh"
			echo "end $name $?"
		done
	SH
	again_tree
	vm_qemu="-m 768 -icount shift=0,sleep=off -rtc clock=vm" vm_boot quiet
	vm_end "$again_seconds"
	ok $? "it boots, and ends with the tests"
	while read -r status text; do
		if [ "$status" = '#' ]; then echo "# $text"; else ok "$status" "$text"; fi
	done < <(again_lines "$@")
	! vm_console | grep -a -E 'panic|Oops|BUG|WARNING|Call Trace' || vm_show
	! vm_console | grep -a -q -E 'panic|Oops|BUG|WARNING|Call Trace'
	ok $? "the kernel complains of nothing"
	echo "1..$vm_tests"
}
