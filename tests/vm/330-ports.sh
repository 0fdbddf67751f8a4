#!/bin/bash
# On Debian's kernel, as in namespaces of this one: published ports from everywhere they are to be reached from, who may reach
# whom, a port over several services, rates, and a web server as people run it.
set -u
. tests/vm/again.sh

again 425-ports 429-nginx 428-rate 426-between 427-balance
