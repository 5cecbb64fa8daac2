#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/redact.sh SSBLOG - secrets are masked before anything is signed: by `run` and in files, on by default. What
# passes through, and what `publish` is given, stays as it is.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"

init a
home=$work/a/data/ssblog
logs=$work/logs
mkdir -p "$logs"
export TZ=UTC
# Made up: they open nothing.
jwt=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtYWRlLXVwIn0.c2lnbmF0dXJlLW9mLW5vYm9keQ
key=MIIEabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01234567
cat >"$work/secrets" <<END2
one line
login https://bob:hunter2@example.org/ with password=hunter2 and $jwt
-----BEGIN RSA PRIVATE KEY-----
$key
$key
-----END RSA PRIVATE KEY-----
$(seq -f 'plain line %g' 200)
last line
END2

# in_feed JOB: the bytes that the feed has of it.
in_feed() { on a assemble --raw --job "$1"; }
# masked FILE WHAT: as long as the secrets, line for line, and without any.
masked() {
  [ "$(wc -lc <"$1")" = "$(wc -lc <"$work/secrets")" ] || fail "$2: lines or bytes are missing: $(cat "$1")"
  ! grep -qE 'hunter2|eyJ|MIIE' "$1" || fail "$2: a secret is in the feed: $(cat "$1")"
  grep -qF 'https://bob:*******@example.org/ with password=******* and [redacted:jwt]***' "$1" ||
    fail "$2: masked in another way: $(cat "$1")"
  grep -qF '[redacted:private-key]*****' "$1" || fail "$2: the key is not named: $(cat "$1")"
}

# ---- run ----

on a run --job run -- cat "$work/secrets" >"$work/out" || fail "run: $?"
same "$work/secrets" "$work/out" "what passes through is changed"
in_feed run >"$work/fed"
masked "$work/fed" run
# Byte by byte, and without a last newline.
# shellcheck disable=SC2016 # for the inner shell
on a run --job slow -- sh -c 'while IFS= read -r line; do printf "%s" "${line%??}"; printf "%s\n" "${line#"${line%??}"}"; done <"$1"' \
  - "$work/secrets" >"$work/out" || fail "run in pieces: $?"
same "$work/secrets" "$work/out" "what passes through in pieces is changed"
in_feed slow >"$work/fed"
masked "$work/fed" "run in pieces"
on a run --job end -- printf 'key AKIAABCDEFGHIJKLMNOP' >/dev/null
[ "$(in_feed end)" = 'key [redacted]**********' ] || fail "a last line without newline: $(in_feed end)"
on a run --job filtered --min-level err -- sh -c 'echo "ERROR password=hunter2"; echo "info token"' >/dev/null
[ "$(in_feed filtered)" = 'ERROR password=*******' ] || fail "with --min-level: $(in_feed filtered)"
on a run --job plain --no-redact -- cat "$work/secrets" >/dev/null
in_feed plain >"$work/fed"
same "$work/secrets" "$work/fed" "--no-redact changes something"

# ---- files ----

cat >>"$home/config.toml" <<END2
[[source]]
name = "masked"
paths = ["$logs/masked*.log"]
job = "files"
redact-patterns = ["customer=(\\\\d+)"]
[[source]]
name = "plain"
paths = ["$logs/plain.log"]
job = "plain-files"
redact = false
[[source]]
name = "raw"
paths = ["$logs/raw.log"]
job = "raw-files"
raw = true
END2
expect 0 a config check
for name in masked plain raw; do cp -- "$work/secrets" "$logs/$name.log"; done
expect 0 a ship --once
in_feed files >"$work/fed"
masked "$work/fed" "a file"
for job in plain-files raw-files; do
  in_feed "$job" >"$work/fed"
  same "$work/secrets" "$work/fed" "$job is changed"
done
# Known again: rotated, packed, copied; and what was written meanwhile comes, once.
printf 'order customer=4711 of\n' >>"$logs/masked.log"
mv -- "$logs/masked.log" "$logs/masked.log.1"
gzip -- "$logs/masked.log.1"
cp -p -- "$work/secrets" "$logs/masked-copy.log"
printf 'after password: "hunter2"\n' >"$logs/masked.log"
expect 0 a ship --once
in_feed files >"$work/fed"
[ "$(grep -c 'last line' "$work/fed")" = 1 ] || fail "a file with secrets came in twice: $(cat "$work/fed")"
grep -qxF 'order customer=**** of' "$work/fed" || fail "a user's pattern: $(tail -n 4 "$work/fed")"
grep -qxF 'after password: "*******"' "$work/fed" || fail "behind a rotation: $(tail -n 4 "$work/fed")"
# A line that is not whole when the program ends.
printf 'half eyJhbGciOiJIUzI1NiJ9.eyJzdWIi' >>"$logs/masked.log"
expect 0 a ship --once
printf 'OiJtYWRlLXVwIn0.c2lnbmF0dXJl done\n' >>"$logs/masked.log"
expect 0 a ship --once
in_feed files >"$work/fed"
grep -qE '^half [^ ]*\*+ done$' "$work/fed" || fail "a line in two halves: $(tail -n 2 "$work/fed")"
whole a
# ---- mistakes in config.toml ----

cp -- "$home/config.toml" "$work/good.toml"
cat >"$work/bad.toml" <<'END2'
[[source]]
name = "a"
paths = ["/x"]
raw = true
redact = true
[[source]]
name = "b"
paths = ["/y"]
redact-patterns = ["("]
[[source]]
name = "c"
paths = ["/z"]
redact = false
redact-patterns = ["x"]
END2
expect 78 a config check "$work/bad.toml"
[ "$(wc -l <"$work/said")" = 3 ] || fail "three mistakes: $(cat "$work/said")"
says 'line 5: source.redact = true cannot be with raw = true'
says 'line 9: "(" is no pattern of RE2'
says 'line 14: source.redact-patterns means nothing to redact = false'

# ---- source test ----

expect 0 a source test "$work/secrets"
grep -qF 'password=*******' "$work/out" || fail "source test: $(cat "$work/out")"
! grep -qE 'hunter2|eyJ|MIIE' "$work/out" || fail "source test shows a secret: $(cat "$work/out")"
grep -qF '; masked: 1 jwt, 1 password, 2 private-key, 1 url-password; ' "$work/out" || fail "source test: $(cat "$work/out")"
expect 0 a source test "$work/secrets" --source plain
grep -qF 'password=hunter2' "$work/out" || fail "source test of a plain source: $(cat "$work/out")"

# ---- publish, tap: nothing is changed ----

on a publish --job published <"$work/secrets" 2>"$work/said" || fail "publish: $?"
in_feed published >"$work/fed"
same "$work/secrets" "$work/fed" "publish changes bytes"
[ "$(wc -l <"$work/said")" = 1 ] || fail "publish warns once: $(cat "$work/said")"
says 'url-password'
! grep -q hunter2 "$work/said" || fail "the warning has the secret: $(cat "$work/said")"
on a publish --job quiet --no-redact <"$work/secrets" 2>"$work/said" || fail "publish --no-redact: $?"
[ ! -s "$work/said" ] || fail "publish --no-redact warns: $(cat "$work/said")"
expect 0 a publish --text 'password=hunter2'
says '(password)'
expect 0 a publish --text 'the bearer of news'
[ ! -s "$work/said" ] || fail "publish warns of nothing: $(cat "$work/said")"
expect 0 a publish --type note --password hunter2
says '(password)'
# shellcheck disable=SC2094 # both read it
on a tap tapped <"$work/secrets" 2>/dev/null | cmp - "$work/secrets" || fail "tap changes what passes"
