#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/run/faults.py - runs a command again and again; each time another call of it is killed or fails; and judges what is
left each time.

  faults.py SSBLOG SHIM WORK [CASE...]      the cases are in fault_cases.py, SHIM is fault_shim.c as a library

Each case is run undisturbed once, with its calls counted, and then once for each N, call and kind of fault. SSBLOG_LONG=1:
for every N; else for a few of them. A kill may happen at any moment; an error is told by one sentence and an exit code, an
interrupted or short call is not noticed at all. Whatever was acknowledged is there, and when the command is run once more,
all is as if nothing had happened: that is for the case to say.
"""
import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import NamedTuple

WAIT = 40  # seconds: longer is a hang
STORAGE = ["write", "pwrite", "fsync", "fdatasync", "rename", "link", "unlink", "ftruncate", "open", "mkdir", "fchmod"]
# Which call gets which faults. A `+` stands for that call and all later ones.
PLAN = (
    [(call, "kill") for call in [*STORAGE, "send", "flock", "fcntl"]]
    + [(call, "after") for call in STORAGE]
    + [(call, "torn") for call in ("write", "pwrite")]
    + [(call, how) for call in ("write", "pwrite", "read") for how in ("EINTR", "short")]
    + [(call, how) for call in ("write", "pwrite", "ftruncate", "open", "mkdir") for how in ("ENOSPC", "ENOSPC+")]
    + [(call, "EIO") for call in ("write", "pwrite", "read", "fsync", "fdatasync", "ftruncate", "rename", "open", "link")]
    + [(call, "EIO+") for call in ("write", "pwrite", "read", "fsync", "fdatasync")]
    + [(call, how) for call in ("open", "socket") for how in ("EMFILE", "EMFILE+")]
    + [("fcntl", "ENOLCK"), ("flock", "ENOLCK"), ("open", "EROFS+"), ("fchmod", "EPERM")]
    + [("mmap", "ENOMEM"), ("malloc", "ENOMEM"), ("malloc", "ENOMEM+")]
)
KILLS = ("kill", "after", "torn")
UNNOTICED = ("EINTR", "short")
# What an error of the system may end in: no input, cannot create, the disk said no, later, not allowed.
CODES = (66, 73, 74, 75, 77)


class Wrong(Exception):
    """What must not be."""


class Done(NamedTuple):
    """How a run ended."""

    status: int
    out: str
    err: str
    hit: bool  # the fault happened
    how: str = ""

    @property
    def acknowledged(self):
        return self.status == 0


def need(holds, why):
    if not holds:
        raise Wrong(why)


class World:
    """Hosts below a directory; each is a directory of its own."""

    def __init__(self, ssblog, shim, work):
        self.ssblog, self.shim, self.work = ssblog, shim, work
        self.hit = self.at("hit")
        self.runs = 0

    def at(self, *names):
        return os.path.join(self.work, *names)

    def home(self, host):
        return self.at(host, "data", "ssblog")

    def environment(self, host, **more):
        home = self.at(host)
        os.makedirs(home, exist_ok=True)
        return {**os.environ, "HOME": home, "XDG_STATE_HOME": home + "/state", "XDG_DATA_HOME": home + "/data", **more}

    def run(self, host, *words, stdin=b"", **more):
        """One run of ssblog; `more` goes into its environment."""
        self.runs += 1
        try:
            done = subprocess.run([self.ssblog, *words], env=self.environment(host, **more), input=stdin,
                                  capture_output=True, timeout=WAIT, check=False)
        except subprocess.TimeoutExpired as late:
            raise Wrong(f"{' '.join(words)} hangs: {(late.stderr or b'').decode()}") from late
        return Done(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"),
                    os.path.exists(self.hit))

    def good(self, host, *words, stdin=b"", status=(0,)):
        """A run that must end well; what it printed."""
        done = self.run(host, *words, stdin=stdin)
        need(done.status in status, f"then, `{' '.join(words)}` ends with {done.status}: {done.err}")
        return done.out

    def init(self, host, *words):
        ident = self.good(host, "init", "--name", host, *words).strip()
        with open(self.home(host) + "/config.toml", "a", encoding="utf-8") as config:
            config.write("\n[lan]\ndiscover = false\n")
        return ident

    def whole(self, host):
        """Every message is good, none is missing in between, and publishing goes on."""
        self.good(host, "verify", "--full")

    def save(self, name):
        shutil.rmtree(self.at("saved-" + name), ignore_errors=True)
        shutil.copytree(self.at(name), self.at("saved-" + name), symlinks=True)

    def lay(self, name):
        """The directory as it was saved, at the same place: a store knows where its guard lies."""
        shutil.rmtree(self.at(name), ignore_errors=True)
        shutil.copytree(self.at("saved-" + name), self.at(name), symlinks=True)


def judge(done, call, how):
    """What holds of every command."""
    need(done.status != -signal.SIGKILL or how in KILLS, "it was killed")
    if "Fatal glibc error" in done.err and how.startswith("ENOMEM"):
        return  # libc itself ends the process where it cannot register a destructor of a thread
    need(done.status >= 0 or how in KILLS, f"it crashed, by signal {-done.status}: {done.err}")
    if done.status < 0 and how in KILLS:
        need(done.status == -signal.SIGKILL, f"it crashed, by signal {-done.status}: {done.err}")
        return
    for bad in ("terminate called", "Sanitizer", "a bug of ssblog", "corrupted", "double free"):
        need(bad not in done.err, f"it says: {done.err}")
    if how in UNNOTICED or how in KILLS or not done.hit:
        need(done.status == 0, f"exit {done.status}: {done.err}")
        return
    # SQLite takes a sector that cannot be read for a damaged store.
    codes = (*CODES, 65) if (call, how[:3]) == ("read", "EIO") else CODES
    need(done.status == 0 or done.status in codes, f"exit {done.status}: {done.err}")
    lines = done.err.splitlines()
    for line in lines:
        need(line.startswith("ssblog: ") and len(line) > 20, f"no sentence: {done.err}")
    need(done.status == 0 or len(lines) >= 1, f"exit {done.status} without a word")


def points(count, long, most):
    """The numbers to try: all of them, or the first, the last, and what lies evenly between."""
    if long or count <= most:
        return list(range(1, count + 1))
    if most == 1:
        return [(count + 1) // 2]
    return sorted({1 + (count - 1) * step // (most - 1) for step in range(most)})


def counted(world, case):
    """How often the undisturbed command makes each call; it has to end well."""
    path = world.at("counts")
    case.lay(world)
    done = world.run(case.host, *case.words(world), stdin=case.stdin, LD_PRELOAD=world.shim, FAULT_COUNTS=path)
    need(done.status == 0, f"undisturbed: exit {done.status}: {done.err}")
    case.check(world, done)
    with open(path, encoding="ascii") as lines:
        return {call: int(count) for call, count in (line.split() for line in lines)}


def disturb(world, case, call, number, how):
    if os.path.exists(world.hit):
        os.unlink(world.hit)
    case.lay(world)
    name = how.rstrip("+")
    fault = f"{call}:{number}{'+' if how.endswith('+') else ''}:{getattr(errno, name, name)}"
    done = world.run(case.host, *case.words(world), stdin=case.stdin, LD_PRELOAD=world.shim, FAULT=fault,
                     FAULT_HIT=world.hit)
    done = done._replace(how=how)
    judge(done, call, how)
    case.check(world, done)
    return done.hit


def try_case(world, case, long):
    case.prepare(world)
    counts = counted(world, case)
    begun, tried, hits, wrongs = time.monotonic(), 0, 0, []
    for call, how in PLAN:
        if how in case.leave_out or (call, how) in case.leave_out:
            continue
        for number in points(counts[call], long, case.most * 3 if call == "malloc" else case.most):
            tried += 1
            try:
                hits += disturb(world, case, call, number, how)
            except Wrong as wrong:
                wrongs.append(f"{case.name}: {how} at {call} {number}: {wrong}")
                print("WRONG", wrongs[-1], flush=True)
    need(hits > tried // 2, f"{case.name}: only {hits} of {tried} faults happened")
    print(f"{case.name}: {hits} faults of {tried} in {time.monotonic() - begun:.0f} s", flush=True)
    case.end(world)
    return wrongs


def main():
    import fault_cases  # itself an importer of this module

    ssblog, shim, work = sys.argv[1:4]
    wanted = sys.argv[4:]
    long = os.environ.get("SSBLOG_LONG", "0") == "1"
    wrongs = []
    for case in fault_cases.CASES:
        if wanted and case.name not in wanted:
            continue
        place = os.path.join(work, case.name)
        os.makedirs(place)
        made = case()
        try:
            wrongs += try_case(World(ssblog, shim, place), made, long)
        except Wrong as wrong:
            wrongs.append(f"{case.name}: {wrong}")
        finally:
            made.end(None)
        shutil.rmtree(place, ignore_errors=True)
    for wrong in wrongs[:20]:
        print("FAILED:", wrong, file=sys.stderr)
    return 1 if wrongs else 0


if __name__ == "__main__":
    sys.modules["faults"] = sys.modules["__main__"]
    sys.exit(main())
