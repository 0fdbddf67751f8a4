#!/bin/bash
# What the wrapper costs, where that is no matter of time.
. tests/env.sh
exec tests/bench/run check-wrap
