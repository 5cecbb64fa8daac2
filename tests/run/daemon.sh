# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# tests/run/daemon.sh - starting, waiting for and ending daemons of the hosts of common.sh.
#
# Sourced behind common.sh. Every daemon that was started is ended with the test, by its process id.
# shellcheck disable=SC2154 # $work is of common.sh
end_daemons() {
  local file
  for file in "$work"/*.pid; do
    [ -e "$file" ] || continue
    kill -9 "$(cat "$file")" 2>/dev/null || true
  done
  # What else was begun behind a `&`, and what that began: a test that fails must not wait for it.
  local job
  for job in $(jobs -p); do
    # shellcheck disable=SC2046 # ids
    kill -9 $(pgrep -P "$job") "$job" 2>/dev/null || true
  done
  wait 2>/dev/null || true
  rm -rf -- "$work"
}
trap end_daemons EXIT

home_of() { printf '%s/%s/data/ssblog' "$work" "$1"; }

# start HOST WORDS...: a daemon on a free port of loopback.
start() {
  local host=$1
  shift
  on "$host" daemon --host 127.0.0.1 --port 0 "$@" 2>>"$work/$host.log" &
  printf '%s' $! >"$work/$host.pid"
  wait_until 20 has_address "$host"
}
# on() is a function: its background process is a shell that waits for the daemon.
daemon_pid() { sed -nE 's/.*"pid":([0-9]+).*/\1/p' "$(home_of "$1")/daemon.json"; }
has_address() {
  [ -s "$(home_of "$1")/daemon.json" ] && daemon_pid "$1" >"$work/$1.pid" && [ -n "$(address "$1")" ]
}
address() { sed -nE 's/.*"listening":\["([^"]*)".*/\1/p' "$(home_of "$1")/daemon.json"; }

gone() { ! kill -0 "$(cat "$work/$1.pid")" 2>/dev/null; }
stop() {
  kill -TERM "$(cat "$work/$1.pid")"
  wait_until 10 gone "$1"
  rm -f -- "$work/$1.pid"
}
kill_daemon() {
  kill -9 "$(cat "$work/$1.pid")"
  wait_until 10 gone "$1"
  rm -f -- "$work/$1.pid" "$(home_of "$1")/daemon.json"
}
