#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/bad_line.sh SSBLOG - a line that delays, gives one byte at a time, is cut after some bytes, or takes nothing any
# more (proxy.py): all arrives, memory is bounded. Two daemons that dial each other at once keep one connection.
# SSBLOG_LONG=1: more of each, and a line that is half open is noticed within a minute.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need python3
here=$(dirname -- "$0")

init a
on b init --name b --caps.shs "@$(home_of a)/config.toml" >"$work/b.id" 2>/dev/null
for host in a b; do printf '\n[lan]\ndiscover = false\n' >>"$(home_of "$host")/config.toml"; done
on a follow "$(cat "$work/b.id")" 2>/dev/null
on b follow "$(cat "$work/a.id")" 2>/dev/null
start b
far=$(address b)
port=$(sed -E 's/^net:[^:]*:([0-9]+)~.*/\1/' <<<"$far")
last() { on "$1" log --json --feed "$2" -n 1 2>/dev/null; }
same_feed() { [ "$(last a "$1")" = "$(last b "$1")" ]; }
equal() { same_feed "$(cat "$work/a.id")" && same_feed "$(cat "$work/b.id")"; }
peak() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$(cat "$work/$1.pid")/status"; }
load() { for host in a b; do seq -f "$1 of $host %.0f" 1 "$2" | on "$host" publish --job "$1" --line-per-message; done; }

# proxy MODE NUMBER: from now on $near leads to b through it.
proxy() {
  if [ -e "$work/proxy.pid" ]; then
    kill "$(cat "$work/proxy.pid")"
    wait "$(cat "$work/proxy.pid")" 2>/dev/null || true
  fi
  rm -f -- "$work/port"
  python3 "$here/proxy.py" "$work/port" "$port" "$@" 2>"$work/proxy.err" &
  printf '%s' $! >"$work/proxy.pid"
  wait_until 20 test -e "$work/port"
  near=$(sed -E "s/:[0-9]+~/:$(cat "$work/port")~/" <<<"$far")
  on a connect --save "$near" 2>/dev/null
}
away() { on a connect --forget "$near" >/dev/null 2>&1 || true; }

[ "$long" = 1 ] && many=2000 || many=150
load plain "$many"
proxy delay 20
on a sync --timeout 60s 2>"$work/said" || fail "through a slow line: $(cat "$work/said")"
equal || fail "not all came through a slow line"
away
load drip 40
proxy drip
on a sync --timeout 60s 2>"$work/said" || fail "byte by byte: $(cat "$work/said")"
equal || fail "not all came byte by byte"
away

# Each connection is cut, a few thousand bytes on: what came stays, so that it ends some time.
load cut "$many"
proxy cut 20000
rounds=0
until equal; do
  rounds=$((rounds + 1))
  [ "$rounds" -le 200 ] || fail "a line that is cut again and again never brings all"
  on a sync --timeout 5s 2>/dev/null || true
done
[ "$rounds" -ge 2 ] || fail "the line was never cut"
whole a
away

# It takes nothing any more: b stays what it is, for others too. Noticed within a minute.
load halt "$many"
before=$(peak b)
proxy halt 6000
start a
is_met() { grep -q ' connected: .*dialled us' "$work/b.log" && [ "$(grep -c ' connected: ' "$work/a.log")" -ge 1 ]; }
wait_until 20 is_met
load late "$many"
if [ "$long" = 1 ]; then
  wait_until 70 grep -q 'it has been silent for too long' "$work/b.log"
  wait_until 70 grep -q 'it has been silent for too long' "$work/a.log"
fi
stop a
away
after=$(peak b)
[ "$after" -le $((before + 32768)) ] || fail "b grew from $before to $after kB"
proxy pass
on a sync --timeout 60s 2>"$work/said" || fail "then, a good line: $(cat "$work/said")"
equal || fail "not all came at last"
away

# Both dial at once, again and again.
[ "$long" = 1 ] && dials=100 || dials=6
start a
connections() { on "$1" peers --json 2>/dev/null | grep -o '"state":"connected"' | wc -l; }
one_each() { [ "$(connections a)" = 1 ] && [ "$(connections b)" = 1 ]; }
for ((n = 1; n <= dials; n++)); do
  on a connect "$(address b)" 2>/dev/null &
  dial=$!
  on b connect "$(address a)" 2>/dev/null
  wait "$dial"
  on a publish --text "dial $n of a"
  on b publish --text "dial $n of b"
  wait_until 30 equal
  wait_until 30 one_each
  # As new as at the beginning.
  stop a
  start a
done
stop a
stop b
whole a
whole b
echo "$rounds rounds through a line that is cut; b had $after kB at most; $dials dials at once"
