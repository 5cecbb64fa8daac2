#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/journal.sh SSBLOG - systemd's journal: each entry once though the daemon is killed and journalctl dies, binary
# fields, units; no journalctl at all; a real journal file, where one can be made.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need python3

said() { grep -q -- "$1" "$work/$2.log"; }
# add_source HOST LINES...
add_source() {
  local host=$1
  shift
  printf '[[source]]\nname = "journal"\nkind = "journal"\n' >>"$(home_of "$host")/config.toml"
  printf '%s\n' "$@" >>"$(home_of "$host")/config.toml"
}

# ---- the fake ----

mkdir "$work/bin"
cp -- "$(dirname -- "$0")/journalctl_fake.py" "$work/bin/journalctl"
chmod +x "$work/bin/journalctl"
usual_path=$PATH
init a
# In the home: the sandbox of the daemon holds for what it runs, and the fake writes.
JOURNAL_FAKE=$(home_of a)/entries
export JOURNAL_FAKE
add_source a 'since = "2 days ago"'
: >"$JOURNAL_FAKE"
told=0
say_to_journal() {
  local upto=$((told + $1))
  seq -f 'entry %.0f' "$told" "$((upto - 1))" >>"$JOURNAL_FAKE"
  told=$upto
}
read_entries() { on a log -n all | sed -nE 's/.*\[journal:(even|odd)\.service\]: fake\[7\]: (entry [0-9]+).*/\2/p' >"$work/got"; }
has() {
  read_entries
  grep -qx "entry $1" "$work/got"
}
export PATH="$work/bin:$usual_path"
say_to_journal 100
start a
wait_until 20 has 99
say_to_journal 300
wait_until 30 has 399
kill_daemon a
say_to_journal 100
start a
wait_until 30 has 499
export PATH=$usual_path
seq -f 'entry %.0f' 0 499 >"$work/wanted"
sort -t' ' -k2n "$work/got" >"$work/sorted"
same "$work/wanted" "$work/sorted" "entries are missing, or came twice"
wait_until 10 said 'journalctl ended with 1: it was too much; it is started again in 1 s' a
head -n 1 "$JOURNAL_FAKE.args" | grep -q -- '--since=2 days ago' || fail "the first start has no since"
tail -n 1 "$JOURNAL_FAKE.args" | grep -q -- '--after-cursor=c=' || fail "a later start has no cursor"
[ "$(grep -c since "$JOURNAL_FAKE.args")" = 1 ] || fail "since counts once"
on a log -n all >"$work/out"
grep -qF 'and \xff\x00 more' "$work/out" || fail "a binary field did not survive"
! grep -q 'half of' "$work/out" || fail "half an entry was taken"
on a export >"$work/exported"
grep -aq '"boot": *"01234567"' "$work/exported" || fail "no boot is kept"
stop a
whole a

# ---- no journalctl: one sentence, and the rest of the daemon works ----

init b
add_source b

env PATH="$work/nowhere" HOME="$work/b" XDG_STATE_HOME="$work/b/state" XDG_DATA_HOME="$work/b/data" \
  "$ssblog" daemon --host 127.0.0.1 --port 0 2>"$work/b.log" &
printf '%s' $! >"$work/b.pid"
wait_until 20 said 'cannot run journalctl: there is no such program' b
[ "$(grep -c 'cannot run journalctl' "$work/b.log")" = 1 ] || fail "it is said more than once"
stop b

# ---- a real journal ----

remote=$(command -v systemd-journal-remote || ls /lib/systemd/systemd-journal-remote 2>/dev/null || true)
if [ -z "$remote" ] || ! command -v journalctl >/dev/null; then
  skip "the fake journal is right; a real one needs journalctl and systemd-journal-remote"
fi
{
  for number in $(seq 1 50); do
    printf '__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=%s\n' \
      "$((1700000000000000 + number * 1000))" "$((number * 1000))" 0123456789abcdef0123456789abcdef
    printf 'PRIORITY=4\nSYSLOG_IDENTIFIER=real\nMESSAGE=entry %d\n\n' "$number"
  done
} >"$work/entries.export"
"$remote" --output="$work/real.journal" - <"$work/entries.export" >/dev/null 2>&1 || fail "$remote makes no journal"
init c
add_source c "path = \"$work/real.journal\""
start c
real() { [ "$(on c log -n all | grep -c 'journal\]: real: entry')" = 50 ]; }
wait_until 20 real
kill_daemon c
start c
stop c
real || fail "entries of a real journal came twice"
echo "The journal comes once."
