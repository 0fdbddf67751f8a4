#!/bin/bash
# `minit check`: what the CI of an image calls.
set -u
. tests/env.sh

count=0
ok() {
	count=$((count + 1))
	if eval "$2"; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		printf 'status %s\n%s\n%s\n' "$status" "$out" "$err" | sed 's/^/# /'
	fi
}

work=$(mktemp -d "$BUILD/tests/check.XXXXXX")
trap 'rm -r "$work"' EXIT

run() {
	(cd "$work" && "$MINIT" check "$@" >out 2>err)
	status=$?
	out=$(cat "$work/out") err=$(cat "$work/err")
}

cat >"$work/good.toml" <<'EOF'
[network.bridge.br0]
address = "10.77.0.1/24"
[service.web]
exec = ["httpd"]
needs = ["db"]
output = "console"
cgroup.cpu.max = "50%"
[service.db]
exec = ["db"]
EOF
printf '[service.web]\nexec = ["other"]\n' >"$work/more.toml"
printf '[service.web]\nexec = 5\nmemroy = 1\n' >"$work/bad.toml"

run good.toml
ok 'a right table is told in one line, with status 0' \
	'[ $status = 0 ] && [ "$out" = "good.toml: ok: 2 services, 1 bridge" ] && [ -z "$err" ]'
run good.toml more.toml
ok 'several files are one table' '[ $status = 0 ] && [ "$out" = "good.toml, more.toml: ok: 2 services, 1 bridge" ]'
run bad.toml
ok 'a wrong one has status 1 and each error on standard error' \
	'[ $status = 1 ] && [ -z "$out" ] && [ "$(echo "$err" | grep -c "^bad.toml:[23]:[0-9]*: service.web: ")" = 2 ]'
run nowhere.toml
ok 'a file that is not there is told' '[ $status = 1 ] && [ "$err" = "nowhere.toml: cannot be read: No such file or directory: correct its name, or write it; minit.toml(5) has an example" ]'
run --what
ok 'a wrong command line has status 2' '[ $status = 2 ] && [ "$err" = "minit: check: unknown option \"--what\"; usage: minit check [--dump] [FILE...]" ]'
run -- good.toml
ok 'what is behind -- is a file' '[ $status = 0 ]'
run --dump good.toml more.toml
ok '--dump shows the compiled table as JSON' '[ $status = 0 ] && python3 - "$work/out" <<-EOF
	import json, sys
	t = json.load(open(sys.argv[1]))
	web, db, log = t["services"]
	assert t["order"] == ["db", "web", "minit-log"] and t["files"] == ["good.toml", "more.toml"]
	assert web["exec"] == ["other"] and web["needs"] == ["db"] and db["dependents"] == ["web"]
	assert web["limits"] == [{"cpu.max": "50000 100000"}] and web["output"] == "console" and log["internal"]
	assert web["bridge"] == "br0" and web["address"][0].startswith("10.77.0.") and web["gateway"] == ["10.77.0.1/32"]
	assert t["bridges"][0]["address"] == ["10.77.0.1/24"] and "net" in web["namespaces"]
	EOF'

# 5000 services in well under a second: CPU time, so that a busy machine does not matter.
{
	printf '[network.bridge.br0]\naddress = ["10.0.0.1/16", "fd00::1/64"]\n[defaults]\nhosts = true\n'
	for i in $(seq 5000); do
		printf '[service.s%d]\nexec = ["/bin/sleep", "%d"]\nneeds = ["s%d"]\ncgroup.memory.max = "64M"\n' $i $i $((i + 1))
	done
	printf '[service.s5001]\nexec = ["x"]\n'
} >"$work/large.toml"
times_before=$(awk '{ print $16 + $17 }' /proc/$$/stat)
run large.toml
times_after=$(awk '{ print $16 + $17 }' /proc/$$/stat)
ok '5000 services that wait for each other are checked in less than half a second of CPU' \
	'[ $status = 0 ] && [ $((times_after - times_before)) -lt 50 ]'
echo "1..$count"
