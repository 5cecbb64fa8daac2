#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/assemble_follow.sh SSBLOG - `assemble --follow` to a file, to a directory and to a pipe: lines as they come,
# late ones where they belong, and an end that is clean.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"

started=()
stop_all() {
  local pid
  for pid in "${started[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  rm -rf -- "$work"
}
trap stop_all EXIT

# follow NAME WORDS...: in the background, its pid in $pid.
follow() {
  local name=$1
  shift
  mkdir -p -- "$work/a"
  env HOME="$work/a" XDG_STATE_HOME="$work/a/state" XDG_DATA_HOME="$work/a/data" \
    "$ssblog" assemble --follow "$@" >"$work/$name.out" 2>"$work/$name.said" &
  pid=$!
  started+=("$pid")
}
has() { grep -q -- "$1" "$2"; }
ended() { ! kill -0 "$1"; }
# stopped PID: by SIGTERM, and cleanly.
stopped() {
  local status=0
  kill -TERM "$1"
  wait "$1" || status=$?
  [ "$status" = 0 ] || fail "SIGTERM ends it with $status"
}

init a
init b
on b publish --job b --text 'early, but it comes late' >/dev/null
on b export -o "$work/b.bundle" 2>/dev/null
seq 1 1000 | on a publish --job before
follow file -o "$work/log"
file=$pid
follow dir --dir "$work/files" --name '{job}.log'
dir=$pid
follow pipe --format jsonl
pipe=$pid
wait_until 20 has ']: 1000$' "$work/log"
wait_until 20 has ']: 1000$' "$work/files/before.log"
wait_until 20 has '"text":"1000"' "$work/pipe.out"

for n in 1 2 3 4 5; do
  on a publish --job now --text "line $n" >/dev/null
  wait_until 20 has "line $n\$" "$work/log"
  wait_until 20 has "line $n\$" "$work/files/now.log"
  wait_until 20 has "\"line $n\"" "$work/pipe.out"
done
on a import "$work/b.bundle" >/dev/null
wait_until 20 has 'it comes late' "$work/log"
wait_until 20 has 'it comes late' "$work/files/b.log"
wait_until 20 has 'it comes late' "$work/pipe.out"
head -n 1 "$work/log" | grep -q 'it comes late' || fail "the late line is not where it belongs"
tail -n 1 "$work/pipe.out" | grep -q 'it comes late' || fail "in a pipe, lines come as they come"

# Killed, and started again.
kill -9 "$file" "$dir"
wait_until 20 ended "$file"
wait_until 20 ended "$dir"
on a publish --job now --text 'after the kill' >/dev/null
follow file -o "$work/log"
file=$pid
follow dir --dir "$work/files" --name '{job}.log'
dir=$pid
wait_until 20 has 'after the kill$' "$work/log"
wait_until 20 has 'after the kill$' "$work/files/now.log"
wait_until 20 has 'after the kill' "$work/pipe.out"
stopped "$file"
stopped "$dir"
stopped "$pipe"
for name in file dir pipe; do [ ! -s "$work/$name.said" ] || fail "$name says: $(cat "$work/$name.said")"; done
same "$work/log" <(on a assemble) "the file is not what assemble prints"
on a assemble --dir "$work/anew" --name '{job}.log'
diff -r --exclude='.*' "$work/files" "$work/anew" >&2 || fail "the files are not those of a fresh directory"
[ "$(wc -l <"$work/pipe.out")" = 1007 ] || fail "the pipe got $(wc -l <"$work/pipe.out") lines"

# One writer at a time, and nobody who reads.
follow file -o "$work/log"
file=$pid
on a publish --job now --text 'locked?' >/dev/null
wait_until 20 has 'locked?$' "$work/log"
stopped "$file"

# Another one that writes for a while is waited for.
follow file -o "$work/log"
file=$pid
on a publish --job now --text 'before it is busy' >/dev/null
wait_until 20 has 'before it is busy$' "$work/log"
# It naps between its tries, each of which has some dozens.
naps() { sed -n 's/^voluntary_ctxt_switches:[^0-9]*//p' "/proc/$file/status" 2>/dev/null || echo 0; }
napped() { [ "$(naps)" -gt $((before + 100)) ] || ended "$file"; }
before=$(naps)
exec 8<>"$work/log"
flock 8
on a publish --job now --text 'behind the other one' >/dev/null
[ "$before" = 0 ] || wait_until 30 napped
exec 8>&-
wait_until 20 has 'behind the other one$' "$work/log"
stopped "$file"
[ ! -s "$work/file.said" ] || fail "a moment's wait is told: $(cat "$work/file.said")"

# One that waits for its reader ends when it is told to.
seq -f 'much to write, line %.0f' 1 20000 | on a publish --job much
mkfifo "$work/pipe"
exec 9<>"$work/pipe"
env HOME="$work/a" XDG_STATE_HOME="$work/a/state" XDG_DATA_HOME="$work/a/data" \
  "$ssblog" assemble --follow >"$work/pipe" 2>/dev/null 9>&- &
pid=$!
started+=("$pid")
# blocked PID: it sleeps in a write to the pipe.
blocked() { grep -q pipe "/proc/$1/wchan" || grep -Eq '^1 ' "/proc/$1/syscall"; }
if [ -r "/proc/$pid/syscall" ]; then
  wait_until 20 blocked "$pid"
  kill -INT "$pid" # which the shell has it ignore
  kill -TERM "$pid"
  wait_until 20 ended "$pid"
  status=0
  wait "$pid" || status=$?
  [ "$status" = 143 ] || fail "SIGTERM within a round ends it with $status"
fi
exec 9>&-
{ on a assemble --follow 2>/dev/null || true; } | head -n 1 >/dev/null
ends_with 64 'leave --follow out' at a "$ssblog" assemble --follow --raw
echo "followed"
