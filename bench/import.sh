#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench/import.sh - how fast messages of other hosts are verified and stored, beside bare signature checks.
#
# usage: bench/import.sh [SSBLOG]     (ROUNDS=3 LINES_PACKED=1000000 LINES_SINGLE=200000)
# shellcheck source=bench/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

"$bench/bench_make_bundle" 20 20 $((lines / 20)) >"$work/packed"
"$bench/bench_make_bundle" 20 20 $((single_lines / 20)) single >"$work/single"
messages=$(wc -l <"$work/packed")
setting
echo "input:   20 feeds; packed $lines lines in $messages messages, one a message $single_lines"
echo

for ((round = 0; round < rounds; ++round)); do
  for kind in packed single; do
    fresh_home
    measure "$kind" "$ssblog" import --path "$work/home" "$work/$kind" 2>/dev/null
  done
  "$bench/bench_primitives" >>"$work/floor"
done

row packed "$lines" lines "import, packed"
row packed "$messages" messages "  the same, by messages"
row single "$single_lines" lines "import, one line a message"
awk '$1 == "verify" { n[$2]++; s[$2] += $4 } END { for (b in n) printf "crypto_sign_verify alone, %4d bytes, one thread: %18.0f messages/s\n", b, s[b] / n[b] }' "$work/floor"
floor
