# SPDX-License-Identifier: MIT
"""tests/run/fault_cases.py - the commands that faults.py disturbs, and what must be true of each afterwards."""
import json
import os
import shutil
import subprocess
import time

from faults import need


def messages(bundle):
    """Those of a bundle, by their authors."""
    feeds = {}
    for line in bundle.splitlines():
        message = json.loads(line)
        feeds.setdefault(message["author"], []).append(message)
    return feeds


def file_lines(world):
    """The numbers of the lines that host a read from files: a list for each file, in the order of its feed."""
    runs, offsets = {}, {}
    for message in messages(world.good("a", "export")).popitem()[1]:
        content = message["content"]
        need(content["type"] != "loss", f"a loss is told: {content}")
        if not content.get("stream", "").startswith("file:"):
            continue
        run, text = content["chunk"]["run"], content["text"] + "\n"
        need(content["chunk"]["offset"] == offsets.get(run, 0), "there is a gap in a file, or a piece comes twice")
        offsets[run] = offsets.get(run, 0) + len(text)
        runs.setdefault(run, []).extend(int(line.split()[0]) for line in text.splitlines())
    return sorted(runs.values())


class Case:
    """`lay` makes what the command finds, `check` judges what it left."""

    name = ""
    host = "a"
    stdin = b""
    most = 2  # numbers of a call that are tried in a short run
    leave_out = ()  # kinds of faults, or pairs of a call and a kind

    def prepare(self, world):
        """Once, before all else."""

    def lay(self, world):
        world.lay(self.host)

    def words(self, world):
        raise NotImplementedError

    def check(self, world, done):
        raise NotImplementedError

    def end(self, world):
        """Ends what `prepare` began; more than once, it may be."""


def has(world, wanted):
    return [line for line in world.good("a", "log", "-n", "all").splitlines() if line.endswith(": " + wanted)]


def goes_on(world):
    """What is published now is signed at once, and the feed is whole."""
    answer = world.good("a", "publish", "--job", "next", "--json", "--text", "the next")
    need('"id"' in answer, f"the next publish says {answer}")
    world.whole("a")


class Publish(Case):
    name = "publish"
    most = 3
    text = "the text that is disturbed"

    def prepare(self, world):
        world.init("a")
        world.good("a", "publish", "--job", "before", stdin=b"".join(b"line %d\n" % i for i in range(200)))
        world.save("a")

    def words(self, world):
        return ["publish", "--job", "k", "--json", "--text", self.text]

    def check(self, world, done):
        count = len(has(world, self.text))
        goes_on(world)
        # What could not be signed at once is, now.
        count = max(count, len(has(world, self.text)))
        need(count <= 1, f"the line is there {count} times")
        need(count == 1 or not done.acknowledged, "it was acknowledged, and is not there")


class Stream(Case):
    """Many messages, several transactions."""

    name = "stream"
    stdin = b"".join(b"line %07d of a stream that takes many messages, and some more words\n" % i for i in range(12000))
    leave_out = (("malloc", "ENOMEM+"),)

    def prepare(self, world):
        world.init("a")
        world.save("a")

    def words(self, world):
        return ["publish", "--job", "s"]

    def raw(self, world):
        return world.good("a", "assemble", "--raw", "--job", "s", status=(0, 65)).encode()

    def check(self, world, done):
        raw = self.raw(world)
        need(self.stdin.startswith(raw), "what came before the fault is damaged")
        goes_on(world)
        if "to be signed later" in done.err:
            raw = self.raw(world)
        need(raw == self.stdin or not done.acknowledged, f"acknowledged, but only {len(raw)} bytes are there")


class Init(Case):
    name = "init"

    def lay(self, world):
        shutil.rmtree(world.at("a"), ignore_errors=True)

    def words(self, world):
        return ["init", "--name", "a"]

    def check(self, world, done):
        secret = world.home("a") + "/secret"
        before = open(secret, "rb").read() if os.path.exists(secret) else None
        need(before or not done.acknowledged, "acknowledged, and there is no secret")
        again = world.run("a", "init", "--name", "a")
        need(again.status == (73 if before else 0), f"init again: exit {again.status}: {again.err}")
        need(before is None or open(secret, "rb").read() == before, "the secret was changed")
        goes_on(world)
        need(len(world.good("a", "verify").splitlines()) == 1, "there is more than one feed")


