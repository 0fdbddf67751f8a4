#!/bin/bash
# The tables of rootfs/examples do what they say.
set -u
. tests/container/ct.sh

# Who has no cpuset controller cannot pin: none of v1, and none that the cgroup of v2 above that of minit passes on.
above=$(ct_above)
pinned=$(grep -q -s -w cpuset "${above:-/none}/cgroup.subtree_control" || grep -q '^[0-9]*:[a-z,]*cpuset' /proc/self/cgroup && echo pinned)
tables=
for t in $pinned memory cpu shell chroot bridge mapped; do tables="$tables rootfs/examples/$t.toml"; done
for t in rootfs/examples/*.toml; do
	"$MINIT" check "$t" >"$ct_dir/check" 2>&1
	ok $? "$t is a good table"
	sed 's/^/# /' "$ct_dir/check"
done
# They are written for the tree of `make rootfs`; here it is a root for all.
cat >"$ct_dir/tree.toml" <<TOML
[defaults]
root = "/srv/root"
TOML
ct_start sh -c 'mount -t tmpfs srv /srv && mkdir /srv/root && mount --bind "$0" /srv/root && exec "$@"' "$TREE" \
	"$MINIT" run "$ct_dir/tree.toml" $tables
ct_up
ct_is "three on a bridge reach each other by name" red:done green:done blue:done
ct_is "who wants more memory than 10M is killed" stress:failed stress:starts=1
is "$(ct_field stress why)" "out of memory: killed in its leaf" "for that"
ct_is "the others run" burn:up shell:up go:up mapped:up
ct_wait 10 '^shell *\| I am container, and see [2-5] processes$'
ok $? "the shell has its own name and its own /proc"
ct_wait 10 '^go *\| go: [0-9]* names in my root, and I am number 1$'
ok $? "the program with a root is number 1 in it"
ct_wait 10 '^mapped *\| I am 0 here$'
ok $? "who is root inside"
is "$(ct_minit status mapped | awk '$1 == "user" { print $2, $3 }')" "100000 100000" "is 100000 outside"
# A tmpfs maps no ids before Linux 6.3.
[ "$(stat -f -c %T "$TREE")" = tmpfs ] && left='^! userns.idmap .*: a default that is not to be had here$|^! 1 of [0-9]+ not as asked$' || left='^$'
for s in burn shell go mapped; do
	is "$(ct_minit status $s | grep '^!' | grep -v -E "$left")" "" "$s is isolated as its table asks"
done
# "USED PERIODS THROTTLED", µs and numbers.
burnt() {
	# shellcheck disable=SC2046 # files
	echo "$(ct_field burn cpu_us)" $(awk '/^nr_(periods|throttled) / { print $2 }' $(ct_leaf burn cpu.stat))
}
# A period may have begun, and one may not have ended: so there are many of them. One in which others had the processor is not
# throttled, and may be short of time. What it has used is read first: one period more may have been throttled since then.
read -r used periods throttled <<<"$(burnt)"
burns() {
	read -r used_now periods_now throttled_now <<<"$(burnt)"
	[ $((throttled_now - throttled)) -ge 16 ]
}
ct_until 30 burns
used=$((used_now - used)) periods=$((periods_now - periods)) throttled=$((throttled_now - throttled))
[ $((used / 1000)) -ge $(((throttled - 1) * 23)) ] && [ $((used / 1000)) -le $((periods * 27)) ] && [ "$throttled" -ge 16 ]
ok $? "who never rests has a quarter of a processor, give or take 2: $((used / 1000)) ms in $periods tenths of a second, $throttled of them whole"
if [ -n "$pinned" ]; then
	ct_is "who is pinned to a processor" pinned:up polite:up
	is "$(ct_minit status polite | awk '$1 == "cpus" { print $3 }')" 0 "is pinned"
	is "$(ct_minit status pinned polite | grep '^!')" "" "as its table asks"
fi
ct_minit status shell | tr -s ' ' | grep -x -q ' pids.max 10 10'
ok $? "the shell may have ten processes"
is "$(python3 - "$(dirname "$(ct_leaf shell pids.max)")" <<'END'
import errno, os, signal, sys
def text(name, *args):
    with open(f"{sys.argv[1]}/{name}", *args) as f:
        return f.write(str(os.getpid())) if args else f.read().strip()
text("cgroup.procs", "w")
more = []
try:
    while len(more) < 20:
        more.append(os.fork())
        if not more[-1]:
            signal.pause()
except OSError as e:
    print(text("pids.current"), errno.errorcode[e.errno])
for pid in more:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
END
)" "10 EAGAIN" "and no more"
ct_stop "it ends in order"
echo "1..$ct_tests"
