#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/alerts.sh SSBLOG - a rule that is made on one host, a job that goes wrong on a second one, and the alert on a
# third: once, told once, also when hosts are killed.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need python3

init a
for host in b c; do
  on "$host" init --name "$host" --caps.shs "@$(home_of a)/config.toml" >"$work/$host.id" 2>/dev/null
done
for host in a b c; do
  printf '\n[alerts]\npatience = "2s"\nspread = "1s"\n' >>"$(home_of "$host")/config.toml"
  for other in a b c; do
    [ "$host" = "$other" ] || on "$host" follow "$(cat "$work/$other.id")" 2>/dev/null
  done
done
# What the daemon of c runs: bound by its sandbox, it writes into the home.
told=$(home_of c)/told
hang=100000.$$
# shellcheck disable=SC2016 # for the inner shell
printf 'exec = '\''printf "%%s %%s\\n" "$SSBLOG_ALERT_KIND" "$SSBLOG_ALERT_JOB" >>"%s"; cat >>"%s.json"; [ "$SSBLOG_ALERT_JOB" != hang ] || exec sleep %s'\''\n' \
  "$told" "$told" "$hang" >>"$(home_of c)/config.toml"
meet() {
  on b connect "$(address a)" >/dev/null
  on c connect "$(address a)" >/dev/null
  on c connect "$(address b)" >/dev/null
}
for host in a b c; do start "$host"; done
meet

# alerts HOST WORDS...: KIND JOB REASON of each, a line each.
alerts() {
  local host=$1
  shift
  on "$host" alerts --json "$@" 2>/dev/null | python3 -c 'import json, sys
for line in sys.stdin:
    alert = json.loads(line)
    print(alert["kind"], alert["job"], alert["reason"] or "-")'
}
has() { alerts "$1" --all | grep -qx -- "$2"; }

# A rule of a is known on c.
rule() { on a expect add --job nightly --host b --fail-after 2 2>/dev/null; }  # as soon as a knows how b calls itself
wait_until 20 rule
rules_at() { [ "$(on "$1" expect list --json | wc -l)" = "$2" ]; }
wait_until 20 rules_at c 1
wait_until 20 rules_at b 1

# The job fails on b once: not yet. Twice: an alert on c, with hostile words that stay data.
job="nightly"
on b run --job "$job" -- false >/dev/null 2>&1 || true
on b run --job "$job" -- sh -c 'exit 12' >/dev/null 2>&1 || true
wait_until 20 has c 'failed nightly -'
wait_until 20 has a 'failed nightly -'
wait_until 20 grep -qx 'failed nightly' "$told"
on c alerts >"$work/out"
grep -q ' failed nightly (b) on b@.*: the run of .*, exit 12; 2 times in a row$' "$work/out" ||
  fail "text: $(cat "$work/out")"
python3 - "$told.json" <<'PY' || fail "the JSON of the command: $(cat "$told.json")"
import json, sys
alert = json.loads(open(sys.argv[1]).readline())
assert alert["kind"] == "failed" and alert["job"] == "nightly" and alert["hostName"] == "b", alert
PY

# A third bad run says nothing more; a good one ends it.
on b run --job "$job" -- false >/dev/null 2>&1 || true
on b run --job "$job" -- true >/dev/null
wait_until 20 has c 'recovered nightly -'
[ -z "$(alerts c)" ] || fail "open alerts: $(alerts c)"
wait_until 20 grep -qx 'recovered nightly' "$told"
[ "$(alerts c --all)" = $'failed nightly -\nrecovered nightly -' ] || fail "all: $(alerts c --all)"

# Late: it ran once, and not again, while its host is up.
on a expect add --job pulse --host b --every 3s --grace 1s 2>/dev/null
wait_until 20 rules_at b 2
on b run --job pulse -- true >/dev/null
wait_until 30 has c 'late pulse job-absent'
wait_until 20 grep -qx 'late pulse' "$told"
on c status --json | python3 -c 'import json, sys
job = next(j for j in json.load(sys.stdin)["jobs"] if j["job"] == "pulse")
assert (job["state"], job["reason"], job["ran"]) == ("late", "job-absent", True), job' || fail "the board: $(on c status)"
expect 2 c status --check
grep -q 'pulse .* late: last ran .* ago; was due .* ago: the host is up, the job did not run' "$work/out" ||
  fail "--check: $(cat "$work/out")"

# Two processes of the same words, and one that comes later: each alert once.
for i in 1 2; do
  # shellcheck disable=SC2016 # for the inner shell
  on c alerts -f --exec "printf '%s\n' \"\$SSBLOG_ALERT_ID\" >>'$work/once'" >"$work/follow.$i" 2>&1 &
done
three() { [ -e "$work/once" ] && [ "$(wc -l <"$work/once")" -ge 3 ]; }
wait_until 20 three
# The recovery comes to both as it is made.
on b run --job pulse -- true >/dev/null
wait_until 20 has c 'recovered pulse -'
shown_by() { grep -q ' recovered pulse ' "$work/follow.$1"; }
wait_until 20 shown_by 1
wait_until 20 shown_by 2
four() { [ "$(wc -l <"$work/once")" -ge 4 ]; }
wait_until 20 four
[ -z "$(sort "$work/once" | uniq -d)" ] || fail "told twice: $(sort "$work/once")"
# shellcheck disable=SC2016 # for the inner shell
on c alerts --exec "printf '%s\n' \"\$SSBLOG_ALERT_ID\" >>'$work/once'" >/dev/null 2>&1
[ -z "$(sort "$work/once" | uniq -d)" ] || fail "told twice by a later one: $(sort "$work/once")"

