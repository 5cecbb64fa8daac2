#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/cut_off.sh SSBLOG - two hosts alone, and one of them dies: the other cannot tell that from a cut of its own network.
# It says so to its person, once, and signs nothing.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need python3

init a
on b init --name b --caps.shs "@$(home_of a)/config.toml" >"$work/b.id" 2>/dev/null
told=$(home_of a)/told
for host in a b; do printf '\n[alerts]\npatience = "2s"\nspread = "1s"\n' >>"$(home_of "$host")/config.toml"; done
# shellcheck disable=SC2016 # for the inner shell
printf 'exec = '\''printf "%%s %%s %%s\\n" "$SSBLOG_ALERT_KIND" "$SSBLOG_ALERT_JOB" "$SSBLOG_ALERT_REASON" >>"%s"'\''\n' "$told" \
  >>"$(home_of a)/config.toml"
on a follow "$(cat "$work/b.id")" 2>/dev/null
on b follow "$(cat "$work/a.id")" 2>/dev/null
meet() {
  start b
  on b connect "$(address a)" >/dev/null
}
start a
meet

# has WORDS: the alert of this KIND JOB REASON is among those that a shows.
has() {
  on a alerts --all --json 2>/dev/null | python3 -c 'import json, sys
for line in sys.stdin:
    alert = json.loads(line)
    print(alert["kind"], alert["job"], alert["reason"] or "-")' | grep -qx -- "$1"
}
# As soon as a knows how b calls itself.
rule() { on a expect add --job pulse --host b --every 3s --grace 1s 2>/dev/null; }
wait_until 20 rule
ruled() { [ "$(on b expect list --json | wc -l)" = 1 ]; }
wait_until 20 ruled
on b run --job pulse -- true >/dev/null
ran() { on a log -a --json -n all | grep -q '"job":"pulse".*event=end'; }
wait_until 20 ran
kill_daemon b
wait_until 30 has 'late pulse cut-off'
wait_until 30 grep -qx 'late pulse cut-off' "$told"
on a alerts -f --exec "printf '%s\n' \"\$SSBLOG_ALERT_REASON\" >>'$work/reasons'" >"$work/follow" 2>&1 &
wait_until 30 grep -q 'late pulse .*: was due .*; this host hears of too few others to know: is its network cut?' "$work/follow"
wait_until 30 grep -qx 'cut-off' "$work/reasons"
on a log -a --json -n all | grep -q '"type":"alert"' && fail "what is not known was signed: $(on a log -a -n all)"

# Back again, the other one says it itself: the same alert, and nobody is told twice.
meet
wait_until 30 has 'late pulse found-later'
has 'late pulse cut-off' && fail "it is still in doubt"
on b log -a --json -n all | grep -q '"type":"alert"' || fail "b signed no alert"
on b run --job pulse -- true >/dev/null
wait_until 30 grep -qx 'recovered pulse ' "$told"
[ "$(grep -c '^late pulse' "$told")" = 1 ] || fail "told twice: $(cat "$told")"
[ "$(grep -c . "$work/reasons")" -le 2 ] || fail "told twice: $(cat "$work/reasons")"
