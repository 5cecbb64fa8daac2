# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# tests/run/common.sh - what the tests of the real binary share: a place that goes, hosts in it, checks.
#
# Sourced as: . "$(dirname -- "$0")/common.sh" SSBLOG. Each host is a directory of its own below $work, so nothing of
# the machine is touched. SSBLOG_LONG=1 in the environment: every kill, not a sample of them.
set -euo pipefail
export LC_ALL=C
umask 022

ssblog=$(realpath -- "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/ssblog-run-XXXXXX")
trap 'rm -rf -- "$work"' EXIT
# A test never ends without a word.
ended_by() {
  printf 'FAILED: line %s, exit %s: %s\n' "$1" "$2" "${3%%$'\n'*}" >&2
}
trap 'ended_by "$LINENO" "$?" "$BASH_COMMAND"' ERR
unset SSBLOG_PATH SSBLOG_CAPS_FILE
# shellcheck disable=SC2034 # used by those who source this
long=${SSBLOG_LONG:-0}
# The leak check cannot work below strace.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"

# Is the binary one that was built with a sanitizer?
sanitized() { grep -qsE '__(asan|tsan)_init' "$ssblog"; }

fail() {
  local why=$*
  printf 'FAILED: %s\n' "${why:0:1000}" >&2
  exit 1
}

# in_memory: puts the place, still empty, into memory where there is one to use. For tests that have a program sync
# thousands of times, and kill it alone: what the disk would have kept makes no difference there.
in_memory() {
  [ -w /dev/shm ] || return 0
  rm -rf -- "$work"
  work=$(mktemp -d /dev/shm/ssblog-run-XXXXXX)
}

# wait_until SECONDS COMMAND...: until it succeeds; fails the test when that takes longer, and than a minute: a busy machine
# takes its time for everything, and what hangs is found all the same.
wait_until() {
  local deadline=$((SECONDS + ($1 > 60 ? $1 : 60)))
  shift
  until "$@" 2>/dev/null; do
    [ "$SECONDS" -lt "$deadline" ] || fail "waited in vain for: $*; $(tail -n 3 "$work"/*.log 2>/dev/null)"
    sleep 0.05
  done
}

# skip WHY: visible in the summary of the tests.
skip() {
  printf 'skipped: %s\n' "$*"
  exit 77
}

need() {
  local tool
  for tool in "$@"; do command -v "$tool" >/dev/null || skip "$tool is not installed"; done
}

# at HOST COMMAND...: runs a command as that host.
at() {
  local home=$work/$1
  shift
  mkdir -p -- "$home"
  env HOME="$home" XDG_STATE_HOME="$home/state" XDG_DATA_HOME="$home/data" "$@"
}

# on HOST WORDS...: runs ssblog there.
on() {
  local host=$1
  shift
  at "$host" "$ssblog" "$@"
}

# init HOST: a host of that name.
init() { on "$1" init --name "$1" >"$work/$1.id" 2>/dev/null || fail "init of $1: $?"; }

# killed_at CALL N HOST WORDS...: runs ssblog and kills it as it enters its N-th CALL. 0: it ended by itself, with
# $killed_status; 1: it was killed. Its output is in $work/out.
killed_status=0
killed_at() {
  local call=$1 n=$2 host=$3
  shift 3
  killed_status=0
  at "$host" strace -f -qq -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$n" \
    "$ssblog" "$@" >"$work/out" 2>"$work/err" || killed_status=$?
  [ "$killed_status" != 137 ]
}

# The kernel may refuse to be traced (a container).
need_strace() {
  need strace
  strace -f -qq -o /dev/null true 2>/dev/null || skip "strace may not trace here"
}

# expect STATUS HOST WORDS...: its exit code; its words are in $work/said, its output in $work/out.
expect() {
  local wanted=$1 status=0
  shift
  on "$@" >"$work/out" 2>"$work/said" || status=$?
  [ "$status" = "$wanted" ] || fail "$*: exit $status, not $wanted: $(cat "$work/said")"
}
says() { grep -q -- "$1" "$work/said" || fail "it should say \"$1\": $(cat "$work/said")"; }

# ends_with CODE TEXT COMMAND...: it exits so, and says so somewhere.
ends_with() {
  local code=$1 text=$2 status=0
  shift 2
  "$@" >"$work/said" 2>&1 </dev/null || status=$?
  [ "$status" = "$code" ] || fail "$*: exit $status, not $code: $(cat "$work/said")"
  grep -q -- "$text" "$work/said" || fail "$*: does not say '$text': $(cat "$work/said")"
}

# sequences HOST: the feed has no gap, every signature is good.
whole() { on "$1" verify >"$work/verified" 2>&1 || fail "verify of $1: $(cat "$work/verified")"; }

# same FILE FILE WHAT
same() { cmp -- "$1" "$2" >&2 || fail "$3"; }
