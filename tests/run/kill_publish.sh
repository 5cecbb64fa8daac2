#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/kill_publish.sh SSBLOG - kills `publish` at its system calls: what it acknowledged is in the feed, once.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
need_strace

calls='pwrite64 fdatasync fsync ftruncate flock openat write'
[ "$long" = 1 ] && step=1 || step=5
init a
kills=0

# how_often TEXT: as a line of its own
how_often() { on a log | grep -c -- "\[stdout\]: $1\$" || true; }

# One text a process: acknowledged is there once, all else at most once, and the next one goes on.
for call in $calls; do
  for ((n = 1; ; n += step)); do
    text="text-$call-$n"
    if killed_at "$call" "$n" a publish --job k --json --text "$text"; then
      [ "$killed_status" = 0 ] || fail "$call $n: exit $killed_status: $(cat "$work/err")"
      last=yes
    else
      last=no
      kills=$((kills + 1))
    fi
    acknowledged=$(grep -c '"id"' "$work/out" || true)
    held=$(grep -c '"held"' "$work/out" || true)
    count=$(how_often "$text")
    [ "$held" = 0 ] || fail "$call $n: publishing is held after a kill"
    [ "$count" -le 1 ] || fail "$call $n: the line is there $count times"
    [ "$count" -ge "$acknowledged" ] || fail "$call $n: it was acknowledged, but is not there"
    answer=$(on a publish --job k --json --text "next-$call-$n" 2>&1) || fail "$call $n: the next publish: $answer"
    case $answer in '{"id":"%'*'"sequence":'*) ;; *) fail "$call $n: the next publish says $answer" ;; esac
    whole a
    [ "$last" = no ] || break
  done
done
[ "$kills" -ge 8 ] || fail "only $kills kills"

# A stream over many transactions: what is there is a prefix of it.
seq -f 'line %08.0f of a stream that is not short, so that it takes many messages and blocks' 1 30000 >"$work/lines"
size=$(stat -c %s "$work/lines")
for call in pwrite64 fdatasync; do
  for ((n = 1; ; n = n * 3 + 1)); do
    job="s-$call-$n"
    ended=yes
    killed_at "$call" "$n" a publish --job "$job" <"$work/lines" || ended=no
    on a assemble --raw --job "$job" >"$work/raw" 2>/dev/null || fail "$call $n: raw says $?"
    got=$(stat -c %s "$work/raw")
    cmp -n "$got" -- "$work/raw" "$work/lines" || fail "$call $n: what came before the kill is damaged"
    on a publish --job "$job-next" --text next || fail "$call $n: the next publish: $?"
    whole a
    [ "$ended" = yes ] || continue
    [ "$got" = "$size" ] || fail "$call $n: acknowledged, but only $got of $size bytes"
    break
  done
done
echo "$kills kills of single texts; the feed is whole"
