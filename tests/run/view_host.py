# SPDX-License-Identifier: MIT
"""Hosts and their views for the tests of the REST API: homes of their own, a server on a free port, requests by hand."""

import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

PATIENCE = 60  # seconds; generous, machines of the tests are slow


def check(holds, *what):
    """Ends the test where it does not hold; `what` says what was seen."""
    if not holds:
        raise AssertionError(" ".join(str(part) for part in what)[:3000])


class World:
    """A directory that goes, with hosts in it; all that was started ends with it."""

    def __init__(self, ssblog):
        self.ssblog = os.path.realpath(ssblog)
        server = pathlib.Path(self.ssblog).parent.parent / "view" / "ssblog-view"
        if not server.exists():
            print("skipped: ssblog-view was not built: there is no cpp-httplib")
            sys.exit(77)
        self.place = tempfile.mkdtemp(prefix="ssblog-view-")
        self.processes = []
        for name in ("SSBLOG_PATH", "SSBLOG_CAPS_FILE"):
            os.environ.pop(name, None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        shutil.rmtree(self.place, ignore_errors=True)

    def host(self, name, said_name=None, config=""):
        return Host(self, name, said_name or name, config)


class Host:
    """A home. `on` runs ssblog there."""

    def __init__(self, world, name, said_name, config):
        self.world, self.name = world, name
        home = os.path.join(world.place, name)
        os.mkdir(home)
        self.env = dict(os.environ, HOME=home, XDG_STATE_HOME=home + "/state", XDG_DATA_HOME=home + "/data", LC_ALL="C")
        self.on("init", "--name", said_name)
        self.id = self.on("whoami").strip().decode()
        self.directory = home + "/data/ssblog"
        if config:
            with open(self.directory + "/config.toml", "a", encoding="utf-8") as file:
                file.write("\n" + config)

    def start(self, *words, **options):
        process = subprocess.Popen([self.world.ssblog, *words], env=self.env, **options)
        self.world.processes.append(process)
        return process

    def on(self, *words, text=b"", wanted=0):
        """What it prints."""
        done = subprocess.run([self.world.ssblog, *words], env=self.env, input=text, capture_output=True, check=False)
        check(done.returncode == wanted, self.name, words, "exit", done.returncode, done.stderr.decode())
        return done.stdout

    def publish(self, text, *words):
        self.on("publish", "--no-redact", *words, text=text)

    def publish_content(self, content):
        """Any content, as the feed has it."""
        self.on("publish", ".", text=json.dumps(content, ensure_ascii=False).encode())

    def give_to(self, other):
        """All that it has, in a bundle."""
        other.on("import", text=self.on("export"))

    def records(self, *words):
        """The lines of all hosts, the oldest first, as `ssblog log -o jsonl` has them."""
        return [json.loads(line) for line in self.on("log", "-n", "all", "-o", "jsonl", *words).split(b"\n") if line]

    def view(self, *words, socket_path=None):
        return View(self, words, socket_path)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body.decode("utf-8"))


class View:
    """`ssblog view` of a host: on a free port of loopback, or at a unix socket."""

    def __init__(self, host, words, socket_path):
        where = ["--socket", socket_path] if socket_path else ["--listen", "127.0.0.1:0"]
        self.socket_path = socket_path
        self.process = host.start("view", *where, *words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        said = self.process.stdout.readline().strip()
        check(said.isdigit(), "it does not serve:", said)
        self.port = int(said)
        self.name = f"127.0.0.1:{self.port}"
        self.base = f"http://{self.name}"
        self.token = host.on("view", "token", "list").split()[1].decode()
        self.connection = None

    def connect(self, timeout=PATIENCE):
        if self.socket_path:
            peer = socket.socket(socket.AF_UNIX)
            peer.settimeout(timeout)
            peer.connect(self.socket_path)
            return peer
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def ask(self, target, method="GET", headers=None):
        """One request on the connection that is kept; with the token, unless `headers` say something else."""
        said = {"Authorization": "Bearer " + self.token, "Host": self.name} if headers is None else headers
        for is_last in (False, True):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection("view", timeout=PATIENCE)
                    self.connection.sock = self.connect()
                self.connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
                for name, value in said.items():
                    self.connection.putheader(name, value)
                self.connection.endheaders()
                got = self.connection.getresponse()
                answer = Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())
                if got.will_close:
                    self.forget()
                return answer
            except (ConnectionError, http.client.RemoteDisconnected):
                # It had ended the connection since it was idle, or had enough of it.
                self.forget()
                if is_last:
                    raise
        raise AssertionError

    def forget(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def get(self, target):
        answer = self.ask(target)
        check(answer.status == 200, target, answer.status, answer.body)
        return answer.json

    def talk(self, sent, timeout=PATIENCE):
        """Bytes as they are; what comes back until it closes."""
        with self.connect(timeout) as peer:
            peer.sendall(sent)
            return read_all(peer)

    def rss(self):
        """Bytes of memory that it has."""
        return int(self.fact("VmRSS")) * 1024

    def fact(self, name):
        for line in open(f"/proc/{self.process.pid}/status", encoding="utf-8"):
            if line.startswith(name + ":"):
                return line.split()[1]
        raise AssertionError(name)

    def descriptors(self):
        """How many are open; 0 where only root may look: it keeps others out of its memory, and so of these."""
        try:
            return len(os.listdir(f"/proc/{self.process.pid}/fd"))
        except PermissionError:
            return 0

    def most_descriptors(self):
        """How many it may have open."""
        for line in open(f"/proc/{self.process.pid}/limits", encoding="utf-8"):
            if line.startswith("Max open files"):
                return int(line.split()[3])
        raise AssertionError("limits")

    def stop(self):
        self.forget()
        self.process.terminate()
        check(self.process.wait(PATIENCE) == 0, "it ends with", self.process.returncode)


def read_all(peer):
    got = b""
    while True:
        try:
            part = peer.recv(65536)
        except ConnectionResetError:
            return got
        if not part:
            return got
        got += part


def wait_until(holds, *what):
    end = time.monotonic() + PATIENCE
    while not holds():
        check(time.monotonic() < end, "waited in vain:", *what)
        time.sleep(0.05)
