#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/search.sh SSBLOG - `search` with its index and without: the same lines, whatever became of store and index.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"

init nas
init web
home=$work/nas/data/ssblog
for i in 1 2 3; do
  awk -v i=$i 'BEGIN { for (n = 1; n <= 2000; ++n) print "line " n " of " i ", number=abc" n }' | on nas publish --job "job$i" >/dev/null || fail "publish"
done
seq -f 'web says %g' 1 500 | on web publish --job web >/dev/null || fail "publish"
# One line over several messages, with a word where two of them meet.
{
  head -c 20000 /dev/zero | tr '\0' 'x'
  printf ' needle in a long line\n'
} | on nas publish --job long >/dev/null || fail "publish"
on web export --output "$work/web.bundle" >/dev/null 2>&1 || fail "export"
on nas import "$work/web.bundle" >/dev/null 2>&1 || fail "import"

words=('number=abc1999' 'abc1' 'says 49' 'needle' 'NUMBER=ABC7' 'nothing like it' 'line 5 job:job2' 'of 3,' '4')
# answers FILE: what all searches say.
answers() {
  local word
  for word in "${words[@]}"; do
    # shellcheck disable=SC2086 # words of a search
    case $word in
      *job:*) on nas search -n all $word ;;
      *) on nas search -n all "$word" && on nas search -r -n 7 "$word" ;;
    esac || fail "search $word"
  done >"$1" 2>"$work/said"
  [ ! -s "$work/said" ] || fail "search says: $(cat "$work/said")"
}
answers "$work/without"
[ "$(on nas search -n all needle | wc -l)" = 1 ] || fail "the long line is not found"
[ "$(on nas search line | wc -l)" = 50 ] || fail "not 50 lines"
[ "$(on nas log -n 5 says | md5sum)" = "$(on nas search -n 5 says | md5sum)" ] || fail "log and search differ"
[ ! -e "$home/search.db" ] || fail "a search makes no index"

expect 0 nas search --index
says 'is up to date'
[ "$(stat -c %a "$home/search.db")" = 600 ] || fail "the index can be read by others"
answers "$work/with"
same "$work/without" "$work/with" "the index changes what is found"

# What is new is found at once, few messages and many.
on nas publish --job job1 --text 'brand-new line' >/dev/null
[ "$(on nas search brand-new | wc -l)" = 1 ] || fail "a new line is not found"
seq -f 'many %g' 1 300 | on nas publish --job many --line-per-message >/dev/null || fail "publish"
[ "$(on nas search -n all many | wc -l)" = 300 ] || fail "many new lines are not found"

# A feed goes, a feed is cut short and comes again.
on nas forget "$(cat "$work/web.id")" >/dev/null 2>&1 || fail "forget"
[ "$(on nas search -n all 'web says' | wc -l)" = 0 ] || fail "lines of a feed that is gone"
on nas import "$work/web.bundle" >/dev/null 2>&1 || fail "import"
[ "$(on nas search -n all 'web says' | wc -l)" = 500 ] || fail "lines of a feed that came again"

# A copy of the store that is older than the index: the index was not in the backup.
cp "$home/search.db" "$work/old-index"
expect 0 nas search --drop
[ ! -e "$home/search.db" ] || fail "--drop leaves it"
answers "$work/without"

# Damaged, foreign and old files make a search slow, and are told.
head -c 20000 /dev/urandom >"$home/search.db"
on nas search -n all needle >"$work/out" 2>"$work/said" || fail "search with a damaged index"
[ "$(wc -l <"$work/out")" = 1 ] || fail "a damaged index hides a line"
says 'searching without the index'
expect 0 nas search --index
says 'made anew'
answers "$work/with"
same "$work/without" "$work/with" "the index that was made anew changes what is found"
on nas search --drop
cp "$work/old-index" "$home/search.db"
answers "$work/with"
same "$work/without" "$work/with" "an old index changes what is found"

# Two at once, and one that is killed.
on nas search --drop
on nas search --index >/dev/null 2>&1 &
on nas search --index >/dev/null 2>&1 || true
wait
if command -v strace >/dev/null && strace -f -qq -o /dev/null true 2>/dev/null; then
  for n in 1 5 20 60; do
    on nas search --drop
    killed_at pwrite64 "$n" nas search --index && break
    answers "$work/with"
    same "$work/without" "$work/with" "an index whose making was killed changes what is found"
  done
fi
on nas search --index >/dev/null 2>&1 || fail "index"
answers "$work/with"
same "$work/without" "$work/with" "the index changes what is found"

# The daemon keeps it, inside its sandbox; and a search makes it where it is wanted.
on nas search --drop
printf '\n[search]\nindex = true\n' >>"$home/config.toml"
on nas search needle >/dev/null
[ -e "$home/search.db" ] || fail "a search does not make the index that is wanted"
on nas search --drop
if command -v python3 >/dev/null; then
  start nas
  on nas publish --job late --text 'a late line' >/dev/null
  taken() {
    python3 - "$home/search.db" "$home/ssblog.db" <<'PY'
import sqlite3, sys
def messages(path):
    with sqlite3.connect("file:" + path + "?mode=ro", uri=True) as database:
        return database.execute("SELECT sum(sequence) FROM feeds").fetchone()[0]
sys.exit(messages(sys.argv[1]) != messages(sys.argv[2]))
PY
  }
  wait_until 60 taken 2>/dev/null
  [ "$(on nas search 'late line' | wc -l)" = 1 ] || fail "a line of the daemon's index is not found"
  # The index is taken away from it, and made anew by it.
  on nas search --drop
  on nas publish --job late --text 'a line behind the index' >/dev/null
  wait_until 60 taken 2>/dev/null
  grep -i 'index' "$work/nas.log" && fail "the daemon complains about its index"
  stop nas
  answers "$work/with"
  same "$work/without" "$work/with" "the daemon's index changes what is found"
fi

expect 64 nas search
expect 64 nas search --index word
expect 64 nas search --index --drop
