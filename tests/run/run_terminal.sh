#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/run_terminal.sh SSBLOG - `run` at a terminal: Ctrl-C, Ctrl-Z and `fg`, reading, hanging up, as without it.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
need python3
init a
export HOME=$work/a XDG_STATE_HOME=$work/a/state XDG_DATA_HOME=$work/a/data
python3 - "$ssblog" <<'PY'
import os, pty, re, select, signal, subprocess, sys, time

ssblog = sys.argv[1]

class Terminal:
    """An interactive bash at a terminal of its own."""
    def __init__(self):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(PS1="$ ", TERM="dumb", HISTFILE="")
            # Whoever started us in the background, or by nohup, had these ignored.
            for ignored in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
                signal.signal(ignored, signal.SIG_DFL)
            os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
        self.seen = ""
        self.wait_for(r"\$ ")

    def read(self, seconds):
        if select.select([self.fd], [], [], seconds)[0]:
            try:
                self.seen += os.read(self.fd, 65536).decode(errors="replace")
            except OSError:
                return False
        return True

    def wait_for(self, pattern, seconds=60):
        """Until the terminal shows it; what was shown up to there is done with."""
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.seen)):
            if time.monotonic() > end or not self.read(0.5):
                sys.exit(f"FAILED: waited for {pattern!r}, the terminal shows {self.seen!r}")
        self.seen = self.seen[found.end():]
        return found

    def type(self, text):
        os.write(self.fd, text.encode())

    def status(self):
        self.type("echo status=$?.\r")
        return int(self.wait_for(r"status=(\d+)\.").group(1))

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.close(self.fd)
        os.waitpid(self.pid, 0)

def shown(job):
    return subprocess.run([ssblog, "log", "--job", job], capture_output=True, text=True).stdout

def check(true, what):
    if not true:
        sys.exit(f"FAILED: {what}")

terminal = Terminal()
run = f"{ssblog} run --job"

# Ctrl-C reaches the command once, and by itself; how it ended is recorded.
terminal.type(f"{run} interrupted -- sh -c 'echo rea''dy; exec sleep 60'\r")
terminal.wait_for("ready")
terminal.type("\x03")
terminal.wait_for(r"\$ ")
check(terminal.status() == 130, "Ctrl-C: the status is not 130")
check("event=end" in shown("interrupted") and "status=130 signal=2" in shown("interrupted"), shown("interrupted"))
terminal.type(f"{run} handles -- bash -c 'n=0; trap \"n=\\$((n+1))\" INT; echo rea''dy; while [ $n = 0 ]; do sleep 0.05; done; sleep 0.3; echo n=$n; exit 3'\r".replace("$n", "\\$n").replace("\\$n", "$n"))
terminal.wait_for("ready")
terminal.type("\x03")
check(terminal.wait_for(r"n=(\d)\r").group(1) == "1", "Ctrl-C reaches the command more than once")
check(terminal.status() == 3, "a command that handles Ctrl-C: its status")
terminal.type(f"{run} quit -- sh -c 'ulimit -c 0; echo rea''dy; exec sleep 60'\r")
terminal.wait_for("ready")
terminal.type("\x1c")
terminal.wait_for(r"\$ ")
check(terminal.status() == 131, "Ctrl-\\: the status is not 131")

# Ctrl-Z gives the shell its terminal back; fg goes on with both; the store is free meanwhile.
terminal.type(f"{run} stopped -- bash -c 'echo rea''dy; read line; echo \"got $line\"; exit 5'\r")
terminal.wait_for("ready")
terminal.type("\x1a")
terminal.wait_for("Stopped")
terminal.type("jobs; echo free\r")
terminal.wait_for("free\r")
done = subprocess.run([ssblog, "publish", "--text", "x", "--job", "between"], timeout=10)
check(done.returncode == 0, "nothing can be published while a run is stopped")
terminal.type("fg\r")
terminal.wait_for(r"fg\r\n.*run --job stopped")
terminal.type("hello\r")
terminal.wait_for("got hello")
check(terminal.status() == 5, "after fg: its status")
check("got hello" in shown("stopped"), shown("stopped"))

# In the background it is stopped when it reads, as any other.
terminal.type(f"{run} reads -- sh -c 'read line; echo got $line' &\r")
terminal.wait_for(r"\[1\]")
end = time.monotonic() + 60
while time.monotonic() < end:
    terminal.type("jobs -s; echo look\r")
    terminal.wait_for("look\r\n")
    terminal.read(0.2)
    if "Stopped" in terminal.seen:
        break
    terminal.wait_for("look\r\n")
    if "Stopped" in terminal.seen:
        break
terminal.type("fg\r")
terminal.wait_for(r"fg\r\n.*run --job reads")
terminal.type("again\r")
terminal.wait_for("got again")
check(terminal.status() == 0, "reads: its status")

# A time-out ends the command, and not the shell's other processes.
terminal.type(f"{run} slow --timeout 300ms -- sleep 60 | cat; echo over=${{PIPESTATUS[*]}}.\r")
terminal.wait_for(r"over=124 0\.")

# Hanging up is a SIGHUP for both.
terminal.type(f"{run} hung -- bash -c 'echo $$ rea''dy; trap \"echo hup; exit 9\" HUP; while :; do sleep 0.05; done'\r")
terminal.wait_for("ready")
os.close(terminal.fd)
end = time.monotonic() + 60
while "event=end" not in shown("hung"):
    check(time.monotonic() < end, "after hanging up there is no end: " + shown("hung"))
    time.sleep(0.05)
os.kill(terminal.pid, signal.SIGKILL)
os.waitpid(terminal.pid, 0)
PY
whole a
