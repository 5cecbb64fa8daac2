#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/run.sh SSBLOG - `run`: exit codes, streams, bytes, time, locks, what is shown and what is published.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"

init a
home=$(home_of a)

# shown JOB: its lines, without time, host and run.
shown() { on a log --job "$1" | sed -E 's/^[^ ]* [^ ]* //; s/ (run|duration)=[^ ]*//g'; }
# is JOB LINES: that is what it shows.
is() { [ "$(shown "$1")" = "$2" ] || fail "$1 shows: $(shown "$1")"; }
# runs STATUS WORDS...: `run` with them; stdout is in $work/out, stderr in $work/said.
runs() {
  local wanted=$1
  shift
  expect "$wanted" a run "$@"
}
# ended JOB TEXT: its end record says so.
ended() { grep '! job event=end' <<<"$(shown "$1")" | grep -q -- "$2" || fail "$1 ended as: $(shown "$1")"; }

# Exit codes, as the command's.
for code in 0 1 3 75 124 255; do
  runs "$code" --job "exit-$code" -- sh -c "exit $code"
  is "exit-$code" "exit-${code}[]! job event=start
exit-${code}[]! job event=end status=$code lines=0 errors=0"
done
# shellcheck disable=SC2016 # for the inner shell
for signal in TERM KILL INT SEGV; do
  number=$(kill -l "$signal")
  runs $((128 + number)) --job "by-$signal" -- sh -c 'ulimit -c 0; kill -'"$signal"' $$'
  ended "by-$signal" "status=$((128 + number)) signal=$number"
done
runs 127 --job none -- no-such-command-anywhere
says 'cannot run no-such-command-anywhere: there is no such command'
ended none 'status=127 .*reason=not found'
runs 126 --job text -- /etc/passwd
says 'cannot run /etc/passwd: it is not executable'
ended text 'status=126 .*reason=not executable'
printf '#!/no/such/interpreter\n' >"$work/script"
chmod +x "$work/script"
runs 127 --job script -- "$work/script"
says 'what its first line names is not there'

# Words of our own: nothing runs, nothing is published.
before=$(on a log -a | wc -l)
for words in "" "--job" "--job x" "--job x --" "-- touch $work/ran" "--job x touch $work/ran" "--job x --level loud -- touch $work/ran" \
  "--job x --min-level 9 -- touch $work/ran" "--job x --timeout soon -- touch $work/ran" "--job x --frobnicate -- touch $work/ran" \
  "--job $(printf '%0300d' 0) -- touch $work/ran"; do
  # shellcheck disable=SC2086 # several words
  runs 64 $words
  [ "$(wc -l <"$work/said")" = 1 ] || fail "run $words: not one sentence: $(cat "$work/said")"
done
[ ! -e "$work/ran" ] || fail "a command ran although the words are wrong"
[ "$(on a log -a | wc -l)" = "$before" ] || fail "wrong words publish something"

