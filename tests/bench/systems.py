"""The systems under test: one class each, which writes its table for N services and says how it is started and stopped.

A service is the payload /running, restarted whenever it dies, with no namespaces, limits or logs of its own.
"""

import os
import shutil
import signal

BUILD = os.environ.get("BUILD", "build")
DEPS = os.environ.get("MINIT_DEPS", "build/deps")

CLONE_NEW = {"mount": 0x20000, "uts": 0x4000000, "ipc": 0x8000000, "pid": 0x20000000, "net": 0x40000000}


class System:
    name = ""
    programs = f"{BUILD}/bench"
    most = None      # the most services it can run here, if there is a bound
    stable_s = 0     # after a run this long a death counts as the first
    env = {"PATH": "/bin"}
    payload = "running"

    def missing(self):
        """What it lacks to run here, as one line; None when nothing."""
        return None

    def prepare(self, root, n):
        """Writes what it needs below root; returns [(source, target)] to bind besides."""
        raise NotImplementedError

    def argv(self, n):
        raise NotImplementedError

    def stop(self, pid):
        os.kill(pid, signal.SIGTERM)

    def end(self):
        """Takes away what prepare has made outside of the root."""


class Floor(System):
    name = "floor"
    flags = 0

    def prepare(self, root, n):
        shutil.copy(f"{self.programs}/floor", f"{root}/floor")
        return []

    def argv(self, n):
        return ["/floor", str(n), f"{self.flags:x}", "/running"]


class FloorQuiet(Floor):
    """The floor with a payload that says nothing: what the word on the board costs."""
    name = "floor, quiet"
    payload = "pause"


class FloorNamespaces(Floor):
    """The floor with five namespaces for each service: what the kernel takes for them."""
    name = "floor+ns"
    flags = sum(CLONE_NEW.values())


class Minit(System):
    name = "minit"
    binary = f"{BUILD}/minit"
    namespaces = []
    stable_s = 10.5  # backoff.stable is 10 s

    def missing(self):
        return None if os.path.exists(self.binary) else f"no {self.binary}; run make"

    def table(self, n):
        spaces = ", ".join(f'"{name}"' for name in self.namespaces)
        yield f'[defaults]\nnamespaces = [{spaces}]\nleaf = false\nrestart = "always"\n'
        for i in range(n):
            yield f'[service.s{i}]\nexec = ["/running"]\n'

    def prepare(self, root, n):
        os.makedirs(f"{root}/sbin")
        os.makedirs(f"{root}/etc/minit")
        os.mkdir(f"{root}/run")
        shutil.copy(self.binary, f"{root}/sbin/minit")
        with open(f"{root}/etc/minit/minit.toml", "w") as f:
            f.writelines(self.table(n))
        return []

    def argv(self, n):
        return ["/sbin/minit"]


# -- peers, unpacked from their Debian packages by fetch-peers ----------------------------------------------------

LOADER = "/lib64/ld-linux-x86-64.so.2"


class Peer(System):
    """Sees the machine's /usr as /host and its own packages as /peers; every other folder is its own."""
    unpacked = f"{DEPS}/peers"
    program = ""
    env = {"PATH": "/peers/usr/bin:/peers/usr/sbin:/peers/sbin:/bin",
           "LD_LIBRARY_PATH": "/peers/usr/lib/x86_64-linux-gnu:/host/lib/x86_64-linux-gnu"}

    def missing(self):
        return None if os.path.exists(self.unpacked + self.program) else f"{self.program} is not unpacked"

    def prepare(self, root, n):
        for folder in ("bin", "etc", "host", "lib", "lib64", "peers", "run", "service", "tmp", "var/log"):
            os.makedirs(f"{root}/{folder}")
        shutil.copy(os.path.realpath(LOADER), root + LOADER)
        os.symlink("/host/bin/dash", f"{root}/bin/sh")
        os.symlink("/peers/usr", f"{root}/usr")
        self.configure(root, n)
        return [("/usr", "host"), (os.path.abspath(self.unpacked), "peers")]

    def configure(self, root, n):
        raise NotImplementedError

    def argv(self, n):
        return ["/peers" + self.program]


def write(path, text, mode=0o644):
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)


def service_folders(root, n):
    """The run file of runit and s6 is the payload itself: no shell is measured."""
    for i in range(n):
        os.mkdir(f"{root}/service/s{i}")
        os.symlink("/running", f"{root}/service/s{i}/run")
    os.utime(f"{root}/service", (0, 0))  # runsvdir waits a second when it was changed in this one


