#!/bin/bash
# The toml-test suite, from the source of golang-toml.
set -u
. tests/toml/build.inc
python3 tests/toml/suite.py "$suite"
