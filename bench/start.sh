#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench/start.sh - how long one `ssblog publish --text` takes, durable, also while an import runs at full speed.
#
# usage: bench/start.sh [SSBLOG]     (ROUNDS=5, of 10 processes each; LINES_SINGLE=200000 for the import)
: "${ROUNDS:=5}"
# shellcheck source=bench/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

setting
echo
fresh_home
if command -v sqlite3 >/dev/null; then
  sqlite3 "$work/plain.db" 'PRAGMA journal_mode=WAL; CREATE TABLE lines(line TEXT)' >/dev/null
fi
for ((round = 0; round < rounds; ++round)); do
  measure true -n 10 true
  measure text -n 10 "$ssblog" publish --path "$work/home" --text 'disk changed'
  if [ -e "$work/plain.db" ]; then
    measure sqlite -n 10 sqlite3 "$work/plain.db" "INSERT INTO lines VALUES ('disk changed')"
  fi
done
show() {
  printf '%-44s %8.2f ms (p99 %.2f), %.2f ms of CPU, %.1f MiB\n' "$2" "$(column "$1" 1)" "$(column "$1" 2)" \
    "$(column "$1" 4)" "$(awk -v kib="$(column "$1" 5)" 'BEGIN { print kib / 1024 }')"
}
show text "publish --text, one process"
show true "true"
[ ! -e "$work/times.sqlite" ] || show sqlite "sqlite3 FILE 'INSERT ...'"

"$bench/bench_make_bundle" 20 20 $((single_lines / 20)) single >"$work/bundle"
"$ssblog" import --path "$work/home" "$work/bundle" >/dev/null 2>&1 &
import=$!
measure busy -n 100 "$ssblog" publish --path "$work/home" --text 'disk changed'
if kill -0 "$import" 2>/dev/null; then ended="the import was still running"; else ended="the import ended before"; fi
wait "$import"
show busy "100 of them during an import ($ended)"
floor
