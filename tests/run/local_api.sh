#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/local_api.sh SSBLOG - programs written for ssb-server, by the npm package ssb-client, at the daemon's socket.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"

interop=$(cd -- "$(dirname -- "$0")/../interop" && pwd)
need node
[ -d "$interop/node_modules/ssb-client" ] || skip "ssb-client is not installed (npm ci in tests/interop)"

init a
on b init --name b --caps.shs "@$(home_of a)/config.toml" >"$work/b.id" 2>/dev/null
on a follow "$(cat "$work/b.id")" 2>/dev/null
on b follow "$(cat "$work/a.id")" 2>/dev/null
echo "a line" | on a publish --job j
start a
start b
[ "$(stat -c %a "$(home_of a)/socket")" = 600 ] || fail "the socket can be opened by others: $(stat -c %a "$(home_of a)/socket")"
at a timeout 60 node "$interop/client.js" "$(home_of a)" "$(cat "$work/b.id")" "$(address b)" >"$work/said" 2>&1 ||
  fail "ssb-client: $(cat "$work/said")"
on a verify >/dev/null || fail "verify: $?"
# What a program published is on its way like everything else.
there() { [ "$(on b log --json -n 1 --feed "$(cat "$work/a.id")" 2>/dev/null)" = "$(on a log --json -n 1 --feed "$(cat "$work/a.id")")" ]; }
wait_until 10 there
# A killed daemon leaves its socket; the next one makes it anew.
kill_daemon a
start a
[ -S "$(home_of a)/socket" ] || fail "there is no socket after a kill"
stop a
[ ! -e "$(home_of a)/socket" ] || fail "the daemon left its socket"
stop b
