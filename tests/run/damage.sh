#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/damage.sh SSBLOG - damage in the store: every page, the own feed, a copy that comes back from a peer, a disk that
# cannot be written to, a text that is held against its proof.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need python3
python3 -c 'import sqlite3' 2>/dev/null || skip "python3 has no sqlite3"
trap end_daemons EXIT

# sql HOST SQL: by the hand of a stranger; nothing of SQLite stays behind in its log.
sql() {
  python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
for row in db.execute(sys.argv[2]).fetchall(): print(*row)
db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()' "$work/$1/data/ssblog/ssblog.db" "$2"
}
# flip HOST AUTHOR SEQUENCE: a bit of a message.
flip() {
  sql "$1" "UPDATE messages SET body = CAST(substr(body, 1, 20) || x'00' || substr(body, 22) AS BLOB) WHERE id = (
    (SELECT feed FROM feeds ORDER BY (SELECT count(*) FROM messages m WHERE m.id >> 40 = feed) LIMIT 1 OFFSET $2) << 40) + $3"
}

# Host a holds a short feed of its own and a longer one of b.
init a
init b
for i in 1 2 3; do printf 'own line %s\n' "$i" | on a publish --job j >"$work/o"; done
for i in $(seq 1 12); do printf 'line %s of b\n' "$i" | on b publish --job k >"$work/o"; done
# A line over several messages.
head -c 30000 /dev/zero | tr '\0' z | on b publish --job long >"$work/o"
on b export >"$work/b.bundle"
on a import "$work/b.bundle" >"$work/o" 2>&1
sql a 'PRAGMA wal_checkpoint(TRUNCATE)' >"$work/o"
on a log -a >"$work/good"
cp -r "$work/a" "$work/whole"
# copy NAME: the whole host again, under a name of its own. All of them have a's guard, so that is as it was, too.
copy() {
  rm -rf -- "$work/a/state"
  cp -r "$work/whole/state" "$work/a/state"
  cp -r "$work/whole" "$work/$1"
}

python3 "$(dirname -- "$0")/pages.py" "$ssblog" "$work" whole "$long"

# A copy is damaged: nothing of it is shown as if it were whole; --repair cuts it, and a bundle brings it back.
copy c
flip c 1 5
expect 1 c verify
says 'message 5'
expect 65 c log -a
says 'message 5 of feed'
expect 65 c export
expect 1 c verify --feed b
on c publish --job still --text works 2>"$work/said" || fail "a damaged copy keeps this host from publishing: $(cat "$work/said")"
expect 0 c verify --repair --full
says 'the first 4 of'
ls "$work"/c/data/ssblog/ssblog.db.damaged-* >"$work/o"
on c import "$work/b.bundle" >"$work/o" 2>&1
on c log -a >"$work/again"
grep -qF still "$work/again" || fail "the line that a damaged host published is gone"
grep -vF still "$work/again" | cmp - "$work/good" || fail "a repaired store does not show what it did"
whole c

# A removal of a rule that waits is not told as done.
copy h
on h expect add --job backup --every 24h 2>/dev/null
rule=$(on h expect list --json | sed -nE 's/.*"rule":"([0-9a-f]{10}).*/\1/p')
flip h 0 2
expect 1 h verify
on h expect remove "$rule" 2>"$work/said" || fail "a held removal is refused: $(cat "$work/said")"
says 'own feed are damaged'
! grep -q 'taken back' "$work/said" || fail "a removal that waits is told as done"

# The own feed is damaged: nothing is signed, lines wait, and a person says how it goes on.
copy d
flip d 0 2
expect 1 d verify
says 'publishing is held'
printf 'waits\n' | on d publish --job j 2>"$work/said" || fail "held lines are refused: $(cat "$work/said")"
says 'own feed are damaged'
on d status >"$work/said"
says 'held: messages of this host'
expect 65 d verify --repair
says '--own'
expect 0 d verify --repair --own
expect 75 d restore
on a export --feed a >"$work/a.bundle"
on d import "$work/a.bundle" >"$work/o" 2>&1 || fail "the own feed does not come back: $(cat "$work/o")"
expect 0 d restore
on d log -a >"$work/again"
grep -qF waits "$work/again" || fail "what waited is lost"
whole d

# The last own message, by whose key the next would be signed: publishing finds it by itself.
copy e
sql e "UPDATE feeds SET key = zeroblob(32) WHERE feed = 1"
printf 'waits\n' | on e publish --job j 2>"$work/said"
says 'kept, to be signed later: messages of this host.s own feed are damaged'