class Import(Case):
    name = "import"

    def prepare(self, world):
        world.init("a")
        self.other = world.init("b")
        world.good("b", "publish", "--job", "b", "--line-per-message", stdin=b"".join(b"b %d\n" % i for i in range(700)))
        self.bundle = world.at("b.bundle")
        world.good("b", "export", "-o", self.bundle)
        self.whole = messages(open(self.bundle, encoding="utf-8").read())[self.other]
        world.good("a", "publish", "--text", "mine")
        world.save("a")

    def words(self, world):
        return ["import", self.bundle]

    def held(self, world):
        return messages(world.good("a", "export")).get(self.other, [])

    def check(self, world, done):
        held = self.held(world)
        need(held == self.whole[: len(held)], "what is held is not the beginning of the feed")
        need(len(held) == len(self.whole) or not done.acknowledged, f"acknowledged, but {len(held)} are here")
        goes_on(world)
        world.good("a", "import", self.bundle)
        need(self.held(world) == self.whole, "it does not all come with the next import")
        world.whole("a")


class Assemble(Case):
    """An output that has to be cut back, since lines came late."""

    name = "assemble"

    def prepare(self, world):
        world.init("a")
        world.init("b")
        world.good("a", "publish", "--job", "early", stdin=b"".join(b"early %06d with words\n" % i for i in range(4000)))
        world.good("b", "publish", "--job", "b", stdin=b"".join(b"of b %06d\n" % i for i in range(500)))
        world.good("a", "publish", "--job", "late", stdin=b"".join(b"late %06d\n" % i for i in range(2000)))
        world.good("a", "assemble", "-o", world.at("a", "log"))
        world.good("b", "export", "-o", world.at("b.bundle"))
        world.good("a", "import", world.at("b.bundle"))
        world.save("a")
        self.right = world.good("a", "assemble")

    def words(self, world):
        return ["assemble", "-o", world.at("a", "log")]

    def text(self, world):
        with open(world.at("a", "log"), encoding="utf-8") as file:
            return file.read()

    def check(self, world, done):
        text = self.text(world)
        need(done.status < 0 or not text or text.endswith("\n") or not done.acknowledged, "half a line is in the file")
        need(text == self.right or not done.acknowledged, "it ended with 0, and the file is not right")
        # Half a file may say so; it has to become right all the same.
        world.good("a", *self.words(world))
        need(self.text(world) == self.right, "the next run makes another file")


class Fresh(Assemble):
    """An output that is not there yet."""

    name = "fresh"

    def lay(self, world):
        super().lay(world)
        os.unlink(world.at("a", "log"))
        os.unlink(world.at("a", ".log.ssblog"))

    def check(self, world, done):
        if not os.path.exists(world.at("a", "log")):
            need(not done.acknowledged, "it ended with 0, and there is no file")
            open(world.at("a", "log"), "w", encoding="utf-8").close()
        super().check(world, done)


class Ship(Case):
    """A file that was read in part, was put aside, and has a successor."""

    name = "ship"

    def prepare(self, world):
        world.init("a")
        with open(world.home("a") + "/config.toml", "a", encoding="utf-8") as config:
            config.write(f'\n[[source]]\nname = "logs"\npaths = ["{world.at("logs")}/app.log*"]\n')
        world.save("a")

    def write(self, world, name, first, last):
        with open(world.at("logs", name), "ab") as file:
            file.write(b"".join(b"%d a line of a service that logs much\n" % i for i in range(first, last + 1)))

    def lay(self, world):
        super().lay(world)
        shutil.rmtree(world.at("logs"), ignore_errors=True)
        os.mkdir(world.at("logs"))
        self.write(world, "app.log", 1, 300)
        world.good("a", "ship", "--once")
        self.write(world, "app.log", 301, 600)
        os.rename(world.at("logs", "app.log"), world.at("logs", "app.log.1"))
        self.write(world, "app.log", 601, 1000)

    def words(self, world):
        return ["ship", "--once", "--timeout", "2s"]

    def complete(self, world):
        # A file that could not be opened in time does not keep the other.
        return file_lines(world) == [list(range(1, 601)), list(range(601, 1001))]

    def check(self, world, done):
        need(self.complete(world) or not done.acknowledged, "it ended with 0, and lines are missing")
        world.good("a", "ship", "--once")
        need(self.complete(world), "the lines are not all there once, in order")
        goes_on(world)


