#!/bin/sh
# Leave orphans behind: each is the child of a child that is gone, so PID 1 has to reap it.
while :; do
	(sleep 2 &)
	sleep 0.2
done
