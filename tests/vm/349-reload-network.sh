#!/bin/bash
# Bridges, shards and links of another table take the place of those that are there on Debian's kernel, too.
set -u
. tests/vm/again.sh

again 746-reload-bridge 747-reload-isolate 749-reload-shards 750-reload-addresses 751-reload-links 757-reload-link-keys
