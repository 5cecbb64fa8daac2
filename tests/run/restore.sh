#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/restore.sh SSBLOG - a host that comes back from a backup never forks its feed: with a peer that can be
# reached and one that cannot, with its key alone, with a clone that runs, from a snapshot under load, from a backup of
# a hold. Each with ssblog and, where it is installed, with a real ssb-server as the peer.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
with_sbot=no
if command -v node >/dev/null && [ -d "$(dirname -- "$0")/../interop/node_modules/ssb-server" ]; then
  # shellcheck source=tests/run/sbot.sh
  . "$(dirname -- "$0")/sbot.sh"
  with_sbot=yes
else
  head -c 32 /dev/urandom | base64 >"$work/caps"
fi

messages() { on "$1" restore --json 2>/dev/null | grep -o '"messages":[0-9]*' | head -n 1 | cut -d: -f2; }
reason() { on "$1" restore --json 2>/dev/null | sed -nE 's/.*"reason":(null|"([a-z_]*)").*/\1/p' | tr -d '"'; }
waiting() { on "$1" restore --json 2>/dev/null | sed -nE 's/.*"waiting":([0-9]+).*/\1/p'; }
has_messages() { [ "$(messages "$1")" = "$2" ]; }
publish() { echo "$2" | on "$1" publish --job "$2" 2>"$work/said"; }
held_now() { [ "$(reason "$1")" = "$2" ] || fail "$1 is held for $(reason "$1"), not for $2"; }
goes_on() { [ "$(reason "$1")" = null ]; }
texts() { on "$1" log --json --feed "$2" 2>/dev/null | sed -nE 's/.*"job":"([^"]*)".*/\1/p'; }

# lay_out HOST FILE: the home of HOST is gone; it comes back from the backup. Its guard stays.
lay_out() {
  rm -rf -- "$(home_of "$1")"
  on "$1" restore --from "$2" >"$work/out" 2>"$work/said" || fail "restore --from: $?: $(cat "$work/said")"
  says 'publishing is held'
}

# The peer: p of PEER_KIND ssblog or sbot. It holds the feed of the host up to a message; the two follow each other.
peer_kind=ssblog
begin() { # HOST
  on "$1" init --name "$1" --caps.shs "@$work/caps" >"$work/$1.id" 2>/dev/null
  printf '\n[lan]\ndiscover = false\n' >>"$(home_of "$1")/config.toml"
  on "$1" follow "$(peer_id)" 2>/dev/null
  if [ "$peer_kind" = sbot ]; then
    sbot p follow "$(cat "$work/$1.id")" >/dev/null
  else
    on p follow "$(cat "$work/$1.id")" 2>/dev/null
  fi
}
peer_id() { if [ "$peer_kind" = sbot ]; then of_sbot p id; else cat "$work/p.id"; fi; }
peer_address() { if [ "$peer_kind" = sbot ]; then of_sbot p address; else address p; fi; }
peer_holds() { # FEED MESSAGES
  if [ "$peer_kind" = sbot ]; then
    [ "$(sbot p dump "$1" 2>/dev/null | wc -l)" -ge "$2" ]
  else
    [ "$(on p verify --feed "$1" 2>/dev/null | sed -n 's/^ok .* //p')" -ge "$2" ]
  fi
}
meet() { # HOST: connects, until the peer has all that it has
  start "$1"
  on "$1" connect "$(peer_address)" 2>/dev/null
}
hand_over() { # HOST MESSAGES
  meet "$1"
  wait_until 30 peer_holds "$(cat "$work/$1.id")" "$2"
  stop "$1"
}

