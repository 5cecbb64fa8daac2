#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/sources.sh SSBLOG - config check, source list, source test, ready sources: what a person sees before
# anything of a file is signed.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"

init a
home=$work/a/data/ssblog
logs=$work/logs
mkdir -p "$logs/deep/er" "$logs/empty"
export TZ=UTC

# ---- config check ----

expect 0 a config check
grep -qx "$home/config.toml is fine: 0 sources" "$work/out" || fail "check of a new home: $(cat "$work/out")"
expect 0 a config check "$home/config.toml"
cp -- "$home/config.toml" "$work/first.toml"
cat >>"$home/config.toml" <<END

[files]
scan-interval = "10s"

[[source]]
name = "plain"
paths = ["$logs/*.log", "$logs/deep/**/x.{log,txt}"]
exclude = ["skip.*"]

[[source]]
name = "none"
paths = ["$logs/empty/*", "$logs/nowhere/*.log", "$logs/missing.log"]
time-zone = "Europe/Berlin"
END
expect 0 a config check
grep -q 'is fine: 2 sources' "$work/out" || fail "check: $(cat "$work/out")"

# All mistakes at once, each with its line; the same one stops other commands.
cat >"$work/bad.toml" <<'END'
[[source]]
name = "a"
paths = ["relative/*.log"]
colour = "blue"
[[source]]
name = "a"
paths = ["/x"]
record-start = "("
[filez]
END
expect 78 a config check "$work/bad.toml"
[ ! -s "$work/out" ] || fail "a bad file: $(cat "$work/out")"
[ "$(wc -l <"$work/said")" = 5 ] || fail "a bad file has five mistakes: $(cat "$work/said")"
for line in 3 4 6 8 9; do says "line $line: "; done
says 'is not absolute'
says 'unknown key "source.colour"'
says 'has that name already'
printf 'network = 1\nfiles = []\n' >"$work/tables.toml"
expect 78 a config check "$work/tables.toml"
says 'line 1: network is a table'
says 'line 2: files is a table'
expect 66 a config check "$work/nothing.toml"
says "$work/nothing.toml"
expect 64 a config
expect 64 a config frobnicate
expect 64 a config check one two
cat "$work/first.toml" "$work/bad.toml" >"$work/both.toml"
mv -- "$home/config.toml" "$work/good.toml"
cp -- "$work/both.toml" "$home/config.toml"
expect 78 a config check
expect 78 a source list
expect 78 a whoami
mv -- "$work/good.toml" "$home/config.toml"

# A home without the file has defaults; no home is an error, but not for a file that is named.
mkdir -p "$work/bare"
expect 0 a config check --path "$work/bare"
expect 78 nobody config check
expect 0 nobody config check "$home/config.toml"

# ---- source list ----

printf 'one\n' >"$logs/a.log"
printf 'two\n' >"$logs/b.log"
printf 'no\n' >"$logs/skip.log"
printf 'no\n' >"$logs/deep/y.log"
printf 'three\n' >"$logs/deep/x.txt"
printf 'four\n' >"$logs/deep/er/x.log"
ln -s ../deep "$logs/deep/loop"
expect 0 a source list
grep -qE '^plain +4 files +19 B +4 not begun +/' "$work/out" || fail "list: $(cat "$work/out")"
grep -qE '^none +0 files' "$work/out" || fail "list: $(cat "$work/out")"
grep -qF "! there is no folder $logs/nowhere" "$work/out" || fail "a missing folder: $(cat "$work/out")"
grep -qF "! there is no file $logs/missing.log" "$work/out" || fail "a missing file: $(cat "$work/out")"
[ "$(grep -c '!' "$work/out")" = 2 ] || fail "two troubles: $(cat "$work/out")"
mkfifo "$logs/pipe.log"
ln -s /nonexistent "$logs/dead.log"
expect 0 a source list --json
[ "$(wc -l <"$work/out")" = 2 ] || fail "a JSON object for each source: $(cat "$work/out")"
grep -qF "\"name\":\"plain\"" "$work/out" || fail "JSON: $(cat "$work/out")"
grep -qF "$logs/pipe.log is a named pipe, no file" "$work/out" || fail "a pipe: $(cat "$work/out")"
grep -qF "cannot read $logs/dead.log" "$work/out" || fail "a dead symlink: $(cat "$work/out")"
grep -q '"files":4,"bytes":19,' "$work/out" || fail "JSON: $(cat "$work/out")"
# How far they were read.
expect 0 a ship --once --timeout 60s
expect 0 a source list
grep -qE '^plain +4 files +19 B +all read +/' "$work/out" || fail "list of what was read: $(cat "$work/out")"
printf 'five\n' >>"$logs/a.log"
expect 0 a source list
grep -qE '^plain +4 files +24 B +5 B to read +/' "$work/out" || fail "list of what grew: $(cat "$work/out")"
expect 0 a source list --json
grep -q '"files":4,"bytes":24,"unread":5,"new_files":0,' "$work/out" || fail "JSON: $(cat "$work/out")"
if [ "$(id -u)" != 0 ]; then
  chmod 000 "$logs/a.log"
  expect 0 a source list
  grep -qF "cannot read $logs/a.log: Permission denied" "$work/out" || fail "no permission: $(cat "$work/out")"
  chmod 644 "$logs/a.log"