class Backup(Case):
    name = "backup"

    def prepare(self, world):
        world.init("a")
        world.good("a", "publish", "--job", "before", stdin=b"".join(b"line %d\n" % i for i in range(2000)))
        self.feed = world.good("a", "export")
        world.save("a")

    def words(self, world):
        return ["backup", world.at("a", "backup")]

    def restored(self, world):
        shutil.rmtree(world.at("c"), ignore_errors=True)
        world.good("c", "restore", "--from", world.at("a", "backup"))
        feed = world.good("c", "export")
        world.whole("c")
        return feed

    def check(self, world, done):
        there = os.path.exists(world.at("a", "backup"))
        need(there or not done.acknowledged, "it ended with 0, and there is no backup")
        if there:
            need(self.restored(world) == self.feed, "it is not whole")
        if done.status >= 0:
            left = [name for name in os.listdir(world.at("a")) if ".new-" in name]
            need(not left or done.how.startswith("ENOMEM"), f"left over: {left}")
        world.good("a", "backup", "--force", world.at("a", "backup"))
        need(self.restored(world) == self.feed, "the next one is not whole")
        goes_on(world)


class Restore(Case):
    name = "restore"

    def prepare(self, world):
        world.init("a")
        world.good("a", "publish", "--job", "before", stdin=b"".join(b"line %d\n" % i for i in range(2000)))
        self.feed = world.good("a", "export")
        world.good("a", "backup", world.at("a", "backup"))
        shutil.rmtree(world.home("a"))
        world.save("a")

    def words(self, world):
        return ["restore", "--from", world.at("a", "backup")]

    def check(self, world, done):
        is_done = os.path.exists(world.home("a") + "/secret")
        need(is_done or not done.acknowledged, "it ended with 0, and there is no secret")
        again = world.run("a", *self.words(world))
        need(again.status == (73 if is_done else 0), f"restore again: exit {again.status}: {again.err}")
        need(world.good("a", "export") == self.feed, "the feed is not that of the backup")
        # Its guard knows no more than the backup: nobody can say that nothing came after it.
        world.good("a", "restore", "--status", status=(75,))
        answer = world.good("a", "publish", "--json", "--text", "later")
        need('"held":true' in answer, f"it signs on: {answer}")
        world.whole("a")


class Sync(Case):
    """Replication: a round with the daemon of b."""

    name = "sync"
    most = 1
    leave_out = ("short", ("malloc", "ENOMEM+"))
    daemon = None

    def prepare(self, world):
        a = world.init("a")
        caps = "@" + world.home("a") + "/config.toml"
        self.other = world.init("b", "--caps.shs", caps)
        world.good("a", "follow", self.other)
        world.good("b", "follow", a)
        world.good("b", "publish", "--job", "b", "--line-per-message", stdin=b"".join(b"b %d\n" % i for i in range(300)))
        self.whole = messages(world.good("b", "export"))[self.other]
        self.daemon = subprocess.Popen([world.ssblog, "daemon", "--host", "127.0.0.1", "--port", "0"],
                                       env=world.environment("b"), stderr=open(world.at("b.log"), "wb"))
        state, until = world.home("b") + "/daemon.json", time.monotonic() + 20
        address = None
        while not address:
            need(time.monotonic() < until, "the daemon of b does not begin")
            time.sleep(0.02)
            try:
                address = json.load(open(state, encoding="utf-8"))["listening"][0]
            except (OSError, ValueError, LookupError):
                pass
        world.good("a", "connect", "--save", address)
        world.save("a")

    def end(self, world):
        if self.daemon:
            self.daemon.kill()
            self.daemon.wait()
            self.daemon = None

    def words(self, world):
        return ["sync", "--timeout", "8s"]

    def held(self, world):
        return messages(world.good("a", "export")).get(self.other, [])

    def check(self, world, done):
        held = self.held(world)
        need(held == self.whole[: len(held)], "what is held is not the beginning of the feed")
        need(len(held) == len(self.whole) or not done.acknowledged, f"acknowledged, but {len(held)} are here")
        world.good("a", "sync")
        need(self.held(world) == self.whole, "it does not all come with the next round")
        need(self.daemon.poll() is None, "the daemon that it talks to has ended")
        goes_on(world)


CASES = [Publish, Stream, Init, Import, Assemble, Fresh, Ship, Backup, Restore, Sync]
