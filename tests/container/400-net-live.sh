#!/bin/bash
# Loopback, bridges and the networks of services on this machine's kernel, in network namespaces of the test's own.
set -u
. tests/env.sh

probe=$BUILD/tests/net_probe
mkdir -p "${probe%/*}"
gcc -std=gnu17 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -fsanitize=address,undefined -fno-sanitize-recover=all -I. \
	-DCONFIG_NET=1 -DCONFIG_NET_BRIDGE=1 -DCONFIG_NET_NAT=1 -DCONFIG_NET_SHOW=1 -DCONFIG_NET_SHOW_NAT=1 -DCONFIG_DHCP=1 \
	-o "$probe" tests/tools/net_probe.c net/*.c lib/*.c ||
	{ echo "not ok - net_probe builds"; exit 1; }
"$probe"
