#!/bin/sh
# Take twice the memory every half second, past any limit.
x=0123456789abcdef0123456789abcdef
x=$x$x$x$x$x$x$x$x$x$x$x$x$x$x$x$x
while :; do
	x=$x$x
	sleep 0.5
done
