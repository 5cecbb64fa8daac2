#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/tap.sh SSBLOG - `tap`: what passes is never changed and never waits; the copy is in the feed, or counted.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"

init a
mkfifo "$work/in" "$work/out.pipe"
lines_of() { on a log --stream "$1" -a 2>/dev/null | grep -F "[$1]: " | sed 's/^[^ ]* [^ ]* [^ ]* //'; }
lost_of() { on a log --stream "$1" -a | sed -nE 's/.*! loss .*bytes=([0-9]+) .*/\1/p' | awk '{ n += $1 } END { print n + 0 }'; }
has() { [ "$(lines_of "$1")" = "$2" ]; }
# Somebody has to hold the pipe open who has no daemon among its children.
hold_open() {
  tail -f /dev/null >"$work/in" &
  printf '%s' $! >"$work/holder.pid"
}
let_go() {
  kill "$(cat "$work/holder.pid")"
  rm -f -- "$work/holder.pid"
}
is_stopped() { grep -q '^State:.*T' "/proc/$1/status"; }

# No daemon, no home: everything passes, one sentence at the end, exit 0.
seq 1 200000 >"$work/lines"
for host in a nobody; do
  on "$host" tap one <"$work/lines" >"$work/out" 2>"$work/said" || fail "without a daemon: $?"
  same "$work/lines" "$work/out" "without a daemon the bytes are changed"
  [ "$(wc -l <"$work/said")" = 1 ] || fail "without a daemon it says: $(cat "$work/said")"
  says 'nothing of one is in the feed: '
done
on a tap one </dev/null >"$work/out" 2>"$work/said" || fail "empty input: $?"
[ ! -s "$work/out" ] || fail "empty input prints something"
[ ! -s "$work/said" ] || fail "empty input says $(cat "$work/said")"
expect 64 a tap
expect 64 a tap one two
expect 64 a tap "$(printf '%0300d' 0)"

# 1 GB through pipes without a daemon; and files, and a spool.
seq 1 1500000 >"$work/block"
blocks() { for ((i = 0; i < $1; i++)); do cat -- "$work/block"; done; }
blocks 95 | on a tap big 2>/dev/null | cmp - <(blocks 95) || fail "1 GB came through changed"
blocks 10 >"$work/big"
# shellcheck disable=SC2094 # both read it
on a tap big <"$work/big" 2>/dev/null | cmp - "$work/big" || fail "a file came through changed"
blocks 10 | on a tap big --spool "$work/spool" 2>/dev/null | cmp - "$work/big" || fail "with a spool the bytes are changed"
same "$work/big" "$work/spool" "the spool is not what passed"
rm -f -- "$work/big" "$work/spool"
head -c 3000000 /dev/urandom >"$work/bytes"
for _ in 1 2; do on a tap bytes --spool "$work/spool" <"$work/bytes" >"$work/out"; done
same "$work/bytes" "$work/out" "bytes are changed with a spool"
cat "$work/bytes" "$work/bytes" | cmp - "$work/spool" || fail "the spool is not appended to"
# shellcheck disable=SC2094 # both read it
on a tap bytes --spool "$work/no/such/file" <"$work/bytes" 2>"$work/said" | cmp - "$work/bytes" || fail "a spool that cannot be made changes what passes"
says 'without --spool'

# With a daemon the copy is in the feed, all of it at the end, and soon while it lasts.
start a
head -c 1000000 "$work/bytes" | on a tap copied --job boot >"$work/out" || fail "with a daemon: $?"
on a assemble --raw --stream copied --job boot | cmp - <(head -c 1000000 "$work/bytes") || fail "the copy is not what passed"
on a tap live <"$work/in" >"$work/out" 2>"$work/said" &
tap=$!
hold_open
printf 'one\n' >"$work/in"
wait_until 10 has live one
printf 'two' >"$work/in"
printf ' and more\n' >"$work/in"
wait_until 10 has live $'one\ntwo and more'

# A daemon that goes and comes back: what came meanwhile is there, once.
stop a
printf 'three\n' >"$work/in"
passed() { grep -q "$1" "$work/out"; }
wait_until 5 passed three
start a
wait_until 10 has live $'one\ntwo and more\nthree'
kill_daemon a
printf 'four\n' >"$work/in"
wait_until 5 passed four
start a
let_go
wait "$tap" || fail "live: $?"
[ ! -s "$work/said" ] || fail "nothing was lost, but it says $(cat "$work/said")"
has live $'one\ntwo and more\nthree\nfour' || fail "live shows $(lines_of live)"

