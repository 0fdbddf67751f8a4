# For tests/container/NNN-*.sh of a link `wan` that has its address by DHCP (`. tests/container/dhcp.sh`, behind ct.sh).
#
#   dhcp_start <<SH    starts minit with the table, and at the other end of wan the server of this script: it has `serve ADDRESS`, which
#                      sets $server and logs to $ct_dir/served, and reads what is written to $ct_dir/go from descriptor 3; /etc is $ct_dir/etc

# The server is in a network of its own, and serves when it is told which address. Between the ends of a pair the kernel
# leaves the checksum of UDP to a device that there is not, which a client that reads packets finds to be wrong: so it is
# to do it itself (SIOCETHTOOL, ETHTOOL_STXCSUM).
dhcp_start() {
	mkdir "$ct_dir/etc"
	: >"$ct_dir/etc/resolv.conf"
	cp /etc/passwd /etc/group "$ct_dir/etc"
	{
		cat <<SH
ip addr add 192.0.2.1/24 dev far && ip link set far up
/usr/bin/python3 -S -E -c '
import ctypes, fcntl, socket, struct
value = ctypes.create_string_buffer(struct.pack("II", 0x17, 0))
fcntl.ioctl(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 0x8946,
            struct.pack("16sP", b"far", ctypes.addressof(value)) + bytes(16))'
serve() {
	dnsmasq --conf-file=/dev/null --keep-in-foreground --port=0 --user=root --interface=far --leasefile-ro \\
		--pid-file= --dhcp-authoritative --dhcp-range=\$1,\$1,2m --dhcp-option=3,192.0.2.1 \\
		--dhcp-option=6,192.0.2.53,192.0.2.54 --log-facility=$ct_dir/served &
	server=\$!
}
SH
		cat
	} >"$ct_dir/server.sh"
	mkfifo "$ct_dir/go"
	ct_start sh -c "mount --bind '$ct_dir/etc' /etc && ip link set lo up
		unshare -n sh -c 'echo \$\$ >$ct_dir/server; until ip link show far >/dev/null 2>&1; do :; done; exec sh $ct_dir/server.sh 3<>$ct_dir/go' &
		until [ -s '$ct_dir/server' ]; do :; done
		ip link add wan type veth peer name far netns \$(cat '$ct_dir/server') && exec '$MINIT' run '$ct_dir/table.toml'"
}
