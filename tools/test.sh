#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tools/test.sh - installs what is missing, builds ssblog and runs all tests.
#
# The last line is "N passed, N failed, N skipped": doctest's cases, and one for each test that is not doctest's.
# A test that leaves something out says so on a line "skipped: WHAT: WHY" (or exits 77), and is named here.
set -euo pipefail
# shellcheck source=tools/setup.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/setup.sh"

usage() {
  cat <<'EOF'
usage: tools/test.sh [--yes] [--sanitize[=address|thread]] [--build-dir DIR]

  --yes                do not ask before installing packages with sudo
  --sanitize[=address] with AddressSanitizer and UndefinedBehaviorSanitizer, in build-asan/
  --sanitize=thread    with ThreadSanitizer, in build-tsan/
  --build-dir DIR      build there instead of in build/

A sanitizer leaves out the tests that it sees nothing in (suite "once" of tests/meson.build), and ThreadSanitizer
all but those of what has threads (suite "threads"): how many those are is said.
SSBLOG_LONG=1 in the environment: the long variants (more seeds, more kills), and under ThreadSanitizer too all tests.
EOF
}

sanitize=
dir=
while [ $# -gt 0 ]; do
  case $1 in
    --yes) yes=yes ;;
    --sanitize | --sanitize=address) sanitize=address ;;
    --sanitize=thread) sanitize=thread ;;
    --build-dir)
      [ $# -gt 1 ] || die 64 "--build-dir needs a directory"
      dir=$2
      shift
      ;;
    --build-dir=*) dir=${1#*=} ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      usage >&2
      exit 64
      ;;
  esac
  shift
done

need_tests

suites=()
build_targets=()
case $sanitize in
  address)
    dir=${dir:-$root/build-asan}
    # Lines of code in a report, and no more: whole debug information would take a third of the time of the build.
    options=(-Dwerror=true '-Db_sanitize=address,undefined' -Db_lundef=false -Ddebug=false -Doptimization=1
      -Dcpp_args=-g1 -Dbench=false)
    export ASAN_OPTIONS=halt_on_error=1:strict_string_checks=1:detect_stack_use_after_return=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}
    export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}
    patience=4
    suites=(--no-suite once)
    ;;
  thread)
    dir=${dir:-$root/build-tsan}
    options=(-Dwerror=true -Db_sanitize=thread -Db_lundef=false -Ddebug=false -Doptimization=1 -Dcpp_args=-g1
      -Dbench=false)
    # A race ends the program at once, with a status that no test takes for another.
    export TSAN_OPTIONS="halt_on_error=1 exitcode=66 suppressions=$root/tests/tsan.supp${TSAN_OPTIONS:+ $TSAN_OPTIONS}"
    patience=6
    if [ "${SSBLOG_LONG:-0}" = 1 ]; then
      suites=(--no-suite once)
    else
      suites=(--suite threads)
      build_targets=(threads)
    fi
    ;;
  *)
    dir=${dir:-$root/build}
    options=("$(werror)")
    patience=1
    ;;
esac
[ "${SSBLOG_LONG:-0}" != 1 ] || patience=$((patience * 20))

if ! build "$dir" "${options[@]}"; then
  say "The build failed."
  say "0 passed, 1 failed, 0 skipped"
  exit 1
fi

rm -f -- "$dir/meson-logs/testlog.json"
status=0
meson test -C "$dir" --no-rebuild --print-errorlogs --timeout-multiplier "$patience" "${suites[@]}" || status=$?

all=$(meson test -C "$dir" --no-rebuild --list 2>/dev/null | grep -c .) || true
python3 - "$dir/meson-logs/testlog.json" "$status" "$all" <<'EOF'
import json, os, re, sys

log, status = sys.argv[1], int(sys.argv[2])
tests = []
if os.path.exists(log):
    with open(log, encoding="utf-8", errors="replace") as lines:
        tests = [json.loads(line) for line in lines if line.strip()]

passed = failed = 0
skipped, broken = [], []
for test in tests:
    output = (test.get("stdout") or "") + (test.get("stderr") or "")
    result = test["result"]
    if result == "SKIP":
        last = [line.strip() for line in output.splitlines() if line.strip()]
        skipped.append(f"{test['name']}: {last[-1].removeprefix('skipped: ') if last else 'no reason given'}")
        continue
    skipped += [f"{test['name']}: {what}" for what in re.findall(r"(?m)^\s*skipped: (.+?)\s*$", output)]
    cases = [(int(good), int(bad))
             for good, bad in re.findall(r"\[doctest\] test cases:[^|]*\|\s*(\d+) passed\s*\|\s*(\d+) failed", output)]
    good, bad = (sum(count) for count in zip(*cases)) if cases else (1, 0)
    if result not in ("OK", "EXPECTEDFAIL"):
        good, bad = (good if cases else 0), max(bad, 1)
        last = [line.rstrip() for line in output.splitlines() if line.strip()][-12:]
        broken.append("\n".join([f"{test['name']}: {result}"] + [f"failed|   {line[:300]}" for line in last]))
    passed, failed = passed + good, failed + bad
if not tests or (status and not failed):
    failed += 1
    broken.append(f"meson test: exit {status}, {len(tests)} tests ran")

print()
for text in broken:
    print("failed: " + text)
for text in skipped:
    print("skipped: " + text)
left_out = int(sys.argv[3]) - len(tests)
if left_out > 0:
    print(f"not run: {left_out} tests that this sanitizer sees nothing in, or that run under it in .ci/long")
print(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
sys.exit(1 if failed else 0)
EOF
