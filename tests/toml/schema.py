"""
The JSON schema beside the program: what is wrong for minit check because of a key or a type is wrong for the schema, and
what is right for one is right for the other. schema.py SCHEMA MINIT
"""
import json
import re
import subprocess
import sys
import tomllib

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}


def is_type(value, name):
    return isinstance(value, TYPES[name]) and (name != "integer" or not isinstance(value, bool))


def faults(schema, value, path=""):
    """As much of JSON Schema as the schema uses; an unknown word in it is an error."""
    known = {"$schema", "title", "description", "type", "additionalProperties", "properties", "enum", "pattern", "minimum",
             "maximum", "items", "minItems", "minLength", "anyOf", "allOf", "not", "required", "propertyNames"}
    if schema is False:
        return [path]
    if schema is True:
        return []
    assert set(schema) <= known, set(schema) - known
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(is_type(value, t) for t in types):
        return [path]
    if "enum" in schema and value not in schema["enum"]:
        return [path]
    if "not" in schema and not faults(schema["not"], value):
        return [path]
    found = []
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        found.append(path)
    if isinstance(value, (str, list)) and len(value) < schema.get("minLength" if isinstance(value, str) else "minItems", 0):
        found.append(path)
    if isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        found.append(path)
    if isinstance(value, list):
        for v in value:
            found += faults(schema.get("items", True), v, path)
    if isinstance(value, dict):
        found += [path for name in schema.get("required", ()) if name not in value]
        for name, v in value.items():
            found += faults(schema.get("propertyNames", True), name, path)
            below = schema.get("properties", {}).get(name, schema.get("additionalProperties", True))
            found += faults(below, v, "%s.%s" % (path, name))
    for one in schema.get("allOf", ()):
        found += faults(one, value, path)
    if "anyOf" in schema:
        ways = [faults(one, value, path) for one in schema["anyOf"]]
        if all(ways):
            found += min(ways, key=len)
    return found


GOOD = """
[system]
hostname = "edge-7"
main = "web"
[network]
sysctl = { net.ipv4.ip_forward = true, "net.ipv4.conf.wan.rp_filter" = 2 }
rules = ["from 10.0.0.0/8 table 100", "not fwmark 0x10/0xff iif wan oif lan to fd00::/8 priority 5 unreachable"]
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
mtu = 1400
mac = "02:00:5e:10:00:01"
stp = true
forward_delay = "2s"
priority = 4096
ageing = "0"
vlan_filtering = true
shard = 500
port_isolation = true
hosts_file = true
near = false
[network.link.wan]
kind = "device"
match = "enp*"
address = ["192.0.2.10/24", "2001:db8::10/64"]
gateway = "192.0.2.1"
metric = 5
routes = ["10.9.0.0/16 via 192.0.2.254 metric 7", "default via 192.0.2.1 table 5", "blackhole 10.8.0.0/16"]
rules = "from 192.0.2.10 table 5"
mtu = 1400
mac = "02:00:5e:10:00:02"
up = true
[network.link.wg0]
kind = "wireguard"
config = "/etc/wireguard/wg0.conf"
[network.link.lease]
address = ["dhcp", "192.0.2.20/24"]
dhcp_client = ["/sbin/udhcpc", "-t", "5"]
[network.link.lease6]
address = ["dhcp6", "dhcp"]
metric = 7
dhcp6_client = "/sbin/dhclient"
[network.link.vx]
kind = "vxlan"
parent = "wan"
id = 5
local = "192.0.2.10"
remote = "192.0.2.11"
port = 4790
master = "br0"
[network.link.mac0]
kind = "macvlan"
parent = "wan"
mode = "bridge"
[defaults]
restart = "always"
backoff = { first = "1s", max = "1m", factor = "150%", jitter = "0%", stable = "5s", give_up = 3 }
env.LANG = "C"
[service.db]
exec = ["db"]
user = 1000
groups = ["a", 5]
network = { address = "10.77.0.10", gateway = "none" }
env_file = ["/a", "-/b"]
output.file = "/var/log/db"
rlimits = { nofile = 5, core = "unlimited", stack = { soft = "8M", hard = 9000000 } }
cgroup = { memory.max = "64M", "cpu.max" = "50%", pids = { max = 5 }, "memory.oom.group" = false }
[service.web]
exec = ["web", ""]
description = "x"
needs = ["db"]
after = []
namespaces = ["mount", "pid", "net", "uts"]
network.bridge = "br0"
stop = { signal = "INT", grace = "1.5s" }
start_timeout = "5m"
ready = "exit"
cwd = "/"
umask = "022"
init = false
root = "/r"
readonly = true
hostname = "w"
hosts = false
output = "console"
leaf = true
autostart = false
group = "g"
seccomp = { base = "strict", allow = ["@debug", "keyctl"], deny = [], log = ["ptrace"], kill = ["bpf"], errno = { "@clock" = "ENOSYS", uname = 0 } }
in_group = "shop"
cgroup.io.max = ["/dev/vda rbps=1M", "8:16 wiops=10"]
devices = ["tty", "/dev/ttyS0:rw", "char-alsa"]
no_new_privs = false
caps = ["CAP_NET_ADMIN", "kill"]
securebits = ["noroot"]
paths = { read = "/usr", write = ["/var", "-/x"] }
ports = { bind = [80], connect = [] }
scope = ["signal"]
apparmor = "a"
selinux = "s"
nice = -20
ioprio = "best-effort:4"
sched = { policy = "deadline", runtime = "1ms", deadline = "2ms" }
cpus = "0-3,7"
numa = "bind:0-1"
oom_score_adj = -1000
personality = ["linux32"]
keyring = "private"
coredump = "never"
coredump_filter = ["elf-headers"]
[service.net]
exec = ["net"]
network = { mode = "bridge", also = [], ports = ["80", "90-91:90-91/udp"], allow = [], routes = ["10.0.0.0/8 via 10.77.0.9", "blackhole 10.9.0.0/16"], mtu = 1400, mac = "02:00:00:00:00:0a", rate = { in = "50M", out = "8000" }, dns = "9.9.9.9", search = ["x"], hosts = { p = "10.9.0.7", "q.r" = ["10.9.0.7"] }, sysctl = { net.ipv4.ip_forward = true, "net.ipv4.ip_local_port_range" = "2000 3000" } }
[service.pod]
exec = ["pod"]
network.join = "net"
[service.wire]
exec = ["wire"]
network = { mode = "macvlan", parent = "eth0", address = "10.1.0.2/24" }
[service.tty]
exec = ["sh"]
online = ["wan"]
calm = { cpu = "50%", memory = "full 2.5%/10s", io = "some 20%/5min" }
tty = "/dev/tty1"
devices = "any"
caps = { bounding = "all", ambient = ["kill"] }
sched = "fifo:50"
[group.shop]
cgroup = { memory.swap.max = 0, "hugetlb.2MB.max" = "4M" }
"""