# A store that cannot be written to.
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
  copy r
  # shellcheck disable=SC2016 # for the shell below
  SSBLOG="$ssblog" R="$work/r" O="$work" unshare -m bash -euc '
    mount --bind "$R" "$R"
    mount -o remount,bind,ro "$R"
    export HOME="$R" XDG_STATE_HOME="$R/state" XDG_DATA_HOME="$R/data"
    "$SSBLOG" verify --full >"$O/ro" 2>&1
    "$SSBLOG" log -a >"$O/ro.log"
    "$SSBLOG" assemble -o "$O/ro.merged"
    "$SSBLOG" status >"$O/ro.status" 2>&1
    status=0
    printf "x\n" | "$SSBLOG" publish --job j >"$O/ro.published" 2>&1 || status=$?
    [ "$status" != 0 ]
    grep -q -i "read-only" "$O/ro.published"
  ' || fail "a read-only store: $(cat "$work"/ro*)"
  same "$work/ro.log" "$work/good" "a read-only store shows other lines"
else
  echo "skipped: a read-only store: needs root and mounts"
fi

# A text and its proof.
on a assemble -o "$work/text" --proof
expect 0 a verify --proof "$work/text.proof"
grep -q 'text: complete$' "$work/out" || fail "$(cat "$work/out")"
cp "$work/text" "$work/kept"
sed -i '4s/line/lime/' "$work/text"
expect 1 a verify --proof "$work/text.proof"
grep -q 'altered at line 4$' "$work/out" || fail "$(cat "$work/out")"
head -n 6 "$work/kept" >"$work/text"
expect 1 a verify --proof "$work/text.proof"
grep -q 'missing tail: lines 7 to' "$work/out" || fail "$(cat "$work/out")"
{ cat "$work/kept"; echo more; } >"$work/text"
expect 0 a verify --proof "$work/text.proof"
grep -q 'complete, and 5 bytes more' "$work/out" || fail "$(cat "$work/out")"
cp "$work/kept" "$work/text"
expect 1 b verify --proof "$work/text.proof"
says 'the tail is missing'
sed -i 's/"lines":/"lime":/' "$work/text.proof"
expect 65 a verify --proof "$work/text.proof"
says 'no proof of ssblog'

# Limits are told.
on a status --limits >"$work/out"
grep -q '^max_connections  *256' "$work/out" || fail "$(cat "$work/out")"
on a status --limits --json | python3 -c 'import json, sys
limits = json.load(sys.stdin)
assert limits["max_box_body"] == {"value": 4096, "unit": "bytes"}, limits'

# A daemon whose copy of a feed is damaged: it sends nothing of it, asks its peers again, and passes the feed on then. q has
# p's feed from p, and s only ever meets q.
init p
for host in q s; do on "$host" init --name "$host" --caps.shs "@$(home_of p)/config.toml" >"$work/$host.id" 2>/dev/null; done
for host in p q s; do printf '\n[lan]\ndiscover = false\n' >>"$(home_of "$host")/config.toml"; done
seq 1 300 | on p publish --job numbers --line-per-message
on q follow "$(cat "$work/p.id")" 2>/dev/null
on s follow "$(cat "$work/p.id")" 2>/dev/null
on s follow "$(cat "$work/q.id")" 2>/dev/null
on q follow "$(cat "$work/s.id")" 2>/dev/null
on p follow "$(cat "$work/q.id")" 2>/dev/null
start p
on q connect --save "$(address p)" 2>/dev/null
numbers() { on "$1" log --feed p -a 2>/dev/null | sed -n 's/.* numbers\[stdout\]: //p'; }
has_numbers() { [ "$(numbers "$1")" = "$(seq 1 300)" ]; }
start q
wait_until 20 has_numbers q
stop q
flip q 1 150
start q
on s connect --save "$(address q)" 2>/dev/null
start s
wait_until 30 has_numbers s
wait_until 30 has_numbers q
grep -q 'damaged in the store behind message 149' "$work/q.log" || fail "the damage is not told: $(cat "$work/q.log")"
whole q
whole s

# What others say to hold.
expect 0 q verify --against-peers
grep -q '^complete .*peers say' "$work/out" || fail "$(cat "$work/out")"
stop s
stop q
stop p
expect 75 q verify --against-peers
says 'not everybody could be asked'
