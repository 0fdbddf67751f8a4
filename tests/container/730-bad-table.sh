#!/bin/bash
# A table that is wrong: nothing is started, all that is wrong with it is said at once, each with its place.
set -u
. tests/container/ct.sh

good='[service.good]
exec = ["/bin/sh", "-c", "echo started"]
'
# refused TEXT, and the table on standard input: as PID 1, and by minit check.
refused() {
	ct_table
	ct_start
	ct_end 10
	is $? 78 "$1: the container ends with 78"
	ct_not_said '^started' "and nothing is started"
	"$MINIT" check "$ct_dir/table.toml" >"$ct_dir/check" 2>&1
	is $? 1 "minit check says no"
	is "$(sed 's/^minit: //' "$ct_dir/out" | sort)" "$(sort "$ct_dir/check")" "both say the same"
}
# place LINE:COLUMN RE: among the errors.
place() {
	grep -q -E "^$ct_dir/table.toml:$1: .*$2" "$ct_dir/check"
	ok $? "$1: $2"
}

refused "all errors in one pass" <<TOML
$good
restrat = "always"
user = 7
cwd = "relative"
stop = { grace = "soon" }
needs = ["god", "good"]
[service.web]
network = { bridge = "br9" }
[service.web.cgroup]
memory.max = "lots"
TOML
place 4:1 'unknown key "restrat"; did you mean "restart"\?'
place 6:7 'cwd'
place 7:18 'grace: found "soon"; wants a duration'
place 8:10 'there is no service "god"; did you mean "good"\?'
place 9:10 'exec'
place 12:14 'memory.max: found "lots"; wants a size'

refused "no TOML at all" <<TOML
$good
[service.web
exec = "unterminated
TOML
place '4:[0-9]+' ''
refused "a circle" <<TOML
$good
[service.a]
exec = ["/bin/true"]
needs = ["b"]
[service.b]
exec = ["/bin/true"]
after = ["c"]
[service.c]
exec = ["/bin/true"]
needs = ["a"]
TOML
place '[0-9]+:[0-9]+' '(a.*b.*c|b.*c.*a|c.*a.*b)'
refused "two services with one address" <<TOML
$good
[network.bridge.br0]
address = ["10.77.0.1/24"]
[service.a]
exec = ["/bin/true"]
network = { address = "10.77.0.9" }
[service.b]
exec = ["/bin/true"]
network = { address = "10.77.0.9" }
TOML
place '11:[0-9]+' '10.77.0.9'
refused "an address outside of its bridge" <<TOML
$good
[network.bridge.br0]
address = ["10.77.0.1/24"]
[service.a]
exec = ["/bin/true"]
network = { address = "10.78.0.9" }
TOML
place '8:[0-9]+' '10.78.0.9'
printf '\377\376[\0' >"$ct_dir/bytes"
refused "no text" <"$ct_dir/bytes"
refused "a main service that is not there" <<TOML
$good
[system]
main = "nobody"
TOML
place '5:8' 'nobody'
head -c 20000000 /dev/zero | tr '\0' '#' >"$ct_dir/huge"
refused "a table without end" <"$ct_dir/huge"

"$MINIT" run "$ct_dir/no/such/table.toml" >"$ct_dir/check" 2>&1
is $? 78 "no table: 78"
grep -q "$ct_dir/no/such/table.toml: cannot be read: No such file or directory" "$ct_dir/check"
ok $? "and which one"
ct_start "$MINIT"
ct_end 10
is $? 78 "PID 1 without a table and without a command: 78"
ct_said '^minit: /etc/minit/minit.toml: there is no table, and none in /etc/minit/conf.d: write one .*minit run FILE' \
	"where it looked, and what to do"
"$MINIT" run --what >"$ct_dir/check" 2>&1
is "$?: $(cat "$ct_dir/check")" '2: minit: run: unknown option "--what"; usage: minit run [TABLE...]' "an option that is none is no file"
echo "# nothing yet" | ct_table
ct_start
ct_up
ct_said "^minit: table: it has no service: nothing is started; add a section .service.NAME. to $ct_dir/table.toml\$" \
	"a table without services is said to have none"
ct_stop "and is supervised"
echo "$good" | ct_table
"$MINIT" check "$ct_dir/table.toml" >"$ct_dir/check"
ok $? "a good one is good"
# What is good, and likely not meant.
# service NAME BRIDGE MORE
mixed() {
	printf '[service.%s]\nexec = ["/bin/true"]\nnetwork = { bridge = "%s", %s }\n' "$@"
}
{
	printf '[network.bridge.br0]\naddress = "10.77.0.1/24"\n[network.bridge.own]\naddress = "10.78.0.1/24"\nmtu = 9000\n'
	printf '[network.bridge.one]\naddress = "10.79.0.1/24"\n'
	mixed small br0 'mtu = 1400'
	mixed usual br0 'mtu = 1500'
	mixed plain br0 'also = "one"'
	mixed less own 'mtu = 1500'
	mixed same own 'mtu = 9000'
	mixed alone one 'mtu = 1400'
} | ct_table
is "$("$MINIT" check "$ct_dir/table.toml" 2>"$ct_dir/said"),$(sed 's/^minit: \([^,]*,\).*/\1/' "$ct_dir/said" | tr -d '\n')" \
	"$ct_dir/table.toml: ok: 6 services, 3 bridges,small: network.mtu: 1400,less: network.mtu: 1500,alone: network.mtu: 1400," \
	"where packets would be lost in silence, minit check says so"
{
	printf '[network.bridge.br0]\naddress = "10.77.0.1/24"\nisolate = true\n[service.db]\nexec = ["/bin/true"]\n'
	mixed many br0 'allow = "db:1-32768"'
	mixed fewer br0 'allow = "db:1-32767/udp"'
	mixed whole br0 'allow = "db"'
} | ct_table
"$MINIT" check "$ct_dir/table.toml" >/dev/null 2>"$ct_dir/said"
is "$(cut -d: -f2-4 "$ct_dir/said")" " many: network.allow: 32768 ports of db" "and where a start waits for so many ports that are allowed one by one"
echo "1..$ct_tests"
