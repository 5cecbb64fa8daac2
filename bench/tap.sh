#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench/tap.sh - what `tap` in a pipe costs, beside `cat` and `tee` in its place.
#
# usage: bench/tap.sh [SSBLOG]     (ROUNDS=3 MEGABYTES=1000)
# shellcheck source=bench/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
megabytes=${MEGABYTES:-1000}

setting
head -c "$((megabytes * 1000000))" /dev/zero >"$work/in"
cat -- "$work/in" >/dev/null
echo "input:   $megabytes MB through two pipes"
echo

# through NAME COMMAND...: a pipe before it and one behind it.
through() {
  local name=$1
  shift
  # shellcheck disable=SC2016 # for the inner shell
  measure "$name" bash -c 'in=$1; shift; cat -- "$in" | "$@" | cat >/dev/null' - "$work/in" "$@"
}
for ((round = 0; round < rounds; ++round)); do
  fresh_home
  through cat cat
  through tap "$ssblog" tap bench --path "$work/home" 2>/dev/null
  through tee tee "$work/copy"
  rm -f -- "$work/copy"
  through spool "$ssblog" tap bench --path "$work/home" --spool "$work/copy"
  rm -f -- "$work/copy"
done
row cat "$megabytes" MB "cat"
row tap "$megabytes" MB "tap, no daemon"
row tee "$megabytes" MB "tee FILE"
row spool "$megabytes" MB "tap --spool FILE"
echo
awk -v cat="$(column cat 1)" -v tap="$(column tap 1)" -v tee="$(column tee 1)" -v spool="$(column spool 1)" 'BEGIN {
  printf "tap takes %.2f times as long as cat; tap --spool %.2f times as long as tee, and %.2f times as long as cat\n", tap / cat, spool / tee, spool / cat }'
