#!/bin/bash
# What the wrapper costs, where that is no matter of time.
# alone: beside others a page or a retry more is counted now and then.
. tests/env.sh
exec tests/bench/run check-wrap
