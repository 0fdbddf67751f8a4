#!/bin/bash
# What minit costs, where that is no matter of time: counts of system calls and instructions, sizes of memory, wake-ups.
. tests/env.sh
exec tests/bench/run check
