#!/bin/bash
# Names: /etc/resolv.conf, entries of /etc/hosts, and the example in which dnsmasq tells those of the services.
set -u
. tests/container/ct.sh

sed 's/^\[service.web\]$/[service.host]\
exec = ["\/bin\/sleep", "1000"]\
network = { mode = "host", dns = ["192.0.2.53", "2001:db8::53"], hosts = { printer = "10.9.0.7", "db.example.org" = ["10.9.0.8", "fd09::8"] } }\
[service.pod]\
exec = ["\/bin\/sleep", "1000"]\
hosts = true\
network.join = "web"\
network.dns = "10.77.0.1"\
[service.web]\
hosts = true\
network.hosts.printer = "10.9.0.7"/' rootfs/examples/dns.toml >"$ct_dir/table.toml"
# As an image of a machine with systemd-resolved has it: what the link leads to is made by somebody who does not run here.
mkdir "$ct_dir/root"
cp -a "$TREE/." "$ct_dir/root/"
rm -f "$ct_dir/root/etc/resolv.conf" "$ct_dir/root/etc/hosts"
ln -s ../run/systemd/resolve/stub-resolv.conf "$ct_dir/root/etc/resolv.conf"
ln -s /etc/passwd "$ct_dir/root/etc/hosts"
cat >>"$ct_dir/table.toml" <<TOML
[service.links]
exec = ["/bin/sleep", "1000"]
hosts = true
hostname = "web"
root = "$ct_dir/root"
network.dns = "10.77.0.9"
TOML
# look PID NAME: its addresses, as libc finds them.
look() {
	nsenter --target "$1" --mount --net /usr/bin/python3 -S -E -c '
import socket, sys, time
for i in range(50):
    try:
        found = sorted({a[4][0] for a in socket.getaddrinfo(sys.argv[1], None)})
    except OSError:
        found = []
    if found:
        break
    time.sleep(0.05) # dnsmasq runs, but does not listen yet
print(",".join(found))' "$2"
}

ct_start
ct_up
ct_is "all is up" all:up
web=$(ct_outer web) host=$(ct_outer host) pod=$(ct_outer pod)
in_mounts() {
	local pid=$1
	shift
	nsenter --target "$pid" --mount "$@"
}
is "$(in_mounts "$web" cat /etc/resolv.conf | tr '\n' ,)" \
	"nameserver 10.77.0.53,search home.arpa," "resolv.conf, as [defaults] have it"
is "$(in_mounts "$pod" cat /etc/resolv.conf | tr '\n' ,)" "nameserver 10.77.0.1,search home.arpa," "or the service itself"
is "$(in_mounts "$host" cat /etc/resolv.conf | tr '\n' ,)" "nameserver 192.0.2.53,nameserver 2001:db8::53,search home.arpa," \
	"in minit's own network too"
is "$(in_mounts "$host" cat /etc/hosts | tr '\t\n' ' ,')" \
	"127.0.0.1 localhost,::1 localhost,10.9.0.7 printer,10.9.0.8 db.example.org,fd09::8 db.example.org," "names of its own"
in_mounts "$web" cat /etc/hosts | tr '\t' ' ' >"$ct_dir/hosts"
grep -q '^10.77.0.53 dns$' "$ct_dir/hosts" && grep -q '^10.9.0.7 printer$' "$ct_dir/hosts" && grep -q ' pod$' "$ct_dir/hosts"
ok $? "beside those of its bridge"
address=$(ct_field web addresses | tr -d '[]"' | cut -d/ -f1)
is "$(ct_in cat /run/minit/hosts.br0/names | tr '\t\n' ' ,' | grep -o "$address [a-z]*" | tr '\n' ' ')" "$address pod $address web " \
	"the bridge's file has who joins a network under that one's address"
case $(look "$web" dns.home.arpa),$(look "$web" web),$(look "$web" pod.home.arpa) in
10.77.0.53,fd77::53,*"$address"*,*"$address"*) ok 0 "and dnsmasq tells what is in it" ;;
*) ok 1 "and dnsmasq tells what is in it" ;;
esac
is "$(awk '$2 == "web" || $3 == "web" { print $1 }' "$ct_dir/hosts")" "$(awk '$2 == "web" { print $1 }' "$ct_dir/hosts")" \
	"a name is that of the service, whatever another one calls its host"
links=$(ct_outer links)
is "$(nsenter --target "$links" --mount --root /bin/cat /etc/resolv.conf /etc/hosts | tr '\t' ' ' | grep -E '^nameserver| links( |$)' | head -2 |
	cut -d' ' -f1,2 | tr '\n' ,),$(grep -c . "$ct_dir/root/etc/passwd"),$(readlink "$ct_dir/root/etc/resolv.conf")" \
	"nameserver 10.77.0.9,$(ct_field links addresses | tr -d '[]"' | cut -d/ -f1) links,,$(grep -c . "$TREE/etc/passwd"),../run/systemd/resolve/stub-resolv.conf" \
	"they are laid upon links in its root, and not upon what these lead to"
ct_signal SEGV
ct_is "after a fatal signal to minit" all:up
ct_in test -f /run/minit/hosts.br0/names
ok $? "the file is still there"

# What dnsmasq tells follows the table, and it is the same process.
before=$(ct_field dns pid)
cp "$ct_dir/table.toml" "$ct_dir/first.toml"
printf '[service.later]\nexec = ["/bin/sleep", "1000"]\n' >>"$ct_dir/table.toml"
ct_minit reload >/dev/null
is "$(look "$web" later.home.arpa | cut -d, -f1)" "$(ct_field later addresses | tr -d '[]"' | cut -d/ -f1)" "with another table dnsmasq tells of who is new"
cp "$ct_dir/first.toml" "$ct_dir/table.toml"
ct_minit reload >/dev/null
is "$(look "$web" later.home.arpa),$(look "$web" dns)" ",10.77.0.53,fd77::53" "and no more of who is gone"
is "$(ct_field dns pid)" "$before" "without being told"
ct_stop "it ends in order"
echo "1..$ct_tests"
