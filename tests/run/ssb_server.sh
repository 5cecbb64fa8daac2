#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/ssb_server.sh SSBLOG - a daemon and a real ssb-server 16: both dialling directions, thousands of messages
# each way, live lines, hops through it, its old protocol, and an own feed that comes back from it.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"

# shellcheck source=tests/run/sbot.sh
. "$(dirname -- "$0")/sbot.sh"

for host in a b; do on "$host" init --name "$host" --caps.shs "@$work/caps" >"$work/$host.id" 2>/dev/null; done
a=$(cat "$work/a.id") b=$(cat "$work/b.id")
start_sbot j --hops 2
j=$(of_sbot j id)

# We dial: thousands of messages each way, fractional timestamps among them.
sbot j publish --count 2000 >/dev/null
seq 1 3000 | on a publish --job numbers --line-per-message
on a follow "$j" 2>/dev/null
sbot j follow "$a" >/dev/null
start a
on a connect "$(of_sbot j address)"
sbot j wait "$a" 3002 --timeout 30000 >/dev/null || fail "ssb-server did not get the feed: $(cat "$work/a.log")"
wait_until 30 held a "$j" 2001

# Lines of one millisecond have fractions of it, and ssb-server takes them.
sbot j dump "$a" >"$work/dump" 2>/dev/null
grep -qE '"timestamp":[0-9]+\.[0-9]' "$work/dump" || fail "there are no fractional timestamps"

# Live, in both directions.
echo "a live line" | on a publish --job live
sbot j wait "$a" 3003 --timeout 10000 >/dev/null || fail "ssb-server did not get a live line"
sbot j publish --count 3 >/dev/null
wait_until 10 held a "$j" 2004

# It dials us, and carries a feed from one of us to the other (hops 2).
on b follow "$j" 2>/dev/null
sbot j follow "$b" >/dev/null
echo "of b" | on b publish --job few
start b
sbot j connect "$(address b)" >/dev/null
sbot j wait "$b" 3 --timeout 30000 >/dev/null || fail "ssb-server that dialled did not get the feed: $(cat "$work/b.log")"
wait_until 30 held b "$a" 3003
[ "$(sbot j dump "$a" 2>/dev/null | wc -l)" = 3003 ] || fail "ssb-server holds another number of messages"
for host in a b; do on "$host" verify >/dev/null || fail "verify of $host: $?"; done

# A store that is lost holds publishing until its feed is back from ssb-server.
stop a
rm -f -- "$(home_of a)"/ssblog.db*
on a publish --text "signed later" 2>"$work/held" || fail "publish into a lost store: $?"
grep -q 'to be signed later' "$work/held" || fail "a lost store is not held: $(cat "$work/held")"
start a
on a connect "$(of_sbot j address)"
wait_until 40 held a "$a" 3004
sbot j wait "$a" 3004 --timeout 20000 >/dev/null || fail "the line that was held did not arrive"
on a verify >/dev/null || fail "verify after the feed came back: $?"

# A peer that speaks no EBT.
start_sbot k --no-ebt --hops 2
k=$(of_sbot k id)
sbot k publish --count 500 >/dev/null
on b follow "$k" 2>/dev/null
sbot k follow "$b" >/dev/null
on b connect "$(of_sbot k address)"
wait_until 30 held b "$k" 501
sbot k wait "$b" 4 --timeout 30000 >/dev/null || fail "the old protocol did not carry our feed: $(cat "$work/b.log")"
