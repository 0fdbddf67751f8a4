#!/bin/bash
# Another table takes the place of the one that runs on Debian's kernel and cgroup v2 alone, too.
set -u
. tests/vm/again.sh

again 740-reload 741-reload-cannot 742-reload-rest 743-reload-default 744-reload-busy 745-reload-network 748-reload-settings \
	752-reload-ipv4 753-reload-dhcp
