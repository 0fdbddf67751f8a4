#!/bin/bash
# Where there is cgroup v2 alone: limits bite as they do in this machine's cgroups, and a leaf can be a service's own.
set -u
. tests/vm/again.sh

vm_file /minit/build/rootfs/tree/usr/lib/demo/bomb 755 <"$TREE/usr/lib/demo/bomb"
again 310-limits 330-delegate
