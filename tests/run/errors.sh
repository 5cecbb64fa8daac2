#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/errors.sh SSBLOG - every error that a user can reach: its exit code, one sentence that names the thing,
# and nothing changed.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"

init a
home=$work/a/data/ssblog
printf 'one\ntwo\n' | on a publish --job j
printf 'err\n' | on a publish --job j --stream stderr
mkdir "$work/empty" "$work/d"
printf 'my notes\n' >"$work/notes"

# What there is of a host and its guard; the side files of SQLite come and go with readers.
fingerprint() {
  (
    unset SSBLOG_CAPS_FILE
    cd -- "$work/$1"
    find . -type f ! -name '*-shm' ! -name '*-wal' -exec sha256sum {} + | sort
    on "$1" log -a
  ) | sha256sum
}

# refused CODE PATTERN HOST WORDS...: the command ends so, says one sentence with PATTERN, prints nothing.
count=0
before=$(fingerprint a)
refused() {
  local code=$1 pattern=$2 host=$3 status=0 after
  shift 3
  count=$((count + 1))
  on "$host" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
  after=$(fingerprint a)
  [ "$status" = "$code" ] || fail "$*: exit $status instead of $code: $(cat "$work/err")"
  [ "$(wc -l <"$work/err")" = 1 ] || [ "${lines:-1}" != 1 ] || fail "$*: not one line: $(cat "$work/err")"
  grep -q '^ssblog: ' "$work/err" || fail "$*: it does not say who says it: $(cat "$work/err")"
  grep -qF -- "$pattern" "$work/err" || fail "$*: it does not say \"$pattern\": $(cat "$work/err")"
  [ ! -s "$work/out" ] || fail "$*: printed $(head -c 200 "$work/out")"
  [ "$before" = "$after" ] || fail "$*: something was changed"
}

# Words.
refused 64 'ssblog --help' a
refused 64 'frobnicate' a frobnicate
for verb in init whoami log assemble export import verify restore; do
  refused 64 'frobnicate' a "$verb" --frobnicate
done
for verb in whoami export verify restore; do refused 64 'unexpected' a "$verb" unexpected; done
refused 64 'too short' a expect remove abc
refused 64 'no time like' a expect add --job x --calendar '2019-01-01'
refused 64 '--grace belongs' a expect add --job x --grace 1h
refused 64 'is empty' a expect add --job x --calendar ''
refused 64 'no day of a calendar' a expect add --job x --calendar '*-02-30'
refused 64 'Nowhere/Town' a expect add --job x --calendar daily --zone Nowhere/Town
refused 64 '--html needs' a status --html ''
for verb in log assemble; do refused 64 'level:loud' a "$verb" level:loud; done
refused 64 'which door' a debug
refused 64 'which door' a debug frobnicate
refused 64 '--batch' a publish --batch soon
refused 64 '--batch' a publish --batch 99999999
refused 64 '--json' a publish --json=yes
refused 64 'chunk' a publish --chunk 5
refused 64 'recps' a publish --recps x
refused 64 'min-level' a publish --min-level loud
refused 64 'min-level' a publish --min-level err --type post --text x
refused 64 'two weeks ago on a whim' a log -S 'two weeks ago on a whim'
refused 64 '25:00' a assemble -U 25:00
refused 64 '-n many' a log -n many
refused 64 'many lines' a log --lines 'many lines'
refused 64 'nobody' a log --feed nobody
refused 64 'nobody' a assemble --feed nobody
refused 64 'nobody' a verify --feed nobody
refused 64 '@AAAA' a import --feed @AAAA
refused 64 '@AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=.ed25519' a log --feed @AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=.ed25519
refused 64 '-o' a assemble --append-only
refused 64 '-o' a assemble --rebuild
lines=many refused 64 '--stream' a assemble --raw
refused 64 '--raw' a assemble --raw --since yesterday
refused 64 '--raw' a assemble --raw --source a
refused 64 '--import-secret' a init --never-published

# The network key.
refused 78 '35 bytes' empty init --caps.shs randonsecretAPIstringthatisaboutfortycharacters
printf 'randonsecretAPIstringthatisaboutfortycharacters\n' >"$work/caps"
refused 78 '35 bytes' empty init --caps.shs "@$work/caps"
refused 66 "$work/none" empty init --caps.shs "@$work/none"
refused 78 '0 bytes' empty init --caps.shs ''
refused 78 'signing key' a publish --caps.sign short --text x
[ ! -e "$work/empty/data" ] || fail "init was refused, but made something"
SSBLOG_CAPS_FILE=$work/caps refused 78 '35 bytes' a log
SSBLOG_CAPS_FILE=$work/none refused 66 "$work/none" a log

# Homes that are none.
for verb in whoami publish log assemble export import verify restore; do
  refused 78 'ssblog init' nobody "$verb"
  refused 78 "$work/empty" a "$verb" --path "$work/empty"
done
refused 73 'has an identity already' a init
refused 73 'has an identity already' a init --name other

