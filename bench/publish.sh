#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench/publish.sh - how fast lines become a signed feed, beside what only stores them.
#
# usage: bench/publish.sh [SSBLOG]     (ROUNDS=3 LINES_PACKED=1000000 LINES_SINGLE=200000)
# shellcheck source=bench/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

"$bench/bench_make_lines" "$lines" >"$work/lines"
head -n "$single_lines" "$work/lines" >"$work/some"
setting
echo "input:   $lines lines of 120 bytes, one a message: $single_lines of them"
echo

disk() { find "$work/home" -type f -printf '%s\n' | awk '{ s += $1 } END { print s }'; }

for ((round = 0; round < rounds; ++round)); do
  rm -f -- "$work/copy"
  measure dd dd if="$work/lines" of="$work/copy" bs=256k conv=fsync status=none
  measure zstd zstd -3 -q -f "$work/lines" -o "$work/copy.zst"
  fresh_home
  measure packed -i "$work/lines" "$ssblog" publish --path "$work/home" --job bench
  packed_bytes=$(disk)
  fresh_home
  measure pipe bash -c "cat '$work/lines' | '$ssblog' publish --path '$work/home' --job bench"
  fresh_home
  measure single -i "$work/some" "$ssblog" publish --path "$work/home" --job bench --line-per-message
  single_bytes=$(disk)
done

row packed "$lines" lines "publish, packed"
row pipe "$lines" lines "publish, packed, through a pipe"
row single "$single_lines" lines "publish, one line a message"
row dd "$lines" lines "dd conv=fsync: stored, not signed"
row zstd "$lines" lines "zstd -3: packed, not signed, not durable"
echo
awk -v p="$packed_bytes" -v s="$single_bytes" -v l="$lines" -v o="$single_lines" -v z="$(wc -c <"$work/copy.zst")" 'BEGIN {
  printf "disk, whole home: %.1f bytes a line packed, %.1f one a message; the text has 120, zstd -3 of the file %.1f\n", p / l, s / o, z / l }'
floor
