"""
Made and mutated files from a fixed seed: the decoder and tomllib give the same verdict and the same values.
differential.py FOLDER COUNT: FOLDER has the files to mutate; one test for each hundred files.
"""
import os
import random
import sys
import tempfile

import oracle

random.seed(20240229)
TOKENS = [b"[", b"]", b"[[", b"]]", b"{", b"}", b"=", b",", b".", b"#", b'"', b"'", b'"""', b"'''", b"\n", b"\r\n", b"\r",
          b" ", b"\t", b"\\", b"\\u00e9", b"\\U0001F600", b"\\ud800", b"\\\n", b"0x", b"0o7", b"0b1", b"_", b"-", b"+",
          b"1", b"01", b"1e5", b"1.5", b".5", b"5.", b"inf", b"nan", b"-nan", b"true", b"false", b"1979-05-27", b"T",
          b"07:32:00", b"07:32:00.999999", b"Z", b"+23:59", b"+24:00", b"1979-02-29", b"2000-02-29", b"00:00:60", b"a",
          b"a.b", b"a = 1", b"b.c = 2", b"[a]", b"[a.b]", b"[[a]]", b"[[a.b]]", b"\x00", b"\x7f", b"\x1f", b"\xff",
          b"\xc3\xa9", b"\xe2\x82\xac", b"\xef\xbb\xbf", b"9223372036854775807", b"-9223372036854775808",
          b"9223372036854775808", b"{a = 1}", b"[1, 2]", b"{}", b"[]"]


def key():
    return random.choice(["a", "b", "c", "d", '"a"', "'b'", '"\\u0061"', "a.b", "a.b.c", "b . c", '"a.b"', "1", "-", "c.a"])


def value(level=0):
    kinds = ["1", "-0", "1_000", "0xff", "0o17", "0b1", "1.5", "-1e3", "inf", "+nan", "true", "false", '"x"', "'y'",
             '"""\nx"""', "'''y\n'''", '"\\t\\u00e9"', "1979-05-27", "1979-05-27 07:32:00Z", "07:32:00", "1979-05-27T07:32:00.5",
             "1979-05-27T00:32:00.999999-07:00", '"""a ""b"" """""', '"""\\\n   x"""']
    pick = random.random()
    if level < 3 and pick < 0.12:
        return "[" + random.choice(["", "\n", " # c\n"]).join(
            value(level + 1) + random.choice([",", ",\n", " , "]) for _ in range(random.randrange(4))) + "]"
    if level < 3 and pick < 0.25:
        return "{" + ", ".join("%s = %s" % (key(), value(level + 1)) for _ in range(random.randrange(4))) + "}"
    return random.choice(kinds)


def made():
    """Grammatical lines, so that what is right or wrong is which tables and keys they define."""
    lines = []
    for _ in range(random.randrange(1, 9)):
        pick = random.random()
        if pick < 0.3:
            lines.append("[%s]" % key())
        elif pick < 0.45:
            lines.append("[[%s]]" % key())
        else:
            lines.append("%s = %s" % (key(), value()))
    return "\n".join(lines).encode() + random.choice([b"", b"\n", b" # end", b"\r\n"])


def mutated(seeds):
    data = bytearray(random.choice(seeds))
    for _ in range(random.choice([1, 1, 1, 2, 3, 6])):
        at = random.randrange(len(data) + 1)
        pick = random.random()
        if pick < 0.35:
            data[at:at] = random.choice(TOKENS)
        elif pick < 0.55:
            del data[at:at + random.choice([1, 1, 2, 5])]
        elif pick < 0.7 and at < len(data):
            data[at] = random.randrange(256)
        elif pick < 0.85:
            lines = data.split(b"\n")
            lines.insert(random.randrange(len(lines) + 1), random.choice(random.choice(seeds).split(b"\n")))
            data = bytearray(b"\n".join(lines))
        else:
            lines = data.split(b"\n")
            random.shuffle(lines)
            data = bytearray(b"\n".join(lines))
    return bytes(data)


def main(folder, count):
    seeds = []
    for d, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if name.endswith(".toml"):
                with open(os.path.join(d, name), "rb") as f:
                    seeds.append(f.read())
    excuses, accepted, failed = {}, 0, 0
    with tempfile.TemporaryDirectory(dir=os.environ["BUILD"]) as tmp:
        files = []
        for i in range(count):
            data = made() if i % 3 == 0 else mutated(seeds)
            files.append((os.path.join(tmp, "%d.toml" % i), data))
            with open(files[-1][0], "wb") as f:
                f.write(data)
        bad = []
        for i, ((_, data), ours) in enumerate(zip(files, oracle.decode([f for f, _ in files])), 1):
            theirs = oracle.tomllib_value(data)
            why = oracle.excuse(ours, theirs) if ours != theirs else None
            accepted += ours is not None
            if why:
                excuses[why] = excuses.get(why, 0) + 1
            elif ours != theirs:
                bad.append("# ours: %r\n# tomllib: %r\n# of: %r" % (ours, theirs, data))
            if i % 100 == 0:
                print("%s %d - files %d to %d are read as tomllib reads them" % (
                    "not ok" if bad else "ok", i // 100, i - 99, i))
                print("\n".join(bad[:3]), end="\n" if bad else "")
                failed += len(bad) > 0
                bad = []
    for why, n in sorted(excuses.items()):
        print("# %d times: %s" % (n, why))
    print("# %d of %d were TOML" % (accepted, count))
    print("1..%d" % (count // 100))
    return failed > 0


sys.exit(main(sys.argv[1], int(sys.argv[2])))
