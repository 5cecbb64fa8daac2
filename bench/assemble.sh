#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench/assemble.sh - how fast 20 feeds become one text, beside `sort -m` of the same lines in 20 text files.
#
# Both read what is in the page cache and write a file. The lines of the feeds alternate in time.
# usage: bench/assemble.sh [SSBLOG]     (ROUNDS=3 LINES_PACKED=1000000 LINES_SINGLE=200000)
# shellcheck source=bench/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

setting
echo

# compare NAME TEXT COUNT MAKE-BUNDLE-WORDS...
compare() {
  local name=$1 text=$2 count=$3 round id
  local -a ids=() files=()
  shift 3
  "$bench/bench_make_bundle" "$@" >"$work/bundle"
  fresh_home
  "$ssblog" import --path "$work/home" "$work/bundle" >/dev/null 2>&1
  mapfile -t ids < <(sed -n 's/.*"author":"\(@[^"]*\)".*"sequence":1,.*/\1/p; s/.*"sequence":1,"author":"\(@[^"]*\)".*/\1/p' "$work/bundle" | sort -u)
  rm -f -- "$work/bundle"
  for id in "${ids[@]}"; do
    files+=("$work/feed.${#files[@]}")
    "$ssblog" assemble --path "$work/home" --feed "$id" >"${files[-1]}"
  done
  for ((round = 0; round < rounds; ++round)); do
    rm -f -- "$work/out"
    measure "$name.file" "$ssblog" assemble --path "$work/home" -o "$work/out"
    rm -f -- "$work/out"*
    measure "$name.stdout" -o "$work/out" "$ssblog" assemble --path "$work/home"
    measure "$name.sort" -o "$work/sorted" sort -m "${files[@]}"
  done
  [ "$(wc -l <"$work/out")" = "$(wc -l <"$work/sorted")" ] || {
    echo "assemble and sort wrote different numbers of lines" >&2
    exit 1
  }
  row "$name.file" "$count" lines "assemble -o FILE, $text"
  row "$name.stdout" "$count" lines "assemble >FILE, $text"
  row "$name.sort" "$count" lines "sort -m of ${#files[@]} files, the same lines"
  rm -f -- "${files[@]}" "$work/out" "$work/sorted"
}

compare long "long streams" "$lines" 20 20 $((lines / 20))
compare short "$((lines / 10)) runs of 10 lines" "$lines" 20 $((lines / 10)) 10
compare single "one line a message" "$single_lines" 20 20 $((single_lines / 20)) single
floor
