"""The toml-test suite: each file is a test. suite.py FOLDER"""
import json
import os
import sys

import oracle

# Not TOML 1.0: `\e` came with 1.1, and 1.0 says that an escape it does not know is an error.
NOT_TOML_1_0 = {"valid/string/escape-esc.toml"}

folder = sys.argv[1]
files = sorted(os.path.relpath(os.path.join(d, f), folder) for d, _, fs in os.walk(folder) for f in fs
               if f.endswith(".toml"))
failed = 0
for n, (name, ours) in enumerate(zip(files, oracle.decode([os.path.join(folder, f) for f in files])), 1):
    if name.startswith("invalid/") or name in NOT_TOML_1_0:
        good = ours is None
        what = "is refused"
    else:
        with open(os.path.join(folder, name[:-5] + ".json"), encoding="utf-8") as f:
            good = ours == oracle.of_tagged(json.load(f))
        what = "is accepted, with the suite's values"
    failed += not good
    print("%s %d - %s %s" % ("ok" if good else "not ok", n, name, what))
print("1..%d" % len(files))
sys.exit(failed > 0)
