#!/bin/bash
# A label of SELinux, on a kernel that has it and a policy of two types: the label that the table asks for is the program's, where the
# policy allows the change and where no_new_privs holds; one that the policy does not know or not allow fails its service.
set -u
. tests/vm/vm.sh

sids='kernel security unlabeled fs file file_labels init any_socket port netif netmsg node igmp_packet icmp_socket tcp_socket
	sysctl_modprobe sysctl sysctl_fs sysctl_kernel sysctl_net sysctl_net_unix sysctl_vm sysctl_dev kmod policy scmp_packet devnull'
# The order is the language's; classes that are not named are allowed (-U).
policy() {
	printf 'class process\nclass process2\nclass file\n'
	printf 'sid %s\n' $sids
	cat <<-'POLICY'
		class process { fork transition dyntransition setexec noatsecure siginh rlimitinh }
		class process2 { nnp_transition nosuid_transition }
		class file { read execute entrypoint }
		policycap nnp_nosuid_transition;
		type base_t;
		type web_t;
		type bare_t;
		type shut_t;
		allow base_t { base_t web_t bare_t }:process *;
		allow base_t { web_t shut_t }:process2 *;
		allow { web_t bare_t } self:process *;
		allow { base_t web_t bare_t shut_t } base_t:file *;
		allow base_t { web_t bare_t }:file *;
		role base_r;
		role base_r types { base_t web_t bare_t shut_t };
		user base_u roles base_r;
	POLICY
	printf 'sid %s base_u:base_r:base_t\n' $sids
	printf 'genfscon %s / base_u:base_r:base_t\n' rootfs proc
}
policy >"$vm_dir/policy.conf"
checkpolicy -U allow -c 33 -o "$vm_dir/policy" "$vm_dir/policy.conf" >"$vm_dir/said" 2>&1 || { sed 's/^/# /' "$vm_dir/said"; exit 1; }
vm_file policy <"$vm_dir/policy"

vm_table <<'TOML' || exit 1
[defaults]
restart = "never"
autostart = false

[service.plain]
exec = ["/bin/sleep", "1000"]
[service.web]
exec = ["/bin/sleep", "1000"]
selinux = "base_u:base_r:web_t"
[service.free]
exec = ["/bin/sleep", "1000"]
selinux = "base_u:base_r:web_t"
init = false
stop.signal = "SIGKILL"
no_new_privs = false
seccomp = "none"
[service.bare]
exec = ["/bin/sleep", "1000"]
selinux = "base_u:base_r:bare_t"
[service.unknown]
exec = ["/bin/sleep", "1000"]
selinux = "base_u:base_r:no_t"
[service.shut]
exec = ["/bin/sleep", "1000"]
selinux = "base_u:base_r:shut_t"

[service.probe]
exec = ["/bin/sh", "/probe"]
namespaces = []
autostart = true
caps = "all"
leaf = false
output = "inherit"
ready = "exit"
TOML
vm_probe <<'SH'
mkdir -p /selinux
mount -t selinuxfs selinuxfs /selinux
cat /policy >/selinux/load || echo "no policy"
echo 1 >/selinux/enforce
echo "enforced $(cat /selinux/enforce)"
minit start plain web free
for s in plain web; do echo "label $s $(tr -d '\0' <"/proc/$(program $s)/attr/current")"; done
echo "label free $(tr -d '\0' <"/proc/$(of free pid)/attr/current")"
for s in web free; do echo "found $s $(minit status $s | grep selinux | tr -s ' ')"; echo "differs $s $(differs $s)."; done
echo "of the reaper $(tr -d '\0' <"/proc/$(of web pid)/attr/current")"
for s in unknown shut bare; do echo "told of $s: $(minit start $s 2>&1)"; done
echo 0 >/selinux/enforce
minit poweroff
SH

vm_boot quiet security=selinux
vm_end "${VM_SECONDS:-240}"
ok $? "minit poweroff ends it"
has 'enforced 1' "the policy is loaded, and enforced"
has 'label plain base_u:base_r:base_t' "who asks for no label has minit's"
has 'label web base_u:base_r:web_t' "who asks for one has that"
has 'label free base_u:base_r:web_t' "also where new privileges are allowed"
has 'of the reaper base_u:base_r:base_t' "and its reaper has minit's"
for s in web free; do has "differs $s [.]" "$s: status finds it as asked"; done
has 'told of unknown: .*step security label: base_u:base_r:no_t: Invalid argument: the policy knows no such label.*' "a label that the policy does not know is told"
has 'told of shut: .*step exec: /bin/sleep: Permission denied.*' "so is one that it does not let minit take"
has 'told of bare: .*step exec: /bin/sleep: Operation not permitted: .*nnp_transition.*' "and one that it does not let it take under no_new_privs"
vm_results | grep -a -q -x 'enforced 1' || vm_show
echo "1..$vm_tests"
