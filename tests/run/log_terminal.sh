#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/log_terminal.sh SSBLOG - `log` at a terminal: colours, the pager, hostile text, following, quitting.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
need python3
init nas
export HOME=$work/nas XDG_STATE_HOME=$work/nas/state XDG_DATA_HOME=$work/nas/data
python3 - "$ssblog" <<'PY'
import os, pty, re, select, signal, subprocess, sys, time

ssblog = sys.argv[1]

def publish(text, *flags):
    subprocess.run([ssblog, "publish", "--job", "x", "--text", text, *flags], check=True, stdout=subprocess.DEVNULL)

class Terminal:
    """A command at a terminal of its own."""
    def __init__(self, *words, **variables):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            for name in ("NO_COLOR", "PAGER", "SSBLOG_PAGER", "COLORTERM", "LESS"):
                os.environ.pop(name, None)
            os.environ.update({"TERM": "xterm-256color", "SSBLOG_PAGER": "", **variables})
            for ignored in (signal.SIGINT, signal.SIGQUIT):
                signal.signal(ignored, signal.SIG_DFL)
            os.execv(ssblog, [ssblog, *words])
        self.seen = b""

    def read(self, seconds):
        if select.select([self.fd], [], [], seconds)[0]:
            try:
                more = os.read(self.fd, 65536)
            except OSError:
                return False
            self.seen += more
            return bool(more)
        return True

    def wait_for(self, wanted, seconds=20):
        end = time.monotonic() + seconds
        while wanted not in self.seen:
            if time.monotonic() > end or not self.read(0.5):
                sys.exit(f"FAILED: waited for {wanted!r}, the terminal shows {self.seen!r}")

    def end(self):
        end = time.monotonic() + 30
        while self.read(0.5):
            if time.monotonic() > end:
                sys.exit(f"FAILED: it does not end, the terminal shows {self.seen!r}")
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.fd)
        return status

def shown(*words, **variables):
    terminal = Terminal(*words, **variables)
    status = terminal.end()
    if status != 0:
        sys.exit(f"FAILED: {words} ended with {status}: {terminal.seen!r}")
    return terminal.seen

def check(holds, what, seen):
    if not holds:
        sys.exit(f"FAILED: {what}: {seen!r}")

# Everything that a terminal obeys, in texts and names, and where a mark is put in the middle of it.
hostile = "".join(map(chr, range(1, 32))).replace("\n", "") + "\x7f\x9b31m\x1b[31mneedle\x1b]0;title\x07\u202eneedle\x1bPq\x1b\\ end"
publish(hostile)
publish("bad \x1b[2J", "--level", "err", "--stream", "std\x1b[5merr\x1b]0;x\x07")
publish("a warning", "--level", "warning")
publish("out of needle", "--stream", "stderr")
colours = re.compile(rb"\x1b\[(0|1|2|31|33|1;31|30;43|38;5;[0-9]+|3[0-9]|9[0-9])m")
for words in (["log"], ["log", "needle"], ["log", "-g", "[ne]"], ["log", "--highlight", ".", "--highlight", "\\["]):
    seen = shown(*words)
    check(colours.search(seen), f"{words}: no colours", seen)
    rest = colours.sub(b"", seen)
    check(not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae", rest), f"{words}: an escape of a text came through", rest)
    plain = subprocess.run([ssblog, *words[:3]], check=True, capture_output=True).stdout
    if "--highlight" not in words:
        check(rest.replace(b"\r\n", b"\n") == plain, f"{words}: not what stands in a file", rest)
seen = shown("log", "needle")
check(seen.count(b"\x1b[30;43mneedle\x1b[0m") == 3, "what was looked for is not marked", seen)
seen = shown("log", "warning")
check(b"\x1b[33ma \x1b[0m\x1b[30;43mwarning\x1b[0m" in seen, "a warning is not yellow", seen)
check(b"\x1b[31m[stderr]\x1b[0m" in shown("log", "out"), "stderr is not marked", seen)
host = re.search(rb"\x1b\[(38;5;[0-9]+)mnas@", seen)
check(host, "the host has no colour of 256", seen)
check(re.search(rb"\x1b\[[39][0-9]mnas@", shown("log", TERM="xterm")), "the host has no colour of 16", seen)
for words, variables in ((["log"], {"NO_COLOR": "1"}), (["log"], {"TERM": "dumb"}), (["log", "--color", "never"], {})):
    check(b"\x1b" not in shown(*words, **variables), f"{words} {variables}: colours", seen)
always = subprocess.run([ssblog, "log", "--color", "always"], check=True, capture_output=True).stdout
check(b"\x1b[" in always, "--color always has no colours in a pipe", always)

# The pager: its variables in their order, and none where none is wanted.
check(b"P1:" in shown("log", SSBLOG_PAGER="sed s/^/P1:/", PAGER="sed s/^/P2:/"), "no pager", b"")
for words in (["log", "--no-pager"], ["log", "-n1"]):
    pager = "" if words[1] == "-n1" else "sed s/^/P1:/"
    check(b"P1:" not in shown(*words, SSBLOG_PAGER=pager, PAGER="sed s/^/P2:/"), f"{words}: a pager", b"")
check(b"a warning" in shown("log", SSBLOG_PAGER="/nowhere/pager || cat"), "a pager that cannot be started", b"")

# Who quits the pager ends the command, in peace.
for i in range(3):
    publish("x" * 7000 + "\n" + "y" * 7000)
subprocess.run([ssblog, "publish", "--job", "y"], input=b"much\n" * 200_000, check=True, stdout=subprocess.DEVNULL)
check(b"much" in shown("log", "much", SSBLOG_PAGER="head -n 3"), "quitting", b"")

# What comes is shown, and Ctrl-C ends it.
# Formats with the bytes as they came are for files and programs.
for words in (("log", "-o", "export", "--no-pager"), ("search", "-o", "export", "x"), ("assemble", "--format", "export"),
              ("log", "-f", "-o", "syslog5424", "--octets")):
    terminal = Terminal(*words)
    check(terminal.end() == 64, f"{words} is not refused at a terminal", terminal.seen[-200:])
    check(b"could steer this terminal" in terminal.seen, f"{words} is not refused with a reason", terminal.seen[-200:])

terminal = Terminal("log", "-f", "-n", "1", "-u", "x")
terminal.wait_for(b"yyyy")
for i in range(5):
    publish(f"news{i}")
    terminal.wait_for(b"news%d" % i)
os.write(terminal.fd, b"\x03")
check(terminal.end() == -signal.SIGINT, "Ctrl-C does not end it", terminal.seen)

# Whoever reads it went away.
follower = subprocess.Popen([ssblog, "log", "-f"], stdout=subprocess.PIPE)
follower.stdout.readline()
follower.stdout.close()
try:
    follower.wait(30)
except subprocess.TimeoutExpired:
    follower.kill()
    sys.exit("FAILED: log -f goes on though nobody reads it")
PY
