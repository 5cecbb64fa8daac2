#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/run_trouble.sh SSBLOG - `run` where publishing fails, and where signals and kills come: the command is not
# kept from its work, and what is in the feed is true.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need python3
mkfifo "$work/gate"
# Who waits at the gate is let go when the test ends early.
leave() {
  # shellcheck disable=SC2016 # for the inner shell
  timeout 1 sh -c 'echo >"$1"' - "$work/gate" || true
  end_daemons
}
trap leave EXIT
shown() { on "$1" log --job "$2" | sed -E 's/^[^ ]* [^ ]* //; s/ (run|duration)=[^ ]*//g'; }

# No home: the command runs, one sentence at the beginning and one at the end.
expect 3 nobody run --job orphan -- sh -c 'echo works; exit 3'
[ "$(cat "$work/out")" = works ] || fail "without a home: $(cat "$work/out")"
[ "$(wc -l <"$work/said")" = 2 ] || fail "without a home it says: $(cat "$work/said")"
says 'nothing of the job orphan can be published at the moment: .*ssblog init'
says 'nothing of the job orphan is in the feed: '
expect 127 nobody run --job orphan -- no-such-command
# --lock needs no home either.
XDG_RUNTIME_DIR=$work expect 0 nobody run --job orphan --lock -- true
compgen -G "$work/ssblog-run-*.lock" >/dev/null || fail "the lock lies elsewhere"