fi
rm -- "$logs/pipe.log" "$logs/dead.log"

# ---- source test ----

# shown TEXT: a line of the output is exactly this.
shown() { grep -qxF -- "$1" "$work/out" || fail "not shown: '$1': $(cat "$work/out")"; }

cat >"$logs/a.log" <<'END'
Dec 30 23:59:58 nas cron[1]: a
Dec 31 23:59:59 nas app[2]: failed
  at one
no time
Jan  1 00:00:01 nas cron[1]: b
END
printf 'Mar  1 12:00:00 nas half' >>"$logs/a.log"
touch -d 2025-03-02T00:00:00Z "$logs/a.log"
before=$(sha256sum "$home"/ssblog.db "$logs/a.log")
expect 0 a source test "$logs/a.log"
shown '2024-12-30T23:59:58.000Z line           Dec 30 23:59:58 nas cron[1]: a'
shown '2024-12-31T23:59:59.000Z line         +   at one'
shown '2025-01-01T00:00:00.000Z interpolated   no time'
shown '2025-01-01T00:00:01.000Z line           Jan  1 00:00:01 nas cron[1]: b'
shown '2025-03-01T12:00:00.000Z line           Mar  1 12:00:00 nas half'
grep -qF '6 lines in 5 records; times: 5 line, 1 interpolated;' "$work/out" || fail "summary: $(cat "$work/out")"
grep -qF "source plain, stream file:$logs/a.log" "$work/out" || fail "its source: $(cat "$work/out")"
[ "$before" = "$(sha256sum "$home"/ssblog.db "$logs/a.log")" ] || fail "source test changed something"

expect 0 a source test "$logs/a.log" -n 1
[ "$(wc -l <"$work/out")" = 2 ] || fail "-n 1 is one line and the summary: $(cat "$work/out")"
expect 0 a source test "$logs/a.log" --zone America/New_York -n 1
shown '2024-12-31T04:59:58.000Z line           Dec 30 23:59:58 nas cron[1]: a'
expect 64 a source test "$logs/a.log" --zone Europe/Atlantis
says Atlantis
expect 64 a source test "$logs/a.log" --record-start '('
expect 0 a source test "$logs/a.log" --source none -n 1
shown '2024-12-30T22:59:58.000Z line           Dec 30 23:59:58 nas cron[1]: a'
expect 0 a source test "$logs/a.log" --record-start 'cron' -n 4
grep -qF '6 lines in 2 records' "$work/out" || fail "--record-start: $(cat "$work/out")"
expect 0 nobody source test "$logs/a.log" -n 0
grep -qF 'no source, stream file:' "$work/out" || fail "without a home: $(cat "$work/out")"

# Compressed, empty, hostile, large.
gzip -k "$logs/a.log"
on a source test "$logs/a.log.gz" | sed '$d' >"$work/packed"
on a source test "$logs/a.log" | sed '$d' >"$work/plain"
same "$work/packed" "$work/plain" "a compressed file is cut in another way"
: >"$logs/b.log"
expect 0 a source test "$logs/b.log"
grep -qF '0 lines in 0 records' "$work/out" || fail "an empty file: $(cat "$work/out")"
printf 'a\033[31m\000\377\r\n' >"$logs/b.log"
expect 0 a source test "$logs/b.log"
# shellcheck disable=SC1003 # a backslash is meant
grep -qF 'a\x1b[31m\x00\xff\r' "$work/out" || fail "bytes that a terminal obeys: $(cat "$work/out")"
head -c 3000000 /dev/zero | tr '\0' x >"$logs/b.log"
expect 0 a source test "$logs/b.log"
grep -qF '1 lines in 1 records' "$work/out" || fail "a line of 3 MB: $(tail -c 200 "$work/out")"

expect 66 a source test "$logs/none"
says "$logs/none"
expect 66 a source test "$logs"
says 'no regular file'
mkfifo "$work/pipe"
ends_with 66 'no regular file' on a source test "$work/pipe"
expect 64 a source test
expect 64 a source test "$logs/a.log" -n many
expect 64 a source test "$logs/a.log" --source nobody
expect 64 a source test "$logs/a.log" --zone Nowhere
expect 64 a source test "$logs/a.log" --record-start '('
expect 64 a source
expect 64 a source list --zone UTC
expect 64 a source frobnicate

# ---- ready sources ----

expect 0 a source presets
names=$(cut -d' ' -f1 "$work/out")
[ "$(wc -w <<<"$names")" -ge 5 ] || fail "presets: $names"
before=$(sha256sum "$home/config.toml")
for name in $names; do
  expect 0 a source add --preset "$name"
  says 'config check'
  cat "$work/out" >>"$work/first.toml"
done
[ "$before" = "$(sha256sum "$home/config.toml")" ] || fail "source add changed config.toml"
expect 0 a config check "$work/first.toml"
expect 64 a source add
says 'debian'
expect 64 a source add --preset nonsense
