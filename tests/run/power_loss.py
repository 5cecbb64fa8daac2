#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/run/power_loss.py - what is left when the power goes: every image that a disk may hold then has to be good.

  power_loss.py SSBLOG SHIM WORK [CASE...]      the cases are below, SHIM is disk_shim.c as a library

A case runs commands, and disk_shim.c writes down what they do to files. Then images are made: of the operations up to any
moment, all that was synced, and of the rest any part, as `Disk` says. Each is laid out at the place of the original, and the
real program has to come up with it. SSBLOG_SEED=N (default 1) draws others; SSBLOG_LONG=1: thousands.
"""
import os
import random
import shutil
import struct
import sys

import faults
from faults import Wrong, need
from fault_cases import file_lines, messages

SECTOR = 512


class Inode:
    """A file's bytes: what is durable, and the operations since."""

    def __init__(self, data=b""):
        self.durable, self.pending = bytes(data), []

    def sync(self):
        self.durable, self.pending = self.image(None), []

    def image(self, draw):
        """`draw` None: all of it. Else any part: operations are left out, a write may be torn at the bounds of sectors, and
        what was not written may be zeroes where the file grew."""
        data = bytearray(self.durable)
        mode = draw.choice(["none", "all", "some", "sectors"]) if draw else "all"
        for operation, place, written in self.pending:
            if mode == "none" or (mode == "some" and draw.random() < 0.5):
                if draw.random() < 0.1 and operation == "W" and len(data) < place + len(written):
                    data.extend(bytes(place + len(written) - len(data)))
                continue
            if operation == "T":
                data = data[:place] + bytes(max(0, place - len(data)))
                continue
            begin = place
            while begin < place + len(written):
                end = min(place + len(written), (begin // SECTOR + 1) * SECTOR)
                if mode != "sectors" or draw.random() < 0.5:
                    data.extend(bytes(max(0, end - len(data))))
                    data[begin:end] = written[begin - place : end - place]
                begin = end
        return bytes(data)


class Disk:
    """Files and directories below a place. The names of a directory change in order, as with a journal: an image has the first
    few of the changes that were not synced. The sync of a directory holds what is above it, too; the sync of a file
    does not hold its name."""

    def __init__(self, top):
        self.top, self.names, self.changes, self.by_number = top, {}, {}, {}
        self.directories = set()
        for place, _, names in os.walk(top):
            self.directories.add(place)
            for name in names:
                path = os.path.join(place, name)
                if self.counts(path):
                    with open(path, "rb") as file:
                        self.names[path] = self.by_number[os.stat(path).st_ino] = Inode(file.read())
        self.now = dict(self.names)

    @staticmethod
    def counts(path):
        return not path.endswith("-shm") and os.path.basename(path) != "socket"

    def change(self, path, change):
        self.apply(self.now, change)
        self.changes.setdefault(os.path.dirname(path), []).append(change)

    @staticmethod
    def apply(names, change):
        kind, first, second = change
        if kind == "name":
            names[first] = second
        elif kind == "rename":
            if first in names:
                names[second] = names.pop(first)
        elif kind == "gone":
            names.pop(first, None)

    def take(self, operation, inode, place, first, second):
        if operation in "CMRLU":
            path, other = first.decode(), second.decode()
            if operation == "M":
                self.change(path, ("directory", path, None))
            elif not self.counts(path):
                return
            elif operation == "C":
                self.by_number[inode] = Inode()
                self.change(path, ("name", path, self.by_number[inode]))
            elif operation == "R":
                self.change(other, ("rename", path, other))
            elif operation == "L" and path in self.now:
                self.change(other, ("name", other, self.now[path]))
            elif operation == "U":
                self.change(path, ("gone", path, None))
        elif operation == "D":
            directory = first.decode()
            while directory.startswith(self.top):
                self.hold(self.changes.pop(directory, []))
                directory = os.path.dirname(directory)
        elif inode in self.by_number:
            if operation == "S":
                self.by_number[inode].sync()
            else:
                self.by_number[inode].pending.append((operation, place, first))

    def hold(self, changes):
        for change in changes:
            if change[0] == "directory":
                self.directories.add(change[1])
            self.apply(self.names, change)

    def lay(self, draw):
        """An image, in the place of all that is there."""
        names, directories = dict(self.names), set(self.directories)
        for changes in self.changes.values():
            count = draw.choice([0, len(changes), draw.randint(0, len(changes))])
            for change in changes[:count]:
                if change[0] == "directory":
                    directories.add(change[1])
                self.apply(names, change)
        shutil.rmtree(self.top, ignore_errors=True)
        for directory in sorted(directories):
            if directory == self.top or os.path.isdir(os.path.dirname(directory)):
                os.makedirs(directory, 0o700, exist_ok=True)
        images = {}
        for path, inode in names.items():
            if not os.path.isdir(os.path.dirname(path)):
                continue
            images.setdefault(inode, inode.image(draw))
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(images[inode])


def records(path):
    with open(path, "rb") as file:
        log = file.read()
    at, head = 0, struct.Struct("=cQQQQ")
    while at < len(log):
        what, inode, place, first, second = head.unpack_from(log, at)
        at += head.size
        yield what.decode(), inode, place, log[at : at + first], log[at + first : at + first + second]
        at += first + second


class Recorder:
    """Runs commands of host a, and keeps what they do; `acknowledged(FACT)` holds from there on."""

    def __init__(self, world, shim):
        self.world, self.shim, self.log = world, shim, world.at("disk.log")
        os.makedirs(world.at("a"), exist_ok=True)
        self.disk = Disk(world.at("a"))

    def run(self, *words, stdin=b""):
        done = self.world.run("a", *words, stdin=stdin, LD_PRELOAD=self.shim, DISK_UNDER=self.world.at("a"), DISK_LOG=self.log)
        need(done.status == 0, f"undisturbed, {' '.join(words)}: exit {done.status}: {done.err}")

    def acknowledged(self, fact):
        with open(self.log, "ab") as log:
            log.write(struct.pack("=cQQQQ", b"A", 0, 0, len(fact), 0) + fact.encode())


def is_signed(world):
    """Publishing goes on at once, and all is good."""
    answer = world.good("a", "publish", "--json", "--job", "next", "--text", "after the cut")
    need('"id"' in answer, f"the next publish says {answer}: {world.run('a', 'restore', '--status').out}")
    world.good("a", "verify", "--full")


class Publish:
    """Texts, streams that make the log of the store go round, and a guard that nobody syncs."""

    name = "publish"

    def prepare(self, world):
        world.init("a")

    def record(self, world, recorder):
        for round_number in range(3):
            for i in range(5):
                text = f"text {round_number} {i}"
                recorder.run("publish", "--text", text)
                recorder.acknowledged(text)
            lines = b"".join(b"round %d line %06d %s\n" % (round_number, i, os.urandom(40).hex().encode()) for i in range(9000))
            recorder.run("publish", "--job", f"stream {round_number}", stdin=lines)
            recorder.acknowledged(f"round {round_number} line 008999")
        self.feed = messages(world.good("a", "export")).popitem()[1]

    def check(self, world, facts):
        held = messages(world.good("a", "export")).popitem()[1]
        need(held == self.feed[: len(held)], "what is held is not the beginning of the feed")
        said = world.good("a", "log", "-n", "all")
        for fact in facts:
            need(fact in said, f"acknowledged, and not there: {fact}")
        is_signed(world)


class Init:
    """A new identity, and its first words."""

    name = "init"

    def prepare(self, world):
        pass

    def record(self, world, recorder):
        recorder.run("init", "--name", "a")
        recorder.acknowledged("init")
        recorder.run("publish", "--text", "the first words")
        recorder.acknowledged("the first words")
        self.ident = world.good("a", "whoami")

    def check(self, world, facts):
        if not facts:
            # It may be there, or be made now.
            again = world.run("a", "init", "--name", "a")
            need(again.status in (0, 73), f"init again: exit {again.status}: {again.err}")
        else:
            need(world.good("a", "whoami") == self.ident, "it is another identity")
        need("the first words" not in facts or "the first words" in world.good("a", "log", "-n", "all"), "words are lost")
        is_signed(world)


class Import:
    """Copies are not synced: they may be set back, and come again."""

    name = "import"

    def prepare(self, world):
        world.init("a")
        self.other = world.init("b")
        lines = b"".join(b"b %d\n" % i for i in range(3000))
        world.good("b", "publish", "--job", "b", "--line-per-message", stdin=lines)
        world.good("b", "export", "-o", world.at("b.bundle"))
        with open(world.at("b.bundle"), encoding="utf-8") as bundle:
            self.whole = messages(bundle.read())[self.other]

    def record(self, world, recorder):
        recorder.run("publish", "--text", "before the import")
        recorder.acknowledged("before the import")
        recorder.run("import", world.at("b.bundle"))
        recorder.run("publish", "--text", "behind the import")
        recorder.acknowledged("behind the import")

    def held(self, world):
        return messages(world.good("a", "export")).get(self.other, [])

    def check(self, world, facts):
        held = self.held(world)
        need(held == self.whole[: len(held)], "what is held is not the beginning of the feed")
        said = world.good("a", "log", "-n", "all")
        for fact in facts:
            need(fact in said, f"acknowledged, and not there: {fact}")
        is_signed(world)
        world.good("a", "import", world.at("b.bundle"))
        need(self.held(world) == self.whole, "it does not come again")


class Assemble:
    """A file of lines, with its state beside it, that is made and later cut back."""

    name = "assemble"

    def prepare(self, world):
        world.init("a")
        world.init("b")
        world.good("a", "publish", "--job", "early", stdin=b"".join(b"early %06d with words\n" % i for i in range(9000)))
        world.good("b", "publish", "--job", "b", stdin=b"".join(b"of b %06d\n" % i for i in range(500)))
        world.good("a", "publish", "--job", "late", stdin=b"".join(b"late %06d\n" % i for i in range(9000)))
        world.good("b", "export", "-o", world.at("b.bundle"))

    def record(self, world, recorder):
        recorder.run("assemble", "-o", world.at("a", "log"))
        recorder.acknowledged("early")
        recorder.run("import", world.at("b.bundle"))
        recorder.run("assemble", "-o", world.at("a", "log"))
        recorder.acknowledged("late")

    def check(self, world, facts):
        path = world.at("a", "log")
        right = world.good("a", "assemble")
        if os.path.exists(path):
            world.good("a", "assemble", "-o", path)
        else:
            need(not facts, "it was made, and is not there")
            world.good("a", "assemble", "-o", path)
        with open(path, encoding="utf-8") as file:
            need(file.read() == right, "the next run makes another file")


class Ship:
    """A position that is committed with its message."""

    name = "ship"

    def prepare(self, world):
        world.init("a")
        with open(world.home("a") + "/config.toml", "a", encoding="utf-8") as config:
            config.write(f'\n[[source]]\nname = "logs"\npaths = ["{world.at("logs")}/app.log*"]\n')
        os.mkdir(world.at("logs"))

    def write(self, world, first, last):
        with open(world.at("logs", "app.log"), "ab") as file:
            file.write(b"".join(b"%d a line of a service\n" % i for i in range(first, last + 1)))

    def record(self, world, recorder):
        self.write(world, 1, 3000)
        recorder.run("ship", "--once")
        recorder.acknowledged("3000 a line")
        os.rename(world.at("logs", "app.log"), world.at("logs", "app.log.1"))
        self.write(world, 3001, 6000)
        recorder.run("ship", "--once")
        recorder.acknowledged("6000 a line")

    def check(self, world, facts):
        said = world.good("a", "log", "-n", "all")
        for fact in facts:
            need(fact in said, f"acknowledged, and not there: {fact}")
        world.good("a", "ship", "--once")
        need(file_lines(world) == [list(range(1, 3001)), list(range(3001, 6001))], "the lines are not all there once, in order")
        is_signed(world)


class Backup:
    """A backup that was acknowledged is whole, and so is what is laid out of one."""

    name = "backup"

    def prepare(self, world):
        world.init("a")
        world.good("a", "publish", "--job", "before", stdin=b"".join(b"line %d\n" % i for i in range(3000)))
        self.feed = world.good("a", "export")

    def record(self, world, recorder):
        recorder.run("backup", world.at("a", "backup"))
        recorder.acknowledged("backup")
        recorder.run("restore", "--from", world.at("a", "backup"), "--path", world.at("a", "other"))
        recorder.acknowledged("restore")

    def check(self, world, facts):
        backup, other = world.at("a", "backup"), world.at("a", "other")
        if "backup" in facts:
            need(os.path.exists(backup), "there is no backup")
        if os.path.exists(other + "/secret"):
            need(world.good("a", "export", "--path", other) == self.feed, "what was laid out is not whole")
        elif os.path.exists(backup):
            need("restore" not in facts, "what was laid out is gone")
            world.good("a", "restore", "--from", backup, "--path", other)
            need(world.good("a", "export", "--path", other) == self.feed, "what is laid out now is not whole")
        if os.path.exists(other + "/secret"):
            world.good("a", "restore", "--path", other, "--status", status=(75,))
        is_signed(world)


CASES = [Publish, Init, Import, Assemble, Ship, Backup]


def try_case(world, shim, case, images, seed):
    case.prepare(world)
    recorder = Recorder(world, shim)
    case.record(world, recorder)
    log = list(records(recorder.log))
    draw = random.Random(f"{seed} {case.name}")
    # Around what is synced and acknowledged the most can go wrong.
    edges = [i + d for i, record in enumerate(log) if record[0] in "SDAR" for d in (0, 1)]
    moments = sorted(draw.choice(edges) if draw.random() < 0.5 else draw.randint(0, len(log)) for _ in range(images - 2))
    moments = [0, *moments, len(log)]
    facts, at, wrongs = [], 0, 0
    for number, moment in enumerate(moments):
        for record in log[at:moment]:
            if record[0] == "A":
                facts.append(record[3].decode())
            else:
                recorder.disk.take(*record)
        at = moment
        image = f"{seed} {case.name} {number}"
        recorder.disk.lay(random.Random(image))
        try:
            case.check(world, facts)
        except Wrong as wrong:
            wrongs += 1
            print(f"WRONG image {image}, {moment} of {len(log)} operations: {wrong}", flush=True)
            keep = os.environ.get("SSBLOG_KEEP")
            if keep:
                recorder.disk.lay(random.Random(image))
                shutil.copytree(world.at("a"), os.path.join(keep, image.replace(" ", "-")), dirs_exist_ok=True)
    print(f"{case.name}: {len(moments)} images of {len(log)} operations, {wrongs} wrong", flush=True)
    return wrongs


def main():
    ssblog, shim, work = sys.argv[1:4]
    images = 1000 if os.environ.get("SSBLOG_LONG", "0") == "1" else 40
    images = int(os.environ.get("SSBLOG_IMAGES", images))
    seed = os.environ.get("SSBLOG_SEED", "1")
    wrongs = 0
    for case in CASES:
        if sys.argv[4:] and case.name not in sys.argv[4:]:
            continue
        place = os.path.join(work, case.name)
        os.makedirs(place)
        wrongs += try_case(faults.World(ssblog, "", place), shim, case(), images, seed)
        shutil.rmtree(place)
    return 1 if wrongs else 0


if __name__ == "__main__":
    sys.exit(main())
