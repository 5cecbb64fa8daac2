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
held = b""
while True:
    data = sys.stdin.buffer.read1(8192)
    if not data:
        break
    # Whole lines alone: one that is cut off, by the end of the daemon or of this program, comes again.
    whole, newline, rest = (held + data).rpartition(b"\n")
    out.write(whole + newline)
    held = rest
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
sink b 'name = "frail"' 'window = "128K"' "write = [\"$work\"]" "exec = [\"python3\", \"$work/taker.py\", \"$work/frail.txt\", \"0.005\"]"
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
lines_of "$work/frail.txt" | sort >"$work/got"
# What it had read and not written when it was killed is its own loss: at most what it reads at once.
sort "$work/all" | comm -23 - <(sort -u "$work/got") >"$work/missing"
[ "$(wc -l <"$work/missing")" -le $((kills * 8192 / 50)) ] || fail "lost with a killed program: $(head -3 "$work/missing")"
# What it took is known to some milliseconds; far less than the window comes again.
again=$(uniq -d <"$work/got" | wc -l)
[ "$again" -le $((kills * 2000)) ] || fail "$again lines came again for $kills kills"

# ---- one that hangs, and one that ends at once: the others, and replication, go on ----

sink b 'name = "stuck"' "exec = \"trap '' TERM; echo \$\$ >$work/stuck.pid; while :; do sleep 1; done\"" "write = [\"$work\"]" 'window = "8K"'
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
[ $((SECONDS - began)) -le 60 ] || fail "a program that hangs held the end of the daemon up"
! pgrep -f "$work/frail.txt" >/dev/null || fail "a program outlived its daemon"
! kill -0 "$(cat "$work/stuck.pid")" 2>/dev/null || fail "a program that ignores SIGTERM outlived its daemon"

# ---- a daemon that is killed: the window comes again, or, as the sink says, does not ----

init d
for kind in repeat skip; do
  sink d "name = \"$kind\"" "on-crash = \"$kind\"" 'window = "128K"' "write = [\"$work\"]" \
    "exec = [\"python3\", \"$work/taker.py\", \"$work/$kind.txt\", \"0.005\"]"
done
start d
wait_until 20 is d skip state '"running"'
seq -f 'to be killed %.0f' 1 30000 >"$work/all"
on d publish <"$work/all" >/dev/null
kills=0
for lines in 3000 9000 18000; do
  wait_until 30 has_lines "$work/repeat.txt" "$lines"
  wait_until 30 has_lines "$work/skip.txt" "$lines"
  kill_daemon d
  kills=$((kills + 1))
  # What stood in the pipe is still read; then the program sees the end.
  nobody_takes() { ! pgrep -f "$work/taker.py $work/(repeat|skip).txt" >/dev/null; }
  wait_until 20 nobody_takes
  start d
done
wait_until 60 has_line "$work/repeat.txt" 'to be killed 30000$'
wait_until 60 has_line "$work/skip.txt" 'to be killed 30000$'
stop d
lines_of "$work/repeat.txt" | sort >"$work/got"
sort "$work/all" >"$work/wanted"
missing=$(comm -23 "$work/wanted" <(sort -u "$work/got") | wc -l)
[ "$missing" = 0 ] || fail "$missing lines are lost with a killed daemon"
again=$(($(wc -c <"$work/repeat.txt") - $(sort -u "$work/repeat.txt" | wc -c)))
[ "$again" -gt 0 ] || printf 'note: no kill met a window that was not empty\n'
[ "$again" -le $((kills * 131072)) ] || fail "$again bytes came again for $kills kills"
lines_of "$work/skip.txt" | sort >"$work/got"
twice=$(uniq -d <"$work/got" | wc -l)
[ "$twice" = 0 ] || fail "$twice lines came twice, though they are to be skipped"
missing=$(comm -23 "$work/wanted" "$work/got" | wc -l)
[ "$((missing * 60))" -le $((kills * 131072)) ] || fail "$missing lines were skipped for $kills kills"

# ---- a program that says what it took, and one that is run for a portion ----

init e
cat >"$work/replier.py" <<'P'
import sys
out = open(sys.argv[1], "a")
taken = 0
pending = []
for line in sys.stdin:
    pending.append(line)
    if len(pending) == 100 or line.rstrip().endswith("last"):
        out.writelines(pending)
        out.flush()
        taken += len(pending)
        pending = []
        print(taken, flush=True)
        if taken == 700 and len(sys.argv) > 2:
            sys.exit(3)
P
sink e 'name = "replies"' 'ack = "reply"' "write = [\"$work\"]" "exec = [\"python3\", \"$work/replier.py\", \"$work/replied.txt\", \"once\"]"
# Fails at its first try.
cat >"$work/batch.sh" <<'S'
cat >"$1.new"
if [ ! -e "$1.failed" ]; then
  touch "$1.failed"
  exit 1
