#!/bin/bash
# On Debian's kernel, as in namespaces of this one: published ports from everywhere they are to be reached from, who may reach
# whom, a port over several services, rates, a web server as people run it, names, and addresses by DHCP.
set -u
. tests/vm/again.sh

again 425-ports 429-nginx 428-rate 426-between 427-balance 436-names 445-dhcp 446-dhcp6
