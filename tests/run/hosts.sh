#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/hosts.sh SSBLOG - what a person asks of the network: sync, status, copies on other hosts, forgetting a feed.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"

init a
for host in b c; do on "$host" init --name "$host" --caps.shs "@$(home_of a)/config.toml" >"$work/$host.id" 2>/dev/null; done
id() { cat "$work/$1.id"; }
# A sync without a daemon would call into the LAN of this machine.
for host in a b c; do printf '\n[lan]\ndiscover = false\n' >>"$(home_of "$host")/config.toml"; done

# Nobody to be reached.
expect 75 a sync
says 'no other host could be reached'

# Without a daemon here, sync does one round itself; the other side has one.
on a follow "$(id b)" 2>/dev/null
on b follow "$(id a)" 2>/dev/null
seq 1 2000 | on a publish --job numbers --line-per-message
seq 1 2000 | on b publish --job numbers --line-per-message
start a
on b connect --save "$(address a)" 2>/dev/null
expect 0 b sync
says 'exchanged with 1 host'
tip() { on "$1" log --json --feed "$2" -n 1 2>/dev/null; }
[ "$(tip a "$(id b)")" = "$(tip b "$(id b)")" ] || fail "b's lines are not at a"
[ "$(tip a "$(id a)")" = "$(tip b "$(id a)")" ] || fail "a's lines are not at b"
[ ! -e "$(home_of b)/daemon.json" ] || fail "sync left its state"

# --wait: what is there, what is not, what makes no sense.
expect 0 b sync --wait "$(id a)@2002"
expect 75 b sync --wait "$(id a)@999999" --timeout 1s
says 'did not come in time'
for wrong in nas "$(id a)" "$(id a)@0" "$(id a)@x" "nobody@5"; do expect 64 b sync --wait "$wrong"; done

# Copies: nobody follows alone; then b's daemon acknowledges. c has no daemon.
expect 75 c publish --text lonely --wait-copies 1 --timeout 300ms
says 'only 0 of 1'
start b
on b connect "$(address a)"
expect 0 a publish --text "on two machines" --wait-copies 1 --timeout 20s
expect 75 a publish --text "not on three" --wait-copies 2 --timeout 500ms
says 'only 1 of 2'
expect 64 a publish --text x --wait-copies 0
expect 64 a publish --text x --timeout 5s
echo "of a stream" | on a publish --wait-copies 1 --timeout 20s || fail "copies of a stream: $?"

# With a daemon, sync is its work.
expect 0 b sync
says 'exchanged with 1 host'
on b sync --wait "$(id a)@$(($(on a status --json | sed -nE 's/.*"messages":([0-9]+).*/\1/p') ))" || fail "sync --wait by the daemon: $?"

# Status: who, how far, via whom.
on b status >"$work/status" || fail "status: $?"
grep -qE '^publishing +works' "$work/status" || fail "status says: $(cat "$work/status")"
grep -qE '^daemon +runs \(pid [0-9]+\), 1 host connected' "$work/status" || fail "status says: $(cat "$work/status")"
grep -qE "^a@[A-Za-z0-9_-]{8} +1 +[0-9]+ +20.* itself +[0-9.]+ kB +[0-9.]+ kB/day" "$work/status" ||
  fail "status says: $(cat "$work/status")"
python3 - "$(on b status --json)" <<'PY' || fail "status --json: $(on b status --json)"
import json, sys
status = json.loads(sys.argv[1])
hosts = {host["name"]: host for host in status["hosts"]}
assert hosts["b"]["hops"] == 0 and hosts["a"]["hops"] == 1, hosts
assert hosts["a"]["via"] == hosts["a"]["id"] and hosts["b"]["via"] is None, hosts
assert hosts["a"]["messages"] >= 2005 and hosts["a"]["bytes"] > 100_000, hosts
assert status["held"] is None and status["daemon"] > 0 and status["freeBytes"] > 0, status
PY

# Forget: not whom one follows, not oneself; then the disk comes back, and a new follow brings all again.
expect 64 b forget a
says 'unfollow'
expect 64 b forget b
says "own feed"
on b unfollow a 2>/dev/null
seq 1 60000 | on a publish --job large
not_wanted() { ! on b status --json | grep -q '"name":"a","hops":1'; }
wait_until 10 not_wanted
before=$(stat -c %s "$(home_of b)/ssblog.db")
expect 0 b forget a
says 'is forgotten: [0-9]* messages'
[ "$(stat -c %s "$(home_of b)/ssblog.db")" -lt "$before" ] || fail "the disk did not come back"
on b verify >/dev/null || fail "verify after forget: $?"
on b follow "$(id a)" 2>/dev/null
again() { [ "$(tip a "$(id a)")" = "$(tip b "$(id a)")" ]; }
wait_until 30 again
on b verify >/dev/null || fail "verify after a feed came again: $?"
# At once again: the daemon learns that what it knew is gone.
on b unfollow a 2>/dev/null
on b forget a 2>/dev/null
on b follow "$(id a)" 2>/dev/null
on a publish --text "after all of it"
wait_until 30 again

# Whom we block gets nothing of ours; whom we unblock gets all of it.
on a block "$(id b)" 2>/dev/null
on a publish --text "not for b"
on a unblock "$(id b)" 2>/dev/null
on a follow "$(id b)" 2>/dev/null
on b sync 2>/dev/null || true
wait_until 40 again
stop a
stop b