scenarios() {
  local a
  # Reachable: what was signed after the backup comes back, what waited is signed on top, once.
  begin a
  a=$(cat "$work/a.id")
  publish a one
  expect 0 a backup "$work/a.backup"
  says 'the secret'
  [ "$(stat -c %a "$work/a.backup")" = 600 ] || fail "the backup can be read by others"
  expect 73 a backup "$work/a.backup"
  publish a two
  hand_over a 4
  lay_out a "$work/a.backup"
  publish a three || fail "a line of a held host is refused: $?"
  says 'to be signed later'
  held_now a guard_ahead
  [ "$(waiting a)" = 1 ] || fail "$(waiting a) contents wait"
  # Unreachable: the daemon runs alone, and signs nothing.
  start a
  sleep_free_check a 3
  on a connect "$(peer_address)" 2>/dev/null
  wait_until 60 has_messages a 5
  wait_until 20 goes_on a
  [ "$(texts a "$a" | tr '\n' ' ')" = "one two three " ] || fail "a has: $(texts a "$a")"
  wait_until 30 peer_holds "$a" 5
  stop a
  whole a

  # The guard was restored, too: the peer was not asked, so nothing is signed; then it is asked.
  on a backup --force "$work/a.backup" 2>/dev/null
  cp -a -- "$work/a/state" "$work/a.state"
  publish a four
  hand_over a 6
  rm -rf -- "$work/a/state"
  cp -a -- "$work/a.state" "$work/a/state"
  lay_out a "$work/a.backup"
  publish a five
  held_now a restored
  meet a
  wait_until 90 has_messages a 7
  [ "$(texts a "$a" | tr '\n' ' ')" = "one two three four five " ] || fail "a has: $(texts a "$a")"
  wait_until 30 peer_holds "$a" 7
  stop a

  # The key alone.
  rm -f -- "$(home_of a)"/ssblog.db*
  publish a six
  held_now a guard_ahead
  meet a
  wait_until 90 has_messages a 8
  stop a
  whole a

  # A backup of a hold: what waited was signed by the first, and is not signed again by the second.
  on a backup --force "$work/a.backup" 2>/dev/null
  publish a seven
  hand_over a 9
  lay_out a "$work/a.backup"
  publish a eight
  echo loose | on a publish --job nine --line-per-message 2>/dev/null
  [ "$(waiting a)" = 2 ] || fail "$(waiting a) contents wait"
  on a backup "$work/a.during" 2>/dev/null
  meet a
  wait_until 90 has_messages a 11
  wait_until 30 peer_holds "$a" 11
  stop a
  lay_out a "$work/a.during"
  [ "$(waiting a)" = 2 ] || fail "the spool is not in the backup: $(waiting a)"
  publish a ten
  meet a
  wait_until 90 has_messages a 12
  [ "$(texts a "$a" | tr '\n' ' ')" = "one two three four five six seven eight nine ten " ] ||
    fail "a has: $(texts a "$a")"
  stop a

  # A clone that runs at the same time, with the same guard: one of the two goes on.
  cp -a -- "$(home_of a)" "$work/a/clone"
  publish a original
  echo clone | on a publish --path "$work/a/clone" --job clone 2>"$work/said"
  says 'to be signed later'
  expect 75 a restore --path "$work/a/clone" --status

  # A snapshot under load: whatever moment it is of, it is whole, and it is held.
  seq 1 20000 | on a publish --job load --line-per-message &
  for _ in 1 2 3; do
    on a backup --force "$work/a.load" 2>/dev/null || fail "backup under load: $?"
    rm -rf -- "$work/a/laid"
    on a restore --from "$work/a.load" --path "$work/a/laid" >/dev/null 2>&1 || fail "restore of it: $?"
    on a verify --path "$work/a/laid" >/dev/null || fail "a snapshot under load is not whole"
    expect 75 a restore --path "$work/a/laid" --status
  done
  wait %% || fail "publish under backups: $?"
  whole a
}

# sleep_free_check HOST MESSAGES: alone, it asks nobody and signs nothing in as many looks.
sleep_free_check() {
  local look
  for look in 1 2 3 4 5; do has_messages "$1" "$2" || fail "a host alone signed on (look $look)"; done
}

on p init --name p --caps.shs "@$work/caps" >"$work/p.id" 2>/dev/null
printf '\n[lan]\ndiscover = false\n' >>"$(home_of p)/config.toml"
start p
scenarios
stop p

if [ "$with_sbot" = no ]; then
  echo "ssb-server is not installed: not tried with it"
  exit 0
fi
rm -rf -- "${work:?}/a" "$work/p" "$work"/*.backup "$work"/a.*
peer_kind=sbot
start_sbot p --hops 2
scenarios
