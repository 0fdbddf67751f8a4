#!/bin/bash
# A key whose feature is left out of the program stays known: the error says what it needs.
set -u
. tests/env.sh

few=$BUILD/tests/few
mkdir -p "$few"
printf '# CONFIG_%s is not set\n' NET OUTPUT CGROUP_V1 CGROUP_V2 CONTROL MACHINE >"$few/.config"
make -s -j2 B="$few" QUICK="$QUICK" "$few/minit" >"$few/make" 2>&1 || { echo "Bail out! a small minit does not build: $(tail -n 3 "$few/make")"; exit 1; }

cat >"$few/t.toml" <<'EOF'
[network.bridge.br0]
address = "10.77.0.1/24"
mtu = 1500
[defaults]
hosts = true
[service.a]
exec = ["a"]
leaf = true
cgroup.pids.max = 5
network.bridge = "br0"
network.address = "10.77.0.2"
output = { file = "/x" }
[service.b]
exec = ["b"]
output = "console"
EOF
sort >"$few/wanted" <<'EOF'
t.toml:2:1: network.bridge.br0: address: needs CONFIG_NET_BRIDGE
t.toml:3:1: network.bridge.br0: mtu: needs CONFIG_NET_BRIDGE
t.toml:5:1: defaults: hosts: needs CONFIG_NET_BRIDGE
t.toml:8:1: service.a: leaf: needs CONFIG_CGROUP
t.toml:9:1: service.a: cgroup: needs CONFIG_CGROUP
t.toml:10:9: service.a: network.bridge: needs CONFIG_NET_BRIDGE
t.toml:11:9: service.a: network.address: needs CONFIG_NET_BRIDGE
t.toml:12:12: service.a: output.file: needs CONFIG_OUTPUT
t.toml:15:10: service.b: output = "console": needs CONFIG_OUTPUT
EOF
(cd "$few" && ./minit check t.toml 2>&1 | sort >said)
if cmp -s "$few/said" "$few/wanted"; then
	echo "ok 1 - each key of what is left out says which option it needs"
else
	echo "not ok 1 - each key of what is left out says which option it needs"
	diff "$few/wanted" "$few/said" | sed 's/^/# /'
fi

printf '[service.a]\nexec = ["a"]\nnetwork = "none"\n[service.b]\nexec = ["b"]\nnetwork = "host"\n' >"$few/plain.toml"
(cd "$few" && ./minit check --dump plain.toml >dump 2>&1)
if python3 -c '
import json, sys
a, b = json.load(open(sys.argv[1]))["services"]
assert not a["leaf"] and not b["leaf"] and "net" in a["namespaces"] and "net" not in b["namespaces"]' "$few/dump"; then
	echo "ok 2 - without them a service has no leaf by default, and can still have a network of its own"
else
	echo "not ok 2 - without them a service has no leaf by default, and can still have a network of its own"
	sed 's/^/# /' "$few/dump"
fi
echo 1..2
