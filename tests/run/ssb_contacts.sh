#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/ssb_contacts.sh SSBLOG - a daemon and a real ssb-server 16: connections cut in the middle of a transfer, in
# both directions, and what unfollowing and blocking do.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
# shellcheck source=tests/run/sbot.sh
. "$(dirname -- "$0")/sbot.sh"

on a init --name a --caps.shs "@$work/caps" >"$work/a.id" 2>/dev/null
a=$(cat "$work/a.id")
start_sbot j
j=$(of_sbot j id)
sbot j publish --count 4000 >/dev/null
sbot j follow "$a" >/dev/null
seq 1 4000 | on a publish --job numbers --line-per-message
on a follow "$j" 2>/dev/null
on a connect --save "$(of_sbot j address)" 2>/dev/null

# messages_of HOST ID: how many are held.
messages_of() { on "$1" status --json | grep -o "\"id\":\"$2\",\"name\":[^}]*" | sed -nE 's/.*"messages":([0-9]+).*/\1/p'; }
some_of() { [ "$(messages_of a "$1")" -gt "${2:-0}" ]; }

# The daemon is killed while messages come, several times; in the end everything is there, once.
for part in 1 500 1500; do
  start a
  wait_until 30 some_of "$j" "$part"
  kill_daemon a
done
on a verify >/dev/null || fail "verify after kills: $?"
start a
wait_until 60 held a "$j" 4001
sbot j wait "$a" 4002 --timeout 60 >/dev/null || fail "ssb-server did not get all after kills: $(cat "$work/a.log")"
on a verify >/dev/null || fail "verify: $?"

# The other side goes and comes back; the daemon dials it again by itself.
sbot j publish --count 2 >/dev/null
wait_until 20 held a "$j" 4003
port=$(of_sbot j address | sed -nE 's/net:[^:]*:([0-9]+)~.*/\1/p')
kill -TERM "$(cat "$work/j.pid")"
wait_until 20 gone j
disconnected() { ! on a peers --json | grep -q '"state":"connected"'; }
wait_until 10 disconnected
seq 1 500 | on a publish --job numbers --line-per-message
sbot_port=$port start_sbot j
sbot j wait "$a" 4502 --timeout 60 >/dev/null || fail "ssb-server that came back did not get the rest: $(cat "$work/a.log")"

# Whom we do not follow any more is not fetched any more, though it goes on fetching us.
on a unfollow "$j" 2>/dev/null
sbot j wait "$a" 4503 --timeout 20 >/dev/null || fail "the unfollow did not reach ssb-server"
sbot j publish --count 5 >/dev/null
echo "after unfollow" | on a publish --job live
sbot j wait "$a" 4504 --timeout 20 >/dev/null || fail "ssb-server does not get us after we unfollowed it"
[ "$(messages_of a "$j")" = 4003 ] || fail "messages of a feed that is not followed came: $(messages_of a "$j")"
on a follow "$j" 2>/dev/null
wait_until 30 held a "$j" 4008

# Whom we block is cut, and not let in again, until we unblock.
on a block "$j" 2>/dev/null
wait_until 15 disconnected
sbot j connect "$(address a)" >/dev/null 2>&1 || true
on a peers --json | grep -q '"state":"connected"' && fail "a blocked host is connected"
sbot j publish --count 3 >/dev/null
[ "$(messages_of a "$j")" = 4008 ] || fail "messages of a blocked feed came"
on a unblock "$j" 2>/dev/null
on a follow "$j" 2>/dev/null
on a sync --timeout 30s 2>/dev/null || true
wait_until 40 held a "$j" 4011

# Who blocks us gets nothing more from us, and we go on without it.
sbot j block "$a" >/dev/null
wait_until 20 disconnected
before=$(sbot j latest "$a" 2>/dev/null | sed -E 's/.*:([0-9]+).*/\1/')
echo "not for j" | on a publish --job live
on a sync --timeout 5s 2>/dev/null || true
wait_until 20 grep -q 'it does not let us in' "$work/a.log"
after=$(sbot j latest "$a" 2>/dev/null | sed -E 's/.*:([0-9]+).*/\1/')
[ "$before" = "$after" ] || fail "a host that blocks us got our line: $before, $after"
on a verify >/dev/null || fail "verify at the end: $?"