# Words reach the command as they are; no shell, no end of options.
# shellcheck disable=SC2016 # no shell is to see them
runs 0 --job words -- printf '<%s>' 'a b' '$HOME' '*' -- --job '' "$(printf 'x\ny')"
[ "$(cat "$work/out")" = "<a b><\$HOME><*><--><--job><><x
y>" ] || fail "the words came as $(cat "$work/out")"

# Two streams of one run, in the order in which they were written.
# shellcheck disable=SC2016 # for the inner shell
runs 3 --job streams --destination offsite --source nas -- sh -c '
  for i in 1 2 3 4 5; do echo "out $i"; sleep 0.03; echo "err $i" >&2; sleep 0.03; done; printf end; exit 3'
[ "$(cat "$work/out")" = "$(printf 'out %s\n' 1 2 3 4 5)
end" ] || fail "stdout was $(cat "$work/out")"
[ "$(cat "$work/said")" = "$(printf 'err %s\n' 1 2 3 4 5)" ] || fail "stderr was $(cat "$work/said")"
is streams "streams[]! job event=start destination=offsite
$(for i in 1 2 3 4 5; do printf 'streams[stdout]: out %s\nstreams[stderr]: err %s\n' $i $i; done)
streams[stdout]: end
streams[]! job event=end destination=offsite status=3 lines=11 errors=5"
on a export | grep '"job":"streams"' | grep -o '"run":"[^"]*"' >"$work/runs"
[ "$(wc -l <"$work/runs")" -ge 4 ] || fail "the streams are not in the feed"
[ "$(sort -u "$work/runs" | wc -l)" = 1 ] || fail "the streams are of several runs"

# A command that waits for its lines: they come within the time of a batch, not at its end.
mkfifo "$work/gate"
: >"$work/live"
on a run --job live -- sh -c "echo soon; cat '$work/gate'" >"$work/live" &
live=$!
passed() { grep -q soon "$work/live"; }
there() { grep -q soon <<<"$(shown live 2>/dev/null)"; }
wait_until 5 passed
wait_until 5 there
[ "$(shown live | head -n 1)" = "live[]! job event=start" ] || fail "no start record before the end"
echo >"$work/gate"
wait "$live" || fail "live: $?"

# Bytes: many, and any.
seq 1 13000000 >"$work/many"
init large
on large run --job many -- cat "$work/many" | cmp - "$work/many" || fail "104 MB came through changed"
on large assemble --raw --job many | cmp - "$work/many" || fail "104 MB are not in the feed as they were"
head -c 3000000 /dev/urandom >"$work/bytes"
on a run --no-redact --job bytes -- sh -c "cat '$work/bytes'; cat '$work/bytes' >&2" >"$work/out" 2>"$work/err"
same "$work/bytes" "$work/out" "stdout was changed"
same "$work/bytes" "$work/err" "stderr was changed"
for stream in stdout stderr; do
  on a assemble --raw --job bytes --stream "$stream" >"$work/back"
  same "$work/bytes" "$work/back" "$stream is not in the feed as it was"
done

# A reader that takes its time costs nothing while it is waited for.
{
  TIMEFORMAT='%U %S'
  time on a run --job calmly -- head -c 150000 /dev/zero
} 2>"$work/times" | { sleep 2 && wc -c >"$work/out"; }
[ "$(cat "$work/out")" = 150000 ] || fail "a slow reader got $(cat "$work/out") bytes of 150000"
awk '{ exit !($1 + $2 < 1) }' "$work/times" || fail "waiting for a slow reader costs $(cat "$work/times") s of CPU"

# stdin is the command's; a stream of ours that is closed is no end; nothing else is inherited.
echo "from stdin" | on a run --job stdin -- cat >"$work/out"
[ "$(cat "$work/out")" = "from stdin" ] || fail "stdin did not reach the command"
status=0
on a run --job deaf -- seq 1 200000 2>/dev/null | head -n 1 >"$work/out" || status=$?
[ "$status" = 0 ] || fail "a closed stdout makes it exit ${PIPESTATUS[0]}"
on a assemble --raw --job deaf | cmp - <(seq 1 200000) || fail "lines are lost with a closed stdout"
ended deaf 'status=0 lines=200000'
on a run --job closed -- seq 1 3 >&- 2>&- || fail "with closed streams it exits $?"
on a assemble --raw --job closed | cmp - <(seq 1 3) || fail "lines are lost where stdout is closed"
ls -l /proc/self/fd >/dev/null 2>&1 && {
  ls /proc/self/fd >"$work/fds"
  runs 0 --job fds -- ls /proc/self/fd
  same "$work/fds" "$work/out" "the command inherits files of ours"
}
# Signals are as they were: what was ignored is ignored, and nothing else.
if [ -r /proc/self/status ]; then
  signals() { grep -E '^Sig(Ign|Blk)' /proc/self/status; }
  grep -E '^Sig(Ign|Blk)' /proc/self/status >"$work/wanted"
  runs 0 --job signals -- grep -E '^Sig(Ign|Blk)' /proc/self/status
  same "$work/wanted" "$work/out" "the command's signals are others"
  (
    trap '' HUP PIPE CHLD XFSZ
    grep -E '^Sig(Ign|Blk)' /proc/self/status >"$work/wanted"
    runs 0 --job signals -- grep -E '^Sig(Ign|Blk)' /proc/self/status
  )
  same "$work/wanted" "$work/out" "ignored signals are not inherited"
fi

# Time.
before=$SECONDS
runs 124 --job slow --timeout 300ms -- sleep 60
ended slow 'status=124 signal=15 .*reason=timed out after 0.3 s'
runs 124 --job stubborn --timeout 300ms --kill-after 300ms -- sh -c 'trap "" TERM; echo here; while :; do sleep 0.1; done'
ended stubborn 'status=124 signal=9'
grep -q 'stdout.: here' <<<"$(shown stubborn 2>/dev/null)" || fail "what it wrote before is not there"
runs 124 --job polite --timeout 300ms -- sh -c 'trap "exit 0" TERM; while :; do sleep 0.1; done'
runs 5 --job quick --timeout 1h -- sh -c 'exit 5'
# All of its group is ended. (Where there is no terminal.)
if command -v setsid >/dev/null; then
  # shellcheck disable=SC2016 # for the inner shell
  status=0
  at a setsid -w "$ssblog" run --job family --timeout 300ms -- sh -c 'sleep 987 & echo $!; wait' >"$work/out" || status=$?
  [ "$status" = 124 ] || fail "family: $status"
  dead() { ! kill -0 "$(cat "$work/out")" 2>/dev/null || grep -q '^State:.*Z' "/proc/$(cat "$work/out")/status"; }
  wait_until 5 dead
fi
# A process that is left behind holds the pipes: it is not waited for, whether it is quiet or not.
# shellcheck disable=SC2016 # for the inner shell
runs 0 --job left -- sh -c 'sleep 300 & echo $!'
kill "$(cat "$work/out")"
[ $((SECONDS - before)) -lt 200 ] || fail "all that took $((SECONDS - before)) s"
# shellcheck disable=SC2016 # for the inner shell
runs 0 --job noisy -- sh -c 'while sleep 0.1; do echo noise; done & echo $!'
kill "$(head -n 1 "$work/out")" 2>/dev/null || true
[ $((SECONDS - before)) -lt 250 ] || fail "a noisy process is waited for"
# What it writes at once is there.
runs 0 --job tee -- bash -c 'exec > >(sleep 0.2; cat); echo late'
[ "$(cat "$work/out")" = late ] || fail "the last line of a process behind a pipe is lost"

# What is shown, and what is published.
runs 0 --job calm --quiet-ok -- sh -c 'echo one; echo two >&2'
[ ! -s "$work/out" ] || fail "--quiet-ok shows the output of a command that succeeded"
[ ! -s "$work/said" ] || fail "--quiet-ok shows the output of a command that succeeded"
is calm "calm[]! job event=start
calm[]! job event=end status=0 lines=2 errors=1"
# shellcheck disable=SC2016 # for the inner shell
status=0
on a run --job loud --quiet-ok -- sh -c 'echo one; sleep 0.05; echo two >&2; sleep 0.05; echo three; exit 4' >"$work/out" 2>&1 || status=$?
[ "$status" = 4 ] || fail "--quiet-ok exits $status"
[ "$(cat "$work/out")" = "$(printf 'one\ntwo\nthree')" ] || fail "--quiet-ok shows $(cat "$work/out")"
is loud "loud[]! job event=start
loud[stdout]: one
loud[stderr]: two
loud[stdout]: three
loud[]! job event=end status=4 lines=3 errors=1"
TMPDIR=/nonexistent expect 0 a run --job held --quiet-ok -- echo shown
says 'cannot be held back'
[ "$(cat "$work/out")" = shown ] || fail "what cannot be held back is not shown"
runs 1 --job picked --min-level warning -- sh -c 'echo plain; echo "ERROR a"; echo "  of a"; sleep 0.05; echo plain >&2; echo "info: b" >&2; exit 1'
[ "$(wc -l <"$work/out")" = 3 ] || fail "--min-level shows less: $(cat "$work/out")"
is picked "picked[]! job event=start
picked[stdout]: ERROR a
picked[stdout]:   of a
picked[stderr]: plain
picked[]! job event=end status=1 lines=5 errors=2"
on a log --job picked --json | grep -q '"level":"' && fail "a guessed level is written as if it were known"
runs 0 --job level --level notice -- echo x
on a log --job level --json | grep -q '"level":"notice"' || fail "--level is not there: $(on a log --job level --json)"
printf 'plain\nERROR c\n\tof c\nwarn: d\n' | on a publish --job chosen --min-level err --tee >"$work/out"
[ "$(wc -l <"$work/out")" = 4 ] || fail "publish --min-level copies less"
is chosen "chosen[stdout]: ERROR c
chosen[stdout]: 	of c"
on a publish --job chosen --min-level err --text 'not bad'
on a publish --job chosen --min-level err --level crit --text 'by its flag'
[ "$(shown chosen | tail -n 1)" = 'chosen[stdout]: by its flag' ] || fail "--level with --min-level: $(shown chosen)"

# One at a time.
on a run --job alone --lock -- sh -c "echo in; cat '$work/gate'" >"$work/first" &
first=$!
inside() { grep -q in "$work/first"; }
wait_until 5 inside
runs 75 --job alone --lock -- touch "$work/ran"
says "the job alone is still running, as process [0-9]*, for 0 s; this one is not started"
[ ! -e "$work/ran" ] || fail "--lock lets two run"
grep -q 'event=end status=75 .*reason=still running' <<<"$(shown alone 2>/dev/null)" || fail "the refused run is not in the feed"
runs 0 --job another --lock -- true
runs 0 --job alone -- true
echo >"$work/gate"
wait "$first" || fail "the first of two: $?"
runs 0 --job alone --lock -- true
for ((i = 0; i < 20; i++)); do
  rm -f -- "$work/inside"
  for n in 1 2; do
    on a run --job race --lock -- sh -c "mkdir '$work/inside' || touch '$work/both'; sleep 0.05; rmdir '$work/inside'" >/dev/null 2>&1 &
  done
  wait
done
[ ! -e "$work/both" ] || fail "two runs of a locked job at once"

whole a
