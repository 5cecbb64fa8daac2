#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/wrapped.sh SSBLOG - `run` between a command and its surroundings: slow readers, scripts that are interrupted.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need pgrep python3
init a
: >"$work/said"
# The command of the run $pid has ended.
ended() { ! pgrep -P "$pid" >/dev/null; }

# Who reads our output slowly (a pager) costs no processor time, also once the command has ended.
mkfifo "$work/gate"
if [ -r /proc/self/stat ]; then
  { on a run --job paged -- sh -c "head -c 100000 /dev/zero; : >'$work/written'" || true; } |
    { read -r _ <"$work/gate"; wc -c >"$work/count"; } &
  written() { [ -e "$work/written" ]; }
  wait_until 10 written
  pid=$(pgrep -f -- "^$ssblog run --job paged" | head -n 1)
  wait_until 10 ended
  ticks() { awk '{ print $14 + $15 }' "/proc/$pid/stat"; }
  ticks >"$work/before"
  sleep 1.5 # the time that is measured
  used=$(($(ticks) - $(cat "$work/before")))
  echo >"$work/gate"
  wait
  [ "$used" -le 20 ] || fail "waiting for a slow reader takes $used ticks of the processor in 1.5 s"
  [ "$(cat "$work/count")" = 100000 ] || fail "a slow reader gets $(cat "$work/count") bytes"
fi

# What cannot be held back any longer is shown; until somebody has read it, the command is still signalled.
{
  status=0
  (
    ulimit -f 2000
    on a run --job held --quiet-ok -- sh -c 'exec head -c 9000000 /dev/zero' 2>"$work/said"
  ) || status=$?
  echo "$status" >"$work/status"
} | { read -r _ <"$work/gate"; wc -c >"$work/count"; } &
shown() { grep -q 'cannot be held back any longer' "$work/said"; }
wait_until 10 shown
pid=$(pgrep -f -- "^$ssblog run --job held" | head -n 1)
kill -TERM "$pid"
wait_until 10 ended
echo >"$work/gate"
wait
[ "$(cat "$work/status")" = 143 ] || fail "a command that was ended by SIGTERM exits $(cat "$work/status")"

# Ctrl-C ends a script as it does without `run`: a shell goes on when what it waited for did not end by the signal.
at a python3 - "$ssblog" "$work" <<'PY'
import os, pty, select, sys, time

ssblog, work = sys.argv[1:]
with open(f"{work}/script", "w") as script:
    script.write(f'for i in 1 2; do "{ssblog}" run --job loop -- sh -c "echo ready; exec sleep 60"; echo on; done\n')
pid, terminal = pty.fork()
if pid == 0:
    os.execvp("bash", ["bash", f"{work}/script"])
seen, end, typed = b"", time.monotonic() + 20, False
while time.monotonic() < end:
    if select.select([terminal], [], [], 0.5)[0]:
        try:
            more = os.read(terminal, 4096)
        except OSError:
            break
        if not more:
            break
        seen += more
    if b"ready" in seen and not typed:
        typed = True
        os.write(terminal, b"\x03")
    if b"on" in seen:
        break
os.kill(pid, 9)
os.close(terminal)
_, status = os.waitpid(pid, 0)
if b"on" in seen or not typed or os.WTERMSIG(status) != 2:
    sys.exit(f"FAILED: a script with a run in it goes on after Ctrl-C: {seen!r}, {status}")
PY
on a log --job loop | grep -q 'event=end .*status=130 signal=2' || fail "Ctrl-C is not in the feed: $(on a log --job loop)"

# A pipe that nobody reads is no spool: what passes does not wait for it.
mkfifo "$work/pipe"
seq 1 3 | at a timeout 10 "$ssblog" tap x --spool "$work/pipe" >"$work/out" 2>"$work/said" || fail "a pipe as a spool: $?"
[ "$(wc -l <"$work/out")" = 3 ] || fail "what passes is held up by a pipe as its spool"
says "$work/pipe is a pipe; name a regular file"

whole a
