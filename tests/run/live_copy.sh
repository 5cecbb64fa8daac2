#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/live_copy.sh SSBLOG - a home that is copied file by file while it is written to: the copy has a valid beginning
# of the feed, or says that it is damaged; and nothing is signed on top of it.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"

[ "$long" = 1 ] && copies=100 || copies=12
init a
home=$work/a/data/ssblog
lines=0
# load: one process after the other publishes, so that the log of the store begins anew now and then.
load() {
  until [ -e "$work/enough" ]; do
    # What does not become small: the log of the store is soon full.
    head -c 400000 /dev/urandom | base64 -w 70 | on a publish --job load
    on a publish --text "between" --job load
  done
}
load &
loader=$!
whole=0
damaged=0
for ((n = 0; n < copies; n++)); do
  # Another moment, and another order, each time.
  on a publish --job mark --text "mark $n"
  copy=$work/copy-$n
  mkdir "$copy"
  for name in $(printf '%s\n' ssblog.db ssblog.db-wal ssblog.db-shm | shuf); do
    [ "$name" != ssblog.db-shm ] || [ $((n % 2)) = 0 ] || continue
    cp -- "$home/$name" "$copy/" 2>/dev/null || true
  done
  cp -- "$home/secret" "$home/config.toml" "$copy/"
done
: >"$work/enough"
wait "$loader" || fail "publish under copies: $?"
on a publish --job last --text "the last"
whole a
on a export -o "$work/a.bundle" 2>/dev/null
lines=$(wc -l <"$work/a.bundle")

for ((n = 0; n < copies; n++)); do
  copy=$work/copy-$n
  status=0
  on a publish --path "$copy" --json --text "signed twice" >"$work/out" 2>"$work/err" || status=$?
  case $status in
    0) grep -q '"held":true' "$work/out" || fail "copy $n signs on: $(cat "$work/out")" ;;
    65 | 74) ;; # it says that the store is damaged
    *) fail "copy $n: publish says $status: $(cat "$work/err")" ;;
  esac
  # What is damaged may not be found before the message is read: `verify` finds it.
  if on a verify --full --path "$copy" >"$work/verified" 2>&1; then
    on a export --path "$copy" -o "$work/copy.bundle" 2>/dev/null || fail "copy $n is whole, and cannot be exported"
    cmp -n "$(stat -c %s "$work/copy.bundle")" -- "$work/copy.bundle" "$work/a.bundle" || fail "copy $n is no beginning of the feed"
    rm -f -- "$work/copy.bundle"
    whole=$((whole + 1))
  else
    damaged=$((damaged + 1))
  fi
done
[ "$whole" -gt 0 ] || fail "no copy can be read"
echo "$whole copies hold a beginning of the feed of $lines messages, $damaged say that they are damaged"