# A home that is made while the command runs: all of it is published, the start first.
on late run --job early -- sh -c "echo first; cat '$work/gate'; echo last" >"$work/out" 2>"$work/said" &
pid=$!
has_first() { grep -q first "$work/out"; }
wait_until 10 has_first
init late
has_start() { grep -q first <<<"$(shown late early 2>/dev/null)"; }
wait_until 20 has_start
echo >"$work/gate"
wait "$pid" || fail "early: $?"
[ "$(shown late early)" = "early[]! job event=start
early[stdout]: first
early[stdout]: 
early[stdout]: last
early[]! job event=end status=0 lines=3 errors=0" ] || fail "early shows $(shown late early)"
[ "$(wc -l <"$work/said")" = 1 ] || fail "a trouble that is over is told again: $(cat "$work/said")"

# A store that another program keeps: the command starts all the same, and all is published later.
init a
home=$(home_of a)
python3 - "$home/ssblog.db" "$work/locked" <<'PY' &
import signal, sqlite3, sys
store = sqlite3.connect(sys.argv[1], isolation_level=None)
store.execute("BEGIN IMMEDIATE")
open(sys.argv[2], "w").close()
signal.pause()
PY
locker=$!
printf '%s' "$locker" >"$work/locker.pid"
wait_until 10 test -e "$work/locked"
on a run --job patient -- echo through >"$work/out" 2>"$work/said" &
pid=$!
has_passed() { grep -q through "$work/out"; }
wait_until 20 has_passed
kill "$locker"
rm -f -- "$work/locker.pid"
wait "$pid" || fail "patient: $? $(cat "$work/said")"
[ "$(shown a patient)" = "patient[]! job event=start
patient[stdout]: through
patient[]! job event=end status=0 lines=1 errors=0" ] || fail "patient shows $(shown a patient)"

# Signals to us are the command's, each of them.
# started JOB COMMAND: in the background, ours alone in its group; its id is $pid.
started() {
  local job=$1
  shift
  : >"$work/out"
  # Signals that were ignored when the test began would be so for all that it starts.
  at a python3 -c 'import os, signal, sys
os.setsid()
for name in ("HUP", "INT", "QUIT", "TERM", "USR1"):
    signal.signal(getattr(signal, "SIG" + name), signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$ssblog" run --job "$job" -- "$@" >"$work/out" 2>"$work/said" </dev/null &
  wait_until 10 test -s "$work/out"
  # at() is a function: the background process is a shell.
  pid=$(pgrep -P $! -f "run --job $job" || printf '%s' $!)
  waited=$!
}
for signal in TERM HUP INT USR1 QUIT; do
  # shellcheck disable=SC2016 # for the inner shell
  started "by-$signal" bash -c 'trap "echo got '"$signal"'; exit 9" '"$signal"'; echo ready; while :; do sleep 0.05; done'
  kill -"$signal" "$pid"
  status=0
  wait "$waited" || status=$?
  [ "$status" = 9 ] || fail "SIG$signal: exit $status"
  grep -q "got $signal" <<<"$(shown a "by-$signal" 2>/dev/null)" || fail "SIG$signal did not reach the command: $(shown a "by-$signal")"
done
# shellcheck disable=SC2016 # for the inner shell
started twice bash -c 'n=0; trap "n=\$((n+1)); echo got \$n; [ \$n -lt 2 ] || exit 9" TERM; echo ready; while :; do sleep 0.05; done'
kill -TERM "$pid"
got_one() { grep -q 'got 1' "$work/out"; }
wait_until 10 got_one
kill -TERM "$pid"
status=0
wait "$waited" || status=$?
[ "$status" = 9 ] || fail "a second SIGTERM is not forwarded: $status"
status=0
# shellcheck disable=SC2016 # for the inner shell
started default bash -c 'echo ready; exec sleep 60'
kill -TERM "$pid"
wait "$waited" || status=$?
[ "$status" = 143 ] || fail "a command that SIGTERM ends makes us exit $status"
grep -q 'event=end status=143 signal=15' <<<"$(shown a default 2>/dev/null)" || fail "default shows $(shown a default)"

# Killed in the middle: a start without an end, the lines before it, and a good feed.
# shellcheck disable=SC2016 # for the inner shell
started killed bash -c 'echo $$; for i in 1 2 3 4 5; do echo "line $i"; done; sleep 60'
has_lines() { grep -q 'line 5' <<<"$(shown a killed 2>/dev/null)"; }
wait_until 10 has_lines
kill -9 "$pid"
wait "$waited" || true
kill "$(head -n 1 "$work/out")" 2>/dev/null || true
[ "$(shown a killed | grep -c 'job event')" = 1 ] || fail "killed shows $(shown a killed)"
whole a
on a run --job after -- true || fail "run after a kill: $?"

# The stopping of a command that has no terminal is nobody's business but its own.
# shellcheck disable=SC2016 # for the inner shell
started stopped bash -c 'echo $$; kill -STOP $$; echo went on'
sleep_state() { grep -q '^State:.*T' "/proc/$(head -n 1 "$work/out")/status"; }
wait_until 10 sleep_state
kill -CONT "$pid"
wait "$waited" || fail "a command that was stopped: $?"
grep -q 'went on' <<<"$(shown a stopped 2>/dev/null)" || fail "stopped shows $(shown a stopped)"

# A full disk.
if [ "$(id -u)" = 0 ] && unshare -m sh -c 'mount -t tmpfs tmpfs /mnt' 2>/dev/null; then
  head -c 6000000 /dev/urandom | base64 >"$work/lines"
  # shellcheck disable=SC2016 # for the inner shell
  work=$work ssblog=$ssblog unshare -m bash -euc '
    mkdir "$work/full"
    mount -t tmpfs -o size=3m tmpfs "$work/full"
    export HOME=$work/full XDG_STATE_HOME=$work/full/state XDG_DATA_HOME=$work/full/data
    "$ssblog" init --name full >/dev/null 2>&1
    status=0
    "$ssblog" run --job fills -- sh -c "cat \"$work/lines\"; exit 6" >"$work/out" 2>"$work/said" || status=$?
    echo "$status" >"$work/status"
    mount -o remount,size=64m "$work/full"
    "$ssblog" verify >/dev/null
    # There is room while the command still runs: nothing is lost.
    head -c 2500000 /dev/zero >"$work/full/filler"
    mount -o remount,size=8m "$work/full"
    : >"$work/said2"
    "$ssblog" run --job waits -- sh -c "cat \"$work/lines\"; cat \"$work/gate\"" >/dev/null 2>>"$work/said2" &
    until grep -q "disk is full" "$work/said2"; do sleep 0.05; done
    mount -o remount,size=64m "$work/full"
    echo >"$work/gate"
    wait $!
    "$ssblog" assemble --raw --job waits >"$work/raw"
    "$ssblog" verify >/dev/null
  ' || fail "on a full disk: $?"
  [ "$(cat "$work/status")" = 6 ] || fail "on a full disk the command exits $(cat "$work/status"): $(cat "$work/said")"
  same "$work/lines" "$work/out" "on a full disk the output is changed"
  says 'disk is full'
  says 'not all of the job fills is in the feed'
  { cat "$work/lines" && echo; } | cmp - "$work/raw" || fail "lines are lost though there was room for them in time"
else
  echo "no small disk can be mounted here; left out"
fi

# What waits is bounded: beyond, whole lines are dropped, and the record says how many.
init b
home=$(home_of b)
mv -- "$home" "$home.away"
seq -f 'line %012.0f of more than there is room for in the memory of a run that cannot publish' 1 400000 >"$work/lines"
on b run --job flood -- sh -c "cat '$work/lines'; echo passed >&2; cat '$work/gate'; echo again" >"$work/out" 2>"$work/said" &
pid=$!
has_flooded() { grep -q '^passed' "$work/said"; }
wait_until 20 has_flooded
mv -- "$home.away" "$home"
has_drained() { [ "$(on b log --job flood -a 2>/dev/null | wc -l)" -gt 100000 ]; }
wait_until 20 has_drained
echo >"$work/gate"
wait "$pid" || fail "flood: $? $(cat "$work/said")"
on b log --job flood -a >"$work/log"
published=$(grep -c '\[stdout\]: line' "$work/log")
lost=$(sed -nE 's/.*\[stdout\]! loss .*records=([0-9]+) .*/\1/p' "$work/log" | awk '{ n += $1 } END { print n + 0 }')
[ "$lost" -gt 0 ] || fail "nothing was lost, so nothing was tested"
# A line whose beginning was published and whose end was lost is in both.
total=$((published + lost))
[ "$total" = 400000 ] || [ "$total" = 400001 ] || fail "$published lines are there and $lost are said to be lost, of 400000"
grep -q 'event=end .*status=0 .*lines=400003 errors=1' "$work/log" || fail "the end record says $(tail -n 1 "$work/log")"
whole b

# In another user's home the daemon publishes.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  init c
  home=$(home_of c)
  chmod 711 "$work" "$work/c" "$work/c/data" "$home"
  cp -- "$ssblog" "$work/ssblog"
  group=$(id -gn nobody)
  printf '\n[publish]\nmode = "0660"\ngroup = "%s"\n' "$group" >>"$home/config.toml"
  as() { env -u XDG_DATA_HOME HOME=/nonexistent setpriv --reuid=65534 --regid="$(id -g nobody)" --clear-groups "$work/ssblog" "$@"; }
  start c
  status=0
  as run --job theirs --lock --path "$home" -- sh -c 'echo one; echo two >&2; exit 7' >"$work/out" 2>"$work/said" || status=$?
  [ "$status" = 7 ] || fail "by the daemon: exit $status: $(cat "$work/said")"
  [ "$(shown c theirs | wc -l)" = 4 ] || fail "by the daemon: $(shown c theirs)"
  stop c
fi