# A wrong value of each key that a type or a pattern can tell; the names of the table's own things are beyond a schema.
WRONG = {
    "system": ["hostname = 5", "main = ''", "x = 1"],
    "network": ["sysctl = 1", "sysctl = { vm.swappiness = 1 }", "rules = 5", "rules = [5]", "x = 1"],
    "network.bridge.br0": ["address = 5", "mtu = 5", "mtu = '1500'", "nat = 1", "mac = 'x'", "mac = '03:00:00:00:00:01'", "stp = 'on'",
                           "forward_delay = 5", "priority = 70000", "ageing = 'x'", "vlan_filtering = 1", "port_isolation = 1", "shard = 2", "shard = 1024", "hosts_file = 1", "near = 1", "x = 1"],
    "network.link.wan": ["kind = 'x'", "match = 5", "parent = 1", "id = -1", "mode = 1", "port = 0", "master = ''", "mtu = 5",
                         "mac = 'x'", "up = 1", "address = 5", "gateway = [1]", "routes = 5", "rules = {}", "metric = 0", "dhcp_client = 5", "dhcp6_client = 5", "config = 'x'", "x = 1"],
    "service.web": [
        "online = 'wan'", "calm = '5%'", "calm.cpu = 5", "calm.memory = '5'", "calm.memory = '5%/2m'", "calm.io = 'half 5%'", "calm.x = '5%'",
        "description = ''", "exec = 'x'", "exec = []", "exec = [1]", "needs = 'x'", "after = [1]", "autostart = 1",
        "restart = 'x'", "backoff = 'x'", "backoff.first = 1", "backoff.max = 'x'", "backoff.factor = 2.0",
        "backoff.jitter = '5'", "backoff.stable = '5 s'", "backoff.give_up = -1", "backoff.x = 1", "stop = 'x'",
        "stop.signal = 15", "stop.grace = 10", "start_timeout = 5", "ready = 'notify'", "user = true", "group = []",
        "groups = 'x'", "groups = [true]", "cwd = 'x'", "env = []", "env.A = 1.5", "env_file = 'x'", "umask = '9'",
        "rlimits = 5", "rlimits.x = 5", "rlimits.core = { soft = 1 }", "namespaces = ['x']", "namespaces = 'net'",
        "init = 'x'", "root = 'x'", "readonly = 1", "hostname = 'a b'", "hosts = 'x'", "output = 'x'", "output.file = 'x'",
        "network = 'x'", "network.bridge = 1", "network.address = 1", "network.gateway = [1]", "network.ports = 1",
        "network.allow = [1]", "network.balance = 'x'", "network.mode = 'x'", "network.parent = 1", "network.join = ['x']",
        "network.routes = 1", "network.also = {}", "network.also = [1]", "network.rate = 1", "network.rate.in = 1", "network.rate.x = '1M'", "network.rate.out = '1T'", "network.dns = 1", "network.search = [1]", "network.hosts = 1", "network.hosts.x = 1", "network.sysctl = 'x'", "network.sysctl = { x = 1 }", "network.mtu = 5", "network.mac = '02:00'",
        "seccomp = 'x'", "seccomp = 5", "seccomp.base = 'x'", "seccomp.allow = 'bpf'", "seccomp.allow = [5]", "seccomp.x = 1",
        "seccomp.deny = ['a b']", "seccomp.errno = ['bpf']", "seccomp.errno.bpf = 5000", "seccomp.errno.bpf = 'x'",
        "leaf = 1", "cgroup = 'x'", "cgroup.x = 1", "cgroup.memory.max = [true]", "in_group = ''", "devices = 'x'", "devices = [1]", "x = 1",
        "no_new_privs = 1", "caps = 'x'", "caps = [1]", "caps.x = []", "caps.bounding = 'x'", "securebits = 'noroot'",
        "securebits = ['x']", "paths = 'x'", "paths.read = 'x'", "paths.write = [1]", "paths.x = []", "ports = 80",
        "ports.bind = 80", "ports.connect = [70000]", "scope = ['x']", "apparmor = ''", "selinux = 1", "nice = 20", "nice = '1'",
        "ioprio = 'idle:1'", "ioprio = 4", "sched = 'x'", "sched = { x = 1 }", "sched.policy = 'x'", "cpus = '0-'", "cpus = [0]",
        "numa = 'bind'", "oom_score_adj = 1001", "personality = ['x']", "keyring = 'x'", "coredump = true",
        "coredump_filter = ['x']", "tty = 'x'"],
    "group.shop": ["cgroup = 1", "cgroup.x = 1", "x = 1"],
    "defaults": ["restart = 'x'", "exec = ['x']", "network.address = '10.77.0.9'"],
}