# Files.
refused 66 "$work/none" a import "$work/none"
refused 66 "$work/d" a import "$work/d"
refused 66 "$work/none" a import "$work/caps" "$work/none"
refused 66 "$work/none" empty init --import-secret "$work/none"
refused 73 "$work/notes" a assemble -o "$work/notes"
refused 73 "$work/notes" a assemble --append-only -o "$work/notes"
[ "$(cat "$work/notes")" = 'my notes' ] || fail "a file of the user was changed"
refused 73 "$work/d" a assemble -o "$work/d"
refused 73 "$work/none/log" a assemble -o "$work/none/log"
refused 73 "$work/none/b" a export -o "$work/none/b"
mkfifo "$work/fifo"
refused 73 "$work/fifo" a assemble -o "$work/fifo"
cp "$home/secret" "$work/open-secret"
chmod 644 "$work/open-secret"
refused 77 '0644' empty init --import-secret "$work/open-secret"
cp "$work/caps" "$work/bad-secret"
chmod 600 "$work/bad-secret"
refused 65 "$work/bad-secret" empty init --import-secret "$work/bad-secret"
printf '[network]\nkey = "short"\n' >"$work/bad.toml"
refused 78 "$work/bad.toml" empty init --caps.shs "@$work/bad.toml"

# A bundle that is none: told, and nothing is taken.
status=0
on a import "$work/notes" >"$work/out" 2>"$work/err" || status=$?
[ "$status" = 65 ] || fail "a file that is no bundle: exit $status"
grep -q "$work/notes" "$work/err" || fail "a file that is no bundle is not named: $(cat "$work/err")"

# Content that no message can have.
refused 65 '8192' a publish --type post --text "$(head -c 9000 /dev/zero | tr '\0' x)"
refused 65 'type' a publish --type xx --text hello
status=0
printf 'not JSON' | on a publish . >"$work/out" 2>"$work/err" || status=$?
[ "$status" = 65 ] || fail "publish of what is no JSON: exit $status: $(cat "$work/err")"

# Homes that are not as they should be: each a copy of the good one.
broken() {
  rm -rf -- "$work/x"
  mkdir -p "$work/x/data"
  cp -a -- "$work/a/data/ssblog" "$work/x/data/"
}
x=$work/x/data/ssblog
broken
chmod 640 "$x/secret"
for verb in whoami publish import restore; do refused 77 '0640' x "$verb"; done
broken
echo nonsense >"$x/secret"
refused 65 "$x/secret" x whoami
broken
rm -- "$x/secret"
refused 78 'no identity' x publish --text hello
broken
rm -- "$x/ssblog.db"-*
echo 'this is no database, but a text that somebody wrote' >"$x/ssblog.db"
for verb in publish log assemble export verify restore; do refused 65 'no ssblog store' x "$verb"; done
broken
echo 'frobnicate = 1' >>"$x/config.toml"
for verb in publish log verify whoami; do refused 78 'frobnicate' x "$verb"; done
broken
cp -- "$x/config.toml" "$work/good.toml"
for line in 'port = 70000' 'port = "8008"' 'hops = -1' 'hops = 1.5'; do
  { cat "$work/good.toml"; printf '%s\n' "$line"; } >"$x/config.toml"
  refused 78 "network.${line%% *} must be a number" x whoami
done
cp -- "$work/good.toml" "$x/config.toml"
printf '\n[network\n' >>"$x/config.toml"
refused 78 "$x/config.toml" x log
broken
printf 'name = 7\n' >"$x/config.toml"
refused 78 "$x/config.toml" x publish --text hello

if command -v python3 >/dev/null && python3 -c 'import sqlite3' 2>/dev/null; then
  broken
  python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("PRAGMA user_version = 99")' "$x/ssblog.db"
  for verb in publish log assemble export verify import restore; do refused 78 'newer ssblog' x "$verb"; done
  broken
  rm -- "$x/ssblog.db"*
  python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("CREATE TABLE t(a)")' "$x/ssblog.db"
  for verb in publish log; do refused 65 'no ssblog store' x "$verb"; done
else
  echo "skipped: newer schema and foreign databases: no python3 with sqlite3"
fi

# Without permission: as a user that root can become.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null && chmod 755 "$work" "$work/a" && cp -- "$ssblog" "$work/ssblog"; then
  # as_nobody CODE PATTERN WORDS...
  as_nobody() {
    local code=$1 pattern=$2 status=0
    shift 2
    setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$work/nobody" "$work/ssblog" "$@" \
      >"$work/out" 2>"$work/err" </dev/null || status=$?
    [ "$status" = "$code" ] || fail "as nobody: $*: exit $status instead of $code: $(cat "$work/err")"
    [ "$(wc -l <"$work/err")" = 1 ] || fail "as nobody: $*: not one line: $(cat "$work/err")"
    grep -qF -- "$pattern" "$work/err" || fail "as nobody: $*: it does not say \"$pattern\": $(cat "$work/err")"
  }
  for verb in whoami publish log assemble verify; do as_nobody 77 "$home" "$verb" --path "$home"; done
  as_nobody 77 "$work/d" init --path "$work/d/home"
  # A store that may be read, but not written.
  broken
  chmod -R a+rX "$work/x"
  on x log >"$work/wanted"
  chmod 755 "$work/x" "$work/x/data" "$x"
  rm -- "$x/ssblog.db-shm"
  as_nobody 77 "$x/secret" publish --path "$x" --text hello
else
  echo "skipped: files without permission: needs root and setpriv"
fi
# The home that is named by the environment is the one that is made.
SSBLOG_PATH=$work/named/home on empty init --name named >/dev/null 2>&1 || fail "init with SSBLOG_PATH: $?"
[ -f "$work/named/home/secret" ] || fail "init did not make the home that SSBLOG_PATH names"
echo "$count refusals"
