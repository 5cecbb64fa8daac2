#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/ring.sh SSBLOG - twenty hosts in a ring that only ever meet in pairs: each joins by an invite of a neighbour,
# and in the end all hold the feeds of all, and make the same file of them.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"

hosts=20
! sanitized || hosts=6
half=$((hosts / 2)) last=$((hosts - 1))

# exchange HOST WITH: a round with the one whose daemon is up, and with nobody else, now and later.
exchange() {
  on "$1" sync 2>"$work/$1.said" || fail "$1 does not come to an end with $2: $(cat "$work/$1.said" "$work/$2.log")"
  on "$1" connect "$(address "$2")" --forget 2>/dev/null || fail "connect --forget of $1: $?"
  stop "$2"
}
meet() { # HOST WITH
  start "$2"
  on "$1" connect "$(address "$2")" --save 2>/dev/null || fail "connect of $1: $?"
  exchange "$1" "$2"
}
alone() { printf 'hops = %d\n\n[lan]\ndiscover = false\n' "$hosts" >>"$(home_of "$1")/config.toml"; }
join_by() { # HOST NEIGHBOUR
  start "$2"
  on "$2" invite create --note "$1" 2>/dev/null | on "$1" join - --name "$1" >/dev/null 2>"$work/$1.said" ||
    fail "$1 cannot join by $2: $(cat "$work/$1.said")"
  grep -q discover "$(home_of "$1")/config.toml" || alone "$1"
  echo "a line of $1" | on "$1" publish --job ring
  exchange "$1" "$2"
}
# each_way ONE OTHER: at the same time; they have no host in common.
each_way() {
  "$1" &
  local other=$!
  "$2" || fail "$2"
  wait "$other" || fail "$1"
}

on h0 init --name h0 >/dev/null 2>&1
alone h0
echo "a line of h0" | on h0 publish --job ring
# From h0 on in both directions, until the two ends meet.
join_by h1 h0
join_by "h$last" h0
# shellcheck disable=SC2317 # each_way calls it
up() { for ((i = 2; i < half; ++i)); do join_by "h$i" "h$((i - 1))"; done; }
# shellcheck disable=SC2317
down() { for ((i = last - 1; i >= half; --i)); do join_by "h$i" "h$((i + 1))"; done; }
each_way up down
join_by "h$half" "h$((half - 1))"
# What those two have goes back, from neighbour to neighbour.
up() { for ((i = half + 1; i <= last; ++i)); do meet "h$i" "h$((i - 1))"; done; }
down() { for ((i = half - 2; i >= 0; --i)); do meet "h$i" "h$((i + 1))"; done; }
each_way up down

on h0 assemble -o "$work/all" || fail "assemble of h0: $?"
[ "$(grep -c 'a line of h' "$work/all")" = $((hosts + 1)) ] || fail "lines are missing: $(cat "$work/all")"
for ((i = 0; i < hosts; ++i)); do
  [ "$(on "h$i" verify 2>/dev/null | grep -c '^ok ')" = "$hosts" ] || fail "h$i lacks feeds: $(on "h$i" verify)"
  on "h$i" assemble >"$work/printed" || fail "assemble of h$i: $?"
  same "$work/all" "$work/printed" "h$i makes another file than h0"
done