class Busybox(Peer):
    """Takes lines with the same command for one; so each has an argument of its own."""
    name = "busybox"
    program = "/bin/busybox"
    stable_s = 1

    def configure(self, root, n):
        write(f"{root}/etc/inittab", "".join(f"::respawn:/running {i}\n" for i in range(n)))

    def argv(self, n):
        return super().argv(n) + ["init"]


class Runit(Peer):
    """Stage 3 waits for the services, as Debian's does."""
    name = "runit"
    program = "/sbin/runit"
    most = 990       # runsvdir watches no more than 1000
    stable_s = 1

    def configure(self, root, n):
        service_folders(root, n)
        os.mkdir(f"{root}/etc/runit")
        write(f"{root}/etc/runit/1", "#!/bin/sh\n", 0o755)
        write(f"{root}/etc/runit/2", "#!/bin/sh\nexec runsvdir -P /service\n", 0o755)
        write(f"{root}/etc/runit/3", "#!/bin/sh\nsv force-stop /service/* >/dev/null\nsv exit /service/* >/dev/null\n", 0o755)
        write(f"{root}/run/runit.stopit", "", 0o100)

    def stop(self, pid):
        os.kill(pid, signal.SIGCONT)


class S6(Peer):
    name = "s6"
    program = "/usr/bin/s6-svscan"
    stable_s = 1

    def configure(self, root, n):
        service_folders(root, n)

    def argv(self, n):
        return super().argv(n) + ["-c", str(max(n, 10)), "/service"]


class Finit(Peer):
    name = "finit"
    program = "/sbin/finit"
    stable_s = 1

    def configure(self, root, n):
        os.mkdir(f"{root}/etc/finit.d")
        os.symlink("/peers/lib/finit", f"{root}/lib/finit")
        lines = (f"service [S12345789] :{i} respawn /running {i} -- s{i}\n" for i in range(n))
        write(f"{root}/etc/finit.conf", "runlevel 2\n" + "".join(lines))

    def stop(self, pid):
        os.kill(pid, signal.SIGUSR2)


PEERS = [Busybox, Runit, S6, Finit]


# -- wrappers: in front of /true, which leaves at once ------------------------------------------------------------

class Wrap(System):
    name = "floor"
    payload = "true"
    binary = f"{System.programs}/wrap"

    def prepare(self, root, n):
        shutil.copy(f"{self.programs}/wrap", f"{root}/wrap")
        return []

    def argv(self, n):
        return ["/wrap", "/running"]


class MinitWrapper(Minit):
    payload = "true"

    def prepare(self, root, n):
        os.mkdir(f"{root}/run")
        shutil.copy(self.binary, f"{root}/minit")
        return []

    def argv(self, n):
        return ["/minit", "--", "/running"]


class MinitWrapperBuild(MinitWrapper):
    """What wrapper_defconfig makes."""
    name = "minit, wrapper build"
    binary = f"{BUILD}/wrapper/minit"

    def missing(self):
        return None if os.path.exists(self.binary) else f"no {self.binary}; run make B={BUILD}/wrapper wrapper_defconfig all"


class PeerWrapper(Peer):
    payload = "true"

    def configure(self, root, n):
        pass

    @property
    def binary(self):
        return self.unpacked + self.program

    def argv(self, n):
        return ["/peers" + self.program, "--", "/running"]


class Tini(PeerWrapper):
    name, program = "tini", "/usr/bin/tini"


class TiniStatic(PeerWrapper):
    name, program = "tini-static", "/usr/bin/tini-static"


class DumbInit(PeerWrapper):
    name, program = "dumb-init", "/usr/bin/dumb-init"


class Catatonit(PeerWrapper):
    name, program = "catatonit", "/usr/bin/catatonit"


class Alone(System):
    """A static peer without what a peer has around it, for the virtual machine."""
    payload = "true"

    def __init__(self, peer):
        self.name, self.binary = peer.name, peer.unpacked + peer.program

    def missing(self):
        return None if os.path.exists(self.binary) else f"{self.binary} is not unpacked"

    def prepare(self, root, n):
        shutil.copy(self.binary, f"{root}/peer")
        return []

    def argv(self, n):
        return ["/peer", "--", "/running"]


WRAPPER_PEERS = [Tini, TiniStatic, DumbInit, Catatonit]
