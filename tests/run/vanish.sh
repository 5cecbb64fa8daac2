#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/vanish.sh SSBLOG - a host that is there and says nothing any more: its work goes to another within seconds.
# SSBLOG_LONG=1: the connection to it ends within a minute, and comes back.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"

# o publishes; c hears of it by a and by b.
init o
for host in a b c; do on "$host" init --name "$host" --caps.shs "@$(home_of o)/config.toml" >"$work/$host.id" 2>/dev/null; done
id() { cat "$work/$1.id"; }
for host in a b c; do on "$host" follow "$(id o)" 2>/dev/null; done
for host in a b; do
  on c follow "$(id "$host")" 2>/dev/null
  on "$host" follow "$(id c)" 2>/dev/null
done
for host in o a b c; do start "$host" || fail "the daemon of $host does not start"; done
for host in a b; do
  on "$host" connect "$(address o)"
  on c connect "$(address "$host")"
done
line() { on "$1" log --json --feed "$(id o)" -n 1 2>/dev/null; }
is_at() { [ "$(line "$1")" = "$(line o)" ]; }
seq 1 500 | on o publish --job numbers --line-per-message
for host in a b c; do wait_until 20 is_at "$host"; done

# One of the two is the one that c is served by.
for silent in a b; do
  kill -STOP "$(cat "$work/$silent.pid")"
  echo "while $silent is silent" | on o publish --job live
  wait_until 12 is_at c
  kill -CONT "$(cat "$work/$silent.pid")"
  wait_until 20 is_at "$silent"
done

if [ "$long" = 1 ]; then
  kill -STOP "$(cat "$work/a.pid")"
  wait_until 70 grep -q 'it has been silent for too long' "$work/c.log"
  wait_until 70 grep -q 'it has been silent for too long' "$work/o.log"
  kill -CONT "$(cat "$work/a.pid")"
  connected() { [ "$(on c peers --json | grep -c '"state":"connected"')" = 2 ]; }
  wait_until 60 connected
fi
for host in o a b c; do stop "$host"; done
