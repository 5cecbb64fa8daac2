# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# bench/common.sh - what the scripts of bench/ share: the programs, a place to work in, medians, tables.
#
# Sourced, with the script's words. Sets: ssblog, bench (folder of the helpers), work, rounds.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
ssblog=${1:-$root/build/src/cli/ssblog}
[ -x "$ssblog" ] || {
  echo "there is no $ssblog: build ssblog first, or name the program" >&2
  exit 66
}
ssblog=$(cd -- "$(dirname -- "$ssblog")" && pwd)/$(basename -- "$ssblog")
bench=${BENCH_HELPERS:-$(cd -- "$(dirname -- "$ssblog")/../.." && pwd)/bench}
[ -x "$bench/bench_clock" ] || {
  echo "there is no $bench/bench_clock: build with -Dbench=true, or say BENCH_HELPERS=DIR" >&2
  exit 66
}
rounds=${ROUNDS:-3}
# shellcheck disable=SC2034  # for the scripts
lines=${LINES_PACKED:-1000000}
# shellcheck disable=SC2034
single_lines=${LINES_SINGLE:-200000}

work=$(mktemp -d "${TMPDIR:-/tmp}/ssblog-bench.XXXXXX")
trap 'rm -rf -- "$work"' EXIT
export HOME=$work/user XDG_STATE_HOME=$work/user/state LC_ALL=C
unset SSBLOG_PATH XDG_DATA_HOME SSBLOG_CAPS_FILE

clock() { "$bench/bench_clock" "$@"; }

# An empty home, with a guard that knows nothing of an earlier one.
fresh_home() {
  rm -rf -- "${work:?}/home" "${HOME:?}"
  mkdir -p -- "$HOME"
  "$ssblog" init --path "$work/home" --name nas >/dev/null 2>&1
}

# measure NAME CLOCK-WORDS...: one run; its times go to the file of NAME.
measure() {
  local name=$1
  shift
  clock "$@" >>"$work/times.$name"
}

# make_journal LOG JOURNAL: the lines of a plain log as a journal. Fails where what makes or reads one is not installed.
make_journal() {
  local remote=/lib/systemd/systemd-journal-remote
  [ -x "$remote" ] && command -v journalctl >/dev/null || return 1
  # The export format: fields, and an empty line behind each entry.
  awk '
    function since(text) {
      if (substr(text, 1, 10) != day) {
        day = substr(text, 1, 10)
        ("date -u -d " day " +%s") | getline midnight
      }
      return midnight + substr(text, 12, 2) * 3600 + substr(text, 15, 2) * 60 + substr(text, 18, 2)
    }
    {
      at = since($1) substr($1, 21, 3) "000"
      printf "__REALTIME_TIMESTAMP=%s\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=0123456789abcdef0123456789abcdef\n", at, NR
      printf "SYSLOG_IDENTIFIER=nightly\nMESSAGE=%s\n\n", substr($0, index($0, "]: ") + 3)
    }' "$1" | "$remote" --output="$2" - >/dev/null 2>&1
}

# column NAME N: the median of a column: 1 ms, 2 p99 ms, 3 longest ms, 4 CPU ms, 5 KiB.
column() { awk -v n="$2" '{ print $n }' "$work/times.$1" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# row NAME COUNT UNIT TEXT: `COUNT` UNITs a second, CPU us for each, most memory.
row() {
  awk -v ms="$(column "$1" 1)" -v cpu="$(column "$1" 4)" -v kib="$(column "$1" 5)" -v count="$2" -v unit="$3" -v text="$4" \
    'BEGIN { printf "%-44s %8.2f s %12.0f %s/s %8.2f us CPU each %6.1f MiB\n", text, ms / 1000, count * 1000 / ms, unit, cpu * 1000 / count, kib / 1024 }'
}

# What was measured, on what.
setting() {
  local cpu
  cpu=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo 2>/dev/null | sort -u | head -n 1) || cpu=
  echo "machine: ${cpu:-unknown processor}, $(getconf _NPROCESSORS_ONLN) processors, load $(cut -d ' ' -f 1 /proc/loadavg 2>/dev/null || echo '?')"
  echo "files:   $(df -T "$work" 2>/dev/null | awk 'NR == 2 { print $2 }') at ${TMPDIR:-/tmp}; medians of $rounds rounds, the programs taking turns"
  echo "ssblog:  $("$ssblog" --version)"
}

# The floor, measured in the same minutes.
floor() {
  echo
  echo "what libsodium and zstd need here (us a call on a 2-core Zen 5 server, 500 B and 8 KiB: sign 12.7 and 32, verify 34 and 43, sha256 1.1 and 17, zstd 1 and 21):"
  "$bench/bench_primitives"
}
