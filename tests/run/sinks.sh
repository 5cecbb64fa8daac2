#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/sinks.sh SSBLOG - programs that are given the lines: each line exactly once as long as all end in order, over
# restarts of the daemon; programs that are killed, hang, and end at once; a daemon that is killed; two forms beside each
# other; a feed that arrives late.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need python3

# sink HOST LINES...: one more sink.
sink() {
  local host=$1
  shift
  printf '[[sink]]\n' >>"$(home_of "$host")/config.toml"
  printf '%s\n' "$@" >>"$(home_of "$host")/config.toml"
}
said() { grep -q -- "$1" "$work/$2.log"; }
# lines_of FILE: the texts, without the times and names before them.
lines_of() { sed -E 's/^[^ ]+ [^ ]+ [^ ]*\[[^]]*\]: //' "$1"; }
has_lines() { [ -e "$1" ] && [ "$(wc -l <"$1")" -ge "$2" ]; }
has_line() { [ -e "$1" ] && grep -q -- "$2" "$1"; }
# all_once FILE WANTED WHAT: the same lines, in whatever order.
all_once() {
  lines_of "$1" | sort >"$work/got"
  sort "$2" >"$work/wanted"
  cmp -s "$work/got" "$work/wanted" ||
    fail "$3: $(diff "$work/wanted" "$work/got" | grep -c '^<') lines are missing, $(diff "$work/wanted" "$work/got" | grep -c '^>') came twice; $(diff "$work/wanted" "$work/got" | head -3)"
}
# state_of SINK HOST: a member of `sink list --json`.
member_of() { on "$1" sink list --json | sed -nE "s/.*\"name\":\"$2\".*\"$3\":(\"[^\"]*\"|[0-9]+).*/\1/p"; }
is() { [ "$(member_of "$1" "$2" "$3")" = "$4" ]; }

# ---- exactly once, over restarts in order; a hundred thousand lines, two forms ----

init a
# Takes its time, so that each end of the daemon finds it at work.
cat >"$work/taker.py" <<'P'
import sys, time
out = open(sys.argv[1], "ab", buffering=0)
while True:
    data = sys.stdin.buffer.read1(8192)
    if not data:
        break
    out.write(data)
    if len(sys.argv) > 2:
        time.sleep(float(sys.argv[2]))
P
sink a 'name = "slow"' 'from = "beginning"' "write = [\"$work\"]" "exec = [\"python3\", \"$work/taker.py\", \"$work/slow.txt\", \"0.002\"]"
sink a 'name = "json"' 'from = "beginning"' 'format = "jsonl"' "write = [\"$work\"]" "exec = \"cat >>$work/lines.json\""
seq -f 'line %.0f of many' 1 50000 >"$work/all"
on a publish --job many <"$work/all" >/dev/null
start a
seq -f 'line %.0f of many' 50001 100000 >"$work/more"
cat "$work/more" >>"$work/all"
on a publish --job many <"$work/more" >/dev/null
for round in 1 2 3; do
  wait_until 30 has_lines "$work/slow.txt" $((round * 12000))
  stop a
  # What was taken is known: nothing is between the program and the cursor.
  start a
done
wait_until 60 has_line "$work/slow.txt" 'line 100000 of many'
wait_until 60 has_lines "$work/lines.json" 100000
all_once "$work/slow.txt" "$work/all" "exactly once over restarts"
python3 -c '
import json, sys
for line in open(sys.argv[1]): print(json.loads(line)["text"])' "$work/lines.json" >"$work/json.txt"
all_once "$work/json.txt" "$work/all" "exactly once as JSON"
stop a

# ---- a program that is killed at random: nothing is missing, and no more than the window comes again ----

init b
sink b 'name = "frail"' 'window = "16K"' "write = [\"$work\"]" "exec = [\"python3\", \"$work/taker.py\", \"$work/frail.txt\", \"0.005\"]"
start b
wait_until 20 is b frail state '"running"'
frail() { pgrep -P "$(cat "$work/b.pid")" -f frail.txt || true; }
seq -f 'frail %.0f' 1 20000 >"$work/all"
on b publish <"$work/all" >/dev/null
kills=0
for lines in 2000 9000; do
  wait_until 30 has_lines "$work/frail.txt" "$lines"
  pid=$(frail)
  [ -n "$pid" ] || continue
  kill -9 "$pid"
  kills=$((kills + 1))
done
[ "$kills" -gt 0 ] || fail "the program was never there to be killed"
wait_until 60 has_line "$work/frail.txt" 'frail 20000$'
wait_until 20 said 'sink frail: python3 was ended by signal 9; it is started again in 1 s' b
lines_of "$work/frail.txt" | sort -u >"$work/got"
# A line that the kill cut off stands there as a piece of its own.
sort "$work/all" | comm -23 - "$work/got" >"$work/missing"
[ ! -s "$work/missing" ] || fail "lost with a killed program: $(head -3 "$work/missing")"
again=$(($(wc -c <"$work/frail.txt") - $(sort -u "$work/frail.txt" | wc -c)))
[ "$again" -le $((kills * 16384)) ] || fail "$again bytes came again for $kills kills"

# ---- one that hangs, and one that ends at once: the others, and replication, go on ----

sink b 'name = "stuck"' 'exec = ["sleep", "1000"]' 'window = "8K"'
sink b 'name = "hasty"' 'exec = "echo no such host >&2; exit 7"'
sink b 'name = "absent"' 'exec = ["there-is-no-such-program"]'
stop b
start b
on c init --name c --caps.shs "@$(home_of b)/config.toml" >"$work/c.id" 2>/dev/null || fail "init of c"
on b follow "$(cat "$work/c.id")" >/dev/null 2>&1
on c follow "$(cat "$work/b.id")" >/dev/null 2>&1
start c
on c connect "$(address b)" >/dev/null
seq -f 'on and on %.0f' 1 20000 >"$work/more"
on b publish <"$work/more" >/dev/null
wait_until 30 has_line "$work/frail.txt" 'on and on 20000$'
c_has() { on c log -n 1 | grep -q 'on and on 20000$'; }
wait_until 20 c_has
said 'sink hasty: /bin/sh ended with 7: no such host; it is started again in 1 s' b || fail "a program that ends is not told"
[ "$(grep -c 'sink hasty: /bin/sh ended' "$work/b.log")" = 1 ] || fail "the same trouble is told again and again"
said 'sink hasty: it said: no such host' b || fail "what it said is not in the log"
said 'sink absent: cannot run there-is-no-such-program' b || fail "a program that there is not is not told"
on b sink list >"$work/out"
grep -A1 '^hasty  *\(resting\|running\)' "$work/out" | grep -q '! /bin/sh ended with 7: no such host' ||
  fail "the list does not say what is wrong: $(cat "$work/out")"
grep -q '^stuck  *running  *text  *[0-9]* messages behind' "$work/out" || fail "the lag is not shown: $(cat "$work/out")"
on b status >"$work/out"
grep -q 'sink hasty: /bin/sh ended with 7' "$work/out" || fail "status does not say it: $(cat "$work/out")"
on b doctor >"$work/out" 2>&1 || true
grep -q 'sink absent: there is no program there-is-no-such-program' "$work/out" || fail "the doctor does not say it"
# A daemon ends in time though one of its programs does not.
began=$SECONDS
stop b
[ $((SECONDS - began)) -le 10 ] || fail "a program that hangs held the end of the daemon up"
! pgrep -f "$work/frail.txt" >/dev/null || fail "a program outlived its daemon"
