#!/bin/bash
# What minit costs, where that is no matter of time: counts of system calls and instructions, sizes of memory, wake-ups.
# alone: beside others a page or a retry more is counted now and then.
. tests/env.sh
exec tests/bench/run check