# A daemon that stands still: nobody waits for it. What does not fit is lost as whole lines, and counted.
seq -f 'line %020.0f of a stream that does not wait for anybody' 1 300000 >"$work/many"
on a tap still <"$work/in" >"$work/out" 2>"$work/said" &
tap=$!
hold_open
daemon=$(daemon_pid a)
kill -STOP "$daemon"
printf '%s' "$daemon" >"$work/stopped.pid"
wait_until 5 is_stopped "$daemon"
before=$SECONDS
cat "$work/many" >"$work/in"
[ $((SECONDS - before)) -lt 60 ] || fail "a stopped daemon keeps the producer waiting"
is_whole() { [ "$(stat -c %s "$work/out")" = "$1" ]; }
wait_until 10 is_whole "$(stat -c %s "$work/many")"
same "$work/many" "$work/out" "with a stopped daemon the bytes are changed"
kill -CONT "$daemon"
rm -f -- "$work/stopped.pid"
has_some() { [ "$(lines_of still | wc -l)" -gt 30000 ]; }
wait_until 20 has_some
# Behind bytes that nobody looked at, it goes on with the first line that is surely whole.
printf 'maybe the rest of a line\nthe end\n' >"$work/in"
let_go
wait "$tap" || fail "still: $?"
[ ! -s "$work/said" ] || fail "all was told in the feed, but it says $(cat "$work/said")"
lost=$(lost_of still)
[ "$lost" -gt 1000000 ] || fail "only $lost bytes are said to be lost"
on a assemble --raw --stream still >"$work/back"
# A line of which only the beginning was kept has no end in the feed.
kept=$(stat -c %s "$work/back")
[ "$((kept + lost))" = "$(($(stat -c %s "$work/many") + 33))" ] || fail "$kept bytes are there and $lost are said to be lost"
[ "$(lines_of still | tail -n 1)" = 'the end' ] || fail "behind the loss nothing comes: $(lines_of still | tail -n 2)"
[ "$(lines_of still | grep -vcE '^line [0-9]{20} of a stream that does not wait for anybody$')" -le 2 ] || fail "lines are cut"

# At the end it does not wait for a daemon that stands still for longer than ten seconds, and says what is the matter.
kill -STOP "$daemon"
printf '%s' "$daemon" >"$work/stopped.pid"
wait_until 5 is_stopped "$daemon"
before=$SECONDS
# Who reads sees the end at once. (A function would be a shell that holds the pipe, too.)
echo last | env HOME="$work/a" XDG_DATA_HOME="$work/a/data" "$ssblog" tap late 2>"$work/said" | { cat >"$work/out" && echo $((SECONDS - before)) >"$work/seen"; } &
late=$!
wait_until 5 test -s "$work/seen"
wait "$late" || fail "late: $?"
[ $((SECONDS - before)) -lt 60 ] || fail "at the end it waits for $((SECONDS - before)) s"
says 'of late is in the feed'
kill -CONT "$daemon"
rm -f -- "$work/stopped.pid"

# Who reads has gone: the end, as of cat; what passed before is in the feed.
status=0
{
  echo first
  while echo more; do sleep 0.05; done
} 2>/dev/null | on a tap cut | head -n 1 >"$work/out" || status=${PIPESTATUS[1]}
[ "$status" = 141 ] || [ "$status" = 0 ] || fail "a closed stdout: $status"
[ "$(lines_of cut | head -n 1)" = first ] || fail "what passed before is lost: $(lines_of cut)"
# A signal: what passed is handed over, then it has its way.
at a "$ssblog" tap ended <"$work/in" >"$work/out" &
tap=$!
hold_open
printf 'one\n' >"$work/in"
wait_until 5 passed one
kill -TERM "$(pgrep -P "$tap" -x ssblog || printf '%s' "$tap")"
status=0
wait "$tap" || status=$?
let_go
[ "$status" = 143 ] || fail "SIGTERM: exit $status"
has ended one || fail "SIGTERM loses what passed: $(lines_of ended)"

# A full disk for the spool: said, and the daemon has the rest.
if [ "$(id -u)" = 0 ] && unshare -m sh -c 'mount -t tmpfs tmpfs /mnt' 2>/dev/null; then
  # shellcheck disable=SC2016 # for the inner shell
  work=$work ssblog=$ssblog unshare -m bash -euc '
    mkdir "$work/full"
    mount -t tmpfs -o size=1m tmpfs "$work/full"
    export HOME=$work/a XDG_STATE_HOME=$work/a/state XDG_DATA_HOME=$work/a/data
    "$ssblog" tap spooled --spool "$work/full/spool" <"$work/bytes" >"$work/out" 2>"$work/said"
    cp "$work/full/spool" "$work/spool"
  ' || fail "on a full disk: $?"
  same "$work/bytes" "$work/out" "on a full disk the bytes are changed"
  says 'No space left on device; from here on lines go to the daemon'
  on a assemble --raw --stream spooled | cat "$work/spool" - | cmp - "$work/bytes" || fail "spool and feed together are not what passed"
fi
stop a
whole a
