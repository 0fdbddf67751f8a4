#!/bin/bash
# Where there is cgroup v2 alone: limits bite as they do in this machine's cgroups, those set by hand hold, a leaf can be a service's
# own, who is out of memory takes nobody along, and the examples do what they say.
set -u
. tests/vm/again.sh

again 310-limits 322-kept-limits 323-leaf-removed 330-delegate 315-out-of-memory 316-out-of-memory-whose 317-out-of-memory-not \
	350-examples
