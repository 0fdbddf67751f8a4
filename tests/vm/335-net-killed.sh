#!/bin/bash
# On Debian's kernel, as in namespaces of this one: minit is killed before each message of the set-up of its network, and started
# again.
set -u
. tests/vm/again.sh

again 450-net-killed
