#!/bin/bash
# The parser beside another one.
set -u
. tests/toml/build.inc
python3 tests/toml/differential.py "$suite" "${TOML_FILES:-6000}"