# Who reads the first line only ends it.
(on c alerts -f --all | head -n 1 >"$work/first"; : >"$work/ended") &
ended() { [ -e "$work/ended" ]; }
wait_until 20 ended
[ "$(wc -l <"$work/first")" = 1 ] || fail "the first line: $(cat "$work/first")"

# The host dies: the others say so, once, and the killed one knows it when it is back. Whoever says it, it is the third time
# that pulse is late; on a slow machine b itself may have the time to.
lates() { alerts "$1" --all | grep -c '^late pulse' || true; }
late_again() { [ "$(lates c)" = 2 ]; }
wait_until 20 late_again
on b run --job pulse -- true >/dev/null
pulses() { [ "$(on c log -a --json -n all | grep -c '"job":"pulse".*event=end')" = "$(on b log -a --json -n all | grep -c '"job":"pulse".*event=end')" ]; }
wait_until 20 pulses
kill_daemon b
one_more() { [ "$(lates "$1")" = 3 ]; }
wait_until 40 one_more c
wait_until 20 one_more a
start b
meet
wait_until 30 one_more b
[ "$(lates c)" = 3 ] || fail "late more than once: $(alerts c --all)"

# An open alert that comes late is shown to who follows, however old it is.
kill_daemon c
on a expect add --job away --host b 2>/dev/null
wait_until 20 rules_at b 3
on b run --job away -- false >/dev/null 2>&1 || true
wait_until 20 has b 'failed away -'
on c alerts -f --since 1s --json >"$work/follow.3" 2>&1 &
sees() { grep -q "\"job\":\"$1\"" "$work/follow.3"; }

# Killed and started anew, c tells nothing a second time.
start c
meet
on a expect add --job last --host b 2>/dev/null
wait_until 20 rules_at b 4
on b run --job last -- false >/dev/null 2>&1 || true
wait_until 30 grep -qx 'failed last' "$told"
wait_until 20 sees away
[ "$(grep -cx 'failed nightly' "$told")" = 1 ] || fail "told again: $(cat "$told")"
[ "$(sort "$told.json" | uniq -d | wc -l)" = 0 ] || fail "told again: $(cat "$told.json")"

# A command that hangs goes with its daemon.
on a expect add --job hang --host b 2>/dev/null
wait_until 20 rules_at b 5
on b run --job hang -- false >/dev/null 2>&1 || true
hangs() { pgrep -xf "sleep $hang" >/dev/null; }
wait_until 30 hangs
stop c
! hangs || fail "a command outlived its daemon"
start c
meet

# A name that would be markup, a command, and the red of a terminal: data it stays, on the desktop, in the environment, in
# what is shown.
evil=$'<b>\033[31m$(touch evil)'
on a expect add --job "$evil" 2>/dev/null
on a run --job "$evil" -- false >/dev/null 2>&1 || true
evil_seen() { on c alerts | grep -q 'failed .*u003cb.*u001b'; }
wait_until 20 evil_seen
on c alerts >"$work/out"
# Escaped once, in the log of the daemon that made it, too.
grep -qhF 'alert: failed \u003cb\u003e\u001b\u005b31m' "$work"/*.log || fail "no log tells the alert: $(grep -h u003cb "$work"/*.log)"
LC_ALL=C grep -q $'[\001-\010\013-\037\177]' "$work/out" && fail "a control character: $(cat -v "$work/out")"
mkdir "$work/bin"
cat >"$work/bin/notify-send" <<'SH'
#!/bin/sh
printf '<%s>' "$@" >>"$SHOWN"
printf '\n' >>"$SHOWN"
SH
chmod +x "$work/bin/notify-send"
for again in 1 2; do
  (cd "$work" && SHOWN=$work/shown PATH=$work/bin:$PATH on c alerts --desktop >/dev/null 2>"$work/said") ||
    fail "--desktop, time $again: $(cat "$work/said")"
done
grep -qF '<--app-name=ssblog><--urgency=critical><--><ssblog: failed><failed \u003cb\u003e\u001b\u005b31m\u0024\u0028touch' \
  "$work/shown" || fail "the desktop: $(cat "$work/shown")"
[ -z "$(sort "$work/shown" | uniq -d)" ] || fail "shown twice: $(cat "$work/shown")"
# shellcheck disable=SC2016 # for the inner shell
(cd "$work" && on c alerts --exec "printf '%s\n' \"\$SSBLOG_ALERT_JOB\" >>'$work/names'" >/dev/null 2>&1)
grep -qxF '\u003cb\u003e\u001b\u005b31m\u0024\u0028touch\u0020evil\u0029' "$work/names" || fail "names: $(cat "$work/names")"
[ ! -e "$work/evil" ] || fail "a name was run"

# A rule that is taken back takes its alerts along.
on c expect remove "$(on c expect list --json | sed -nE '/"job":"last"/s/.*"rule":"([0-9a-f]{10}).*/\1/p')" 2>/dev/null
rule_gone() { ! alerts "$1" | grep -q ' last '; }
wait_until 20 rule_gone a
for host in a b c; do whole "$host"; done

# What is wrong is said with the right code.
expect 64 a expect add --every 24h
expect 64 a expect add --job x --every 24h --calendar @daily
expect 64 a expect add --job x --every 0s
expect 64 a expect add --job x --every 5
grep -q 'every 5: say the unit' "$work/said" || fail "a bare number: $(cat "$work/said")"
expect 64 a expect remove 00
expect 64 a alerts --exec ''
expect 64 a alerts --since yesterday
