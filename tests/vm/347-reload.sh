#!/bin/bash
# Another table takes the place of the one that runs on Debian's kernel and cgroup v2 alone, too.
set -u
. tests/vm/again.sh

again 740-reload 741-reload-cannot 742-reload-rest 743-reload-default 744-reload-busy 745-reload-network \
	746-reload-bridge 747-reload-isolate 748-reload-settings 749-reload-shards 750-reload-addresses 751-reload-links \
	752-reload-ipv4 753-reload-dhcp 757-reload-link-keys
