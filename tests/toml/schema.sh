#!/bin/bash
# The schema that editors check a table with is made of the same list as the program.
set -u
. tests/env.sh
make -s docs || exit 1
python3 tests/toml/schema.py "$BUILD/docs/minit.schema.json" "$MINIT"
