#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tools/fuzz.sh - builds the fuzz targets of tests/fuzz with clang, and runs them for a while.
#
# What they find new is kept in build-fuzz/corpus, from run to run; an input that breaks a promise lies in build-fuzz/found.
# The last line is "N passed, N failed, N skipped".
set -euo pipefail
# shellcheck source=tools/setup.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/setup.sh"

usage() {
  cat <<'EOF'
usage: tools/fuzz.sh [--yes] [--seconds N | --total-seconds N | --replay] [--jobs N] [--merge] [--list] [TARGET...]

  --yes        do not ask before installing packages with sudo
  --seconds N  so long for each target (60)
  --total-seconds N
               so long for all of them together, about; from one seed, so that a run is like the one before
  --replay     only the inputs that are kept in tests/fuzz/corpus, once each
  --jobs N     so many targets at a time (one for each processor)
  --merge      afterwards, put what reaches new code into tests/fuzz/corpus, the smallest inputs first
  --list       name the targets and do nothing else

Without a TARGET all of them run. An input that was found is tried again by
build-fuzz/tests/fuzz/TARGET_fuzz FILE.
EOF
}

seconds=60
total=
replay=no
jobs=$(getconf _NPROCESSORS_ONLN)
merge=no
list=no
targets=()
number() { # OPTION VALUE: a whole number from 1 on
  case $2 in
    '' | 0* | *[!0-9]*) die 64 "$1 needs a whole number of 1 or more, not \"$2\"" ;;
  esac
}
while [ $# -gt 0 ]; do
  case $1 in
    --yes) yes=yes ;;
    --seconds | --total-seconds | --jobs)
      [ $# -gt 1 ] || die 64 "$1 needs a number"
      number "$1" "$2"
      case $1 in
        --seconds) seconds=$2 ;;
        --total-seconds) total=$2 ;;
        --jobs) jobs=$2 ;;
      esac
      shift
      ;;
    --merge) merge=yes ;;
    --replay) replay=yes ;;
    --list) list=yes ;;
    -h | --help)
      usage
      exit 0
      ;;
    -*)
      usage >&2
      exit 64
      ;;
    *) targets+=("$1") ;;
  esac
  shift
done

cd -- "$root"
mapfile -t all < <(for file in tests/fuzz/*_fuzz.cc; do
  name=${file##*/}
  say "${name%_fuzz.cc}"
done)
if [ "$list" = yes ]; then
  printf '%s\n' "${all[@]}"
  exit 0
fi
[ "${#targets[@]}" -gt 0 ] || targets=("${all[@]}")
for name in "${targets[@]}"; do
  [ -f "tests/fuzz/${name}_fuzz.cc" ] || die 64 "There is no target \"$name\"; tools/fuzz.sh --list names them"
done

if [ -n "$total" ]; then
  seconds=$((total * jobs / ${#targets[@]}))
  [ "$seconds" -gt 0 ] || seconds=1
fi

dir=$root/build-fuzz
mkdir -p "$dir/found" "$dir/logs"
need_build
need_fuzz
if ! fuzzer_works; then
  say "skipped: fuzz: no clang++ here that has libFuzzer"
  say "0 passed, 0 failed, ${#targets[@]} skipped"
  exit 0
fi

if command -v ccache >/dev/null; then export CXX="ccache clang++"; else export CXX=clang++; fi
build_targets=(fuzz)
if ! build "$dir" -Dfuzz=true -Dtests=false -Dbench=false -Doptimization=1; then
  say "The build failed."
  say "0 passed, 1 failed, 0 skipped"
  exit 1
fi

skipped=0
if command -v node >/dev/null; then
  export SSBLOG_FUZZ_NODE=$root/tests/fuzz/json_fuzz.js
else
  case " ${targets[*]} " in
    *' json '*)
      say "skipped: fuzz: json against node: no node on the PATH"
      skipped=1
      ;;
  esac
fi

# Where targets put files: in memory where there is room for that, and gone when this ends.
if [ -w /dev/shm ]; then TMPDIR=$(mktemp -d /dev/shm/ssblog-fuzz-XXXXXX); else TMPDIR=$(mktemp -d); fi
export TMPDIR
trap 'rm -rf -- "$TMPDIR"' EXIT

fuzz() { # NAME
  local name=$1 status=0
  local -a words=("-max_total_time=$seconds" -timeout=25 -rss_limit_mb=2048 -print_final_stats=1
    "-artifact_prefix=$dir/found/$name-")
  [ -z "$total" ] || words+=(-seed=1)
  [ "$replay" = no ] || words+=(-runs=0)
  mkdir -p "$dir/corpus/$name"
  [ ! -f "tests/fuzz/$name.dict" ] || words+=("-dict=tests/fuzz/$name.dict")
  [ "$replay" = yes ] || words+=("$dir/corpus/$name")
  [ ! -d "tests/fuzz/corpus/$name" ] || words+=("tests/fuzz/corpus/$name")
  # A target that does not end by itself is ended; that is a failure, too.
  timeout -k 10 "$((seconds + 120))" "$dir/tests/fuzz/${name}_fuzz" "${words[@]}" >"$dir/logs/$name" 2>&1 || status=$?
  say "$status" >"$dir/logs/$name.status"
}

for name in "${targets[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
  fuzz "$name" &
done
wait

passed=0
failed=0
for name in "${targets[@]}"; do
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$dir/logs/$name")
  if [ "$(cat "$dir/logs/$name.status")" = 0 ] && [ "${runs:-0}" -gt 0 ]; then
    passed=$((passed + 1))
    say "passed: fuzz: $name: $runs inputs"
  else
    failed=$((failed + 1))
    say "failed: fuzz: $name: see $dir/logs/$name"
    grep -E '^broken: |^SUMMARY: |ERROR: |Test unit written to' "$dir/logs/$name" || tail -n 5 "$dir/logs/$name"
  fi
done

if [ "$merge" = yes ]; then
  for name in "${targets[@]}"; do
    mkdir -p "tests/fuzz/corpus/$name"
    "$dir/tests/fuzz/${name}_fuzz" -merge=1 "tests/fuzz/corpus/$name" "$dir/corpus/$name" >"$dir/logs/$name.merge" 2>&1 ||
      die 70 "cannot merge the inputs of $name: see $dir/logs/$name.merge"
  done
fi

say "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