schema = json.load(open(sys.argv[1]))
minit = sys.argv[2]
number = failed = 0


def check(text):
    run = subprocess.run([minit, "check", "/dev/stdin"], input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return run.returncode == 0, run.stdout.decode()


def tell(good, what, more=""):
    global number, failed
    number += 1
    failed += not good
    print("%s %d - %s" % ("ok" if good else "not ok", number, what))
    if not good:
        print("".join("# %s\n" % line for line in more.splitlines()), end="")


good, said = check(GOOD)
tell(good, "minit takes a table with every key", said)
found = faults(schema, tomllib.loads(GOOD))
tell(not found, "and so does the schema", " ".join(found))

keys = set()


def collect(node, path):
    for way in [*node.get("anyOf", ()), *node.get("allOf", ())]:
        collect(way, path)
    for name, below in node.get("properties", {}).items():
        keys.add((path, name))
        collect(below, "%s.%s" % (path, name))


for name, node in schema["properties"].items():
    collect(node, name)
collect(schema["properties"]["service"]["additionalProperties"], "service")
collect(schema["properties"]["group"]["additionalProperties"], "group")
collect(schema["properties"]["network"]["properties"]["bridge"]["additionalProperties"], "bridge")
tell({("service", "exec"), ("service.backoff", "first"), ("service.network", "bridge"), ("bridge", "mtu"),
      ("service.cgroup", "memory.max"), ("group", "cgroup"), ("defaults", "restart"), ("system", "main")} <= keys, "it has the keys of all sections",
     str(sorted(keys)))

base = {"system": "main = 'web'\n", "network": "", "network.bridge.br0": "address = '10.77.0.1/24'\n", "network.link.wan": "", "service.web": "exec = ['x']\n",
        "group.shop": "", "defaults": ""}
for section, wrongs in WRONG.items():
    for wrong in wrongs:
        key = wrong.split()[0]
        text = "".join("[%s]\n%s%s\n" % (s, "" if s == section and rest.startswith(key + " ") else rest,
                                        wrong if s == section else "") for s, rest in base.items())
        good, said = check(text)
        found = faults(schema, tomllib.loads(text))
        tell(not good and found, "[%s] %s is wrong for both" % (section, wrong), "minit: %s schema: %s" % (said, found))
print("1..%d" % number)
sys.exit(failed > 0)
