#!/bin/bash
# What minit needs before it can begin (memory for what it knows, something to wait with) and cannot have: it says what, and why,
# and ends. strace refuses it, beside PID 1 and not above it.
set -u
. tests/container/ct.sh

ct_table <<TOML
[service.one]
exec = ["/bin/sh", "-c", "echo begun; exec sleep 1000"]
TOML

# refused CALL ERROR NUMBER RE: the call of this number fails.
refused() {
	ct_start strace -D -o /dev/null -e "trace=$1" -e "inject=$1:error=$2:when=$3" "$MINIT" run "$ct_dir/table.toml"
	ct_end 20
	is $? 1 "without $1 number $3 it ends, with a failure"
	ct_said "^minit: $4" "and says why: $2"
	ct_not_said begun "nothing was started"
}
refused epoll_create1 EMFILE 1 'it cannot begin: nothing to wait with \(epoll_create1\): (Too many open files|No file descriptors available)$'
refused epoll_create1 EPERM 1 'it cannot begin: nothing to wait with \(epoll_create1\): Operation not permitted$'
refused memfd_create ENOMEM 2 'it cannot begin: no memory for what it knows: Out of memory$'
refused signalfd4 ENOMEM 1 'it cannot begin: nothing that tells of signals \(signalfd\): Out of memory$'
refused sigaltstack ENOMEM 1 'it cannot begin: no way to go on after a crash: Out of memory$'
ct_start strace -D -o /dev/null -e trace=epoll_create1 -e inject=epoll_create1:error=ENOMEM:when=999 "$MINIT" run "$ct_dir/table.toml"
ct_wait 10 begun
ok $? "the same with nothing refused begins"
ct_stop "and ends in order"
echo "1..$ct_tests"