fi
cat "$1.new" >>"$1"
echo "$(wc -l <"$1.new")" >>"$1.sizes"
S
sink e 'name = "batches"' 'ack = "exit"' 'gather = "300ms"' 'format = "jsonl"' "write = [\"$work\"]" "exec = [\"sh\", \"$work/batch.sh\", \"$work/batch.json\"]"
sink e 'name = "odd"' 'ack = "reply"' "exec = \"while read -r line; do echo thanks; done\""
sink e 'name = "deaf"' 'exec = "exec <&-; exec sleep 600"'
sink e 'name = "boaster"' 'ack = "reply"' 'exec = "read -r line; echo 1000000; exec sleep 600"'
start e
wait_until 20 is e replies state '"running"'
{ seq -f 'answer %.0f' 1 999 && echo 'the last'; } >"$work/all"
on e publish --job told <"$work/all" >/dev/null
wait_until 30 has_line "$work/replied.txt" 'the last$'
all_once "$work/replied.txt" "$work/all" "a program that tells what it took, and ends in between"
wait_until 30 has_lines "$work/batch.json" 1000
wait_until 20 is e batches messagesBehind 0
wait_until 20 is e replies messagesBehind 0
python3 -c '
import json, sys
for line in open(sys.argv[1]): print(json.loads(line)["text"])' "$work/batch.json" >"$work/batch.txt"
all_once "$work/batch.txt" "$work/all" "a program that is run for portions"
[ "$(wc -l <"$work/batch.json.sizes")" -le 5 ] || fail "it is run for every few lines"
wait_until 10 said 'sink odd: /bin/sh was ended: it said "thanks" on its stdout' e
wait_until 20 said 'sink deaf: /bin/sh was ended: it closed its stdin, though there is more to come' e
wait_until 20 said 'sink boaster: /bin/sh was ended: it said that it took 1000000 lines, and was given' e
stop e

# ---- one that wants some lines alone ----

init g
sink g 'name = "chosen"' 'filter = "job:x level:err"' "write = [\"$work\"]" "exec = \"cat >>$work/chosen.txt\""
start g
wait_until 20 is g chosen state '"running"'
for line in 'x err bad of x' 'x info fine of x' 'y err bad of y' 'x crit worse of x' 'x err the last'; do
  read -r job level text <<<"$line"
  on g publish --job "$job" --level "$level" --text "$text" >/dev/null
done
wait_until 20 has_line "$work/chosen.txt" 'the last$'
printf '%s\n' 'bad of x' 'worse of x' 'the last' >"$work/all"
all_once "$work/chosen.txt" "$work/all" "a filter of words"
stop g

# ---- a feed that arrives late is given when it comes ----

lines_before=$(wc -l <"$work/frail.txt")
start c
echo 'long ago' | on c publish >/dev/null
stop c
start b
start c
on c connect "$(address b)" >/dev/null
wait_until 30 has_line "$work/frail.txt" 'long ago$'
[ "$(wc -l <"$work/frail.txt")" = $((lines_before + 1)) ] || fail "more came than the line that is new"
on b log -n all >"$work/whole"
[ "$(grep -c 'long ago' "$work/frail.txt")" = 1 ] || fail "a late line came twice"

# ---- mistakes in config.toml ----

init f
while IFS='|' read -r lines words; do
  cp -- "$(home_of f)/config.toml" "$work/f.toml"
  sink f "${lines//;/$'\n'}"
  expect 78 f daemon --host 127.0.0.1 --port 0
  says "$words"
  cp -- "$work/f.toml" "$(home_of f)/config.toml"
done <<'BAD'
name = "A b";exec = "cat"|sink.name is made of
name = "x";exec = "cat";name2 = "y"|unknown key "sink.name2"
name = "x";exec = "cat";format = "mp3"|there is no format "mp3"; there are text
name = "x";exec = "cat";ack = "never"|sink.ack must be one of "read", "reply", "exit"
name = "x";exec = "cat";window = "1"|sink.window must be from 4K to 16M
name = "x";exec = "cat";gather = "5s"|sink.gather means something to ack = "exit" alone
name = "x";exec = "cat";feed = "nas"|"nas" is no whole id
name = "x";exec = "cat";filter = "feed:nas"|sink.filter: say whole ids with sink.feed instead of feed:
name = "x";exec = "cat";filter = "since:-1d"|sink.filter: a sink has lines as they come; leave since: and until: out
name = "x";exec = "cat";filter = "until:2026-01-01"|sink.filter: a sink has lines as they come; leave since: and until: out
name = "x";exec = "cat";filter = "level:loud"|sink.filter:
name = "x";exec = "cat";write = "here"|"here" is no absolute path
name = "x";exec = []|sink.exec is a program and its words
name = "x"|a sink needs a program
exec = "cat"|a sink needs a name
name = "x";exec = "cat";[[sink]];name = "x";exec = "cat"|has that name already
BAD
