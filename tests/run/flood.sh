#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/flood.sh SSBLOG SENDER - floods of signed datagrams and of syslog: the flooded host replicates on, what is lost
# is counted to the last one, memory is bounded. SSBLOG_FLOOD_COUNT: datagrams of each.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need openssl
sender=$(realpath -- "$2")
count=${SSBLOG_FLOOD_COUNT:-$([ "$long" = 1 ] && echo 2000000 || echo 400000)}
patience=10 # seconds until a line is at the other host
sanitized && patience=60

init a
on b init --name b --caps.shs "@$(home_of a)/config.toml" >"$work/b.id" 2>/dev/null || fail "init of b: $?"
on a follow "$(cat "$work/b.id")" 2>/dev/null
on b follow "$(cat "$work/a.id")" 2>/dev/null
umask 077
openssl rand -hex 32 >"$work/secret"
umask 022
cat >>"$(home_of a)/config.toml" <<END

[[source]]
name = "applications"
kind = "datagrams"
listen = ["udp:127.0.0.1:0"]
secret-file = "$work/secret"

[[source]]
name = "machines"
kind = "syslog"
listen = ["udp:127.0.0.1:0"]
END
start a
start b
on b connect "$(address a)" || fail "connect: $?"
port() { sed -nE "s/.*source $1: listening on udp:127\\.0\\.0\\.1:([0-9]+).*/\\1/p" "$work/a.log" | tail -n 1; }
has_ports() { [ -n "$(port applications)" ] && [ -n "$(port machines)" ]; }
wait_until 20 has_ports

arrived() { on b log -n all --job "$1" 2>/dev/null | grep -q "]: during the flood\$"; }
echo "during the flood" | on a publish --job before
wait_until 20 arrived before

# account HOST STREAM: lines of the stream that are there, and records that it says are lost.
account() {
  on "$1" log -n all 2>/dev/null | awk -v stream="$2" '
    index($0, "[" stream "]: ") { there++ }
    index($0, "[" stream "]! loss") && match($0, /records=[0-9]+/) { lost += substr($0, RSTART + 8, RLENGTH - 8) }
    END { print there + 0, lost + 0 }'
}
# settled HOST STREAM: each that was sent is there, or counted.
settled() {
  account "$1" "$2" >"$work/account"
  read -r there lost <"$work/account"
  [ $((there + lost)) = "$sent" ]
}
# room HOST: the most memory that its daemon had, in kB.
room() { sed -nE 's/^VmHWM:[[:space:]]*([0-9]+) kB/\1/p' "/proc/$(cat "$work/$1.pid")/status"; }
is_sending() { grep -qx sending "$work/flood"; }

# flood SOURCE STREAM WORDS...: while it goes on, a line of this host is at the other one soon.
flood() {
  local source=$1 stream=$2 begun sending there lost
  shift 2
  : >"$work/flood"
  "$sender" 127.0.0.1 "$(port "$source")" "$work/secret" "$count" "$@" >"$work/flood" &
  sending=$!
  wait_until 60 is_sending
  begun=$(date +%s%N)
  echo "during the flood" | on a publish --job "$stream" || fail "publish during a flood: $?"
  kill -0 "$sending" 2>/dev/null && echo "$stream: published while the flood goes on"
  wait_until "$patience" arrived "$stream"
  printf '%s: a line was at the other host after %s ms\n' "$stream" $((($(date +%s%N) - begun) / 1000000))
  wait "$sending" || fail "the sender of $stream: $(cat "$work/flood")"
  sent=$(sed -nE 's/^([0-9]+) sent.*/\1/p' "$work/flood")
  wait_until 90 settled a "$stream"
  printf '%s: %s; %s published, %s lost and counted\n' "$stream" "$(tail -n 1 "$work/flood")" "$there" "$lost"
  [ "$there" -gt 0 ] || fail "nothing of the flood was published"
  # The other host has all of it.
  wait_until 90 settled b "$stream"
}
flood applications datagrams
flood machines syslog syslog
for host in a b; do
  printf '%s: %s kB at most\n' "$host" "$(room "$host")"
  sanitized || [ "$(room "$host")" -lt 200000 ] || fail "the flood took $(room "$host") kB of memory of $host"
done
stop a
stop b
whole a
whole b
