#!/bin/bash
# What minit does in front of one program, as the full build, as the wrapper alone, and by the names of its peers.
. tests/env.sh
exec tests/wrapper/run tap
