#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/starved.sh SSBLOG - a disk that turns read-only, is full or fails below a daemon, and descriptors that run out:
# it says so, goes on with what it can, does not spin, and all comes when there is room again. (A file system that turns
# read-only by an error cannot be had by mounting: `remount,ro` is refused while files are open. fault_shim.c does it.)
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need cc python3 prlimit
sanitized && skip "a sanitizer wants to be the first that is preloaded"

cc -shared -fPIC -O1 -o "$work/fault.so" "$(dirname -- "$0")/fault_shim.c" -ldl
init a
on b init --name b --caps.shs "@$(home_of a)/config.toml" >"$work/b.id" 2>/dev/null
for host in a b; do printf '\n[lan]\ndiscover = false\n' >>"$(home_of "$host")/config.toml"; done
on a follow "$(cat "$work/b.id")" 2>/dev/null
on b follow "$(cat "$work/a.id")" 2>/dev/null
# Where its sandbox lets the daemon write.
broken=$(home_of a)/broken
hit=$(home_of a)/hit
counts=$(home_of a)/counts
has() { on "$1" log -n all --json --feed "$2" 2>/dev/null | grep -q "\"$3\""; }
alive() { kill -0 "$(cat "$work/$1.pid")" 2>/dev/null || fail "the daemon of $1 has ended: $(tail -n 3 "$work/$1.log")"; }
start b
on a connect --save "$(address b)" 2>/dev/null

# The disk of a says no, each time with another word.
for what in 30:read-only 28:full 5:failing; do
  error=${what%%:*}
  name=${what#*:}
  : >"$work/a.log"
  LD_PRELOAD=$work/fault.so FAULT=disk:1+:$error FAULT_WHILE=$broken FAULT_HIT=$hit start a
  on b publish --text "before $name"
  wait_until 30 has a b "before $name"
  : >"$broken"
  on b publish --text "while $name"
  wait_until 30 grep -q 'nothing can be stored: ' "$work/a.log"
  [ -e "$hit" ] || fail "the disk never failed"
  alive a
  # What can be read is.
  has a b "before $name" || fail "$name: the log cannot be read"
  on a status >"$work/status" 2>&1 || fail "$name: status: $(cat "$work/status")"
  on a assemble -o "$work/merged" 2>"$work/said" || fail "$name: assemble: $(cat "$work/said")"
  status=0
  LD_PRELOAD=$work/fault.so FAULT=disk:1+:$error on a publish --text "refused $name" 2>"$work/said" || status=$?
  case $status in 74 | 77) ;; *) fail "$name: publish says $status: $(cat "$work/said")" ;; esac
  [ "$(wc -l <"$work/said")" = 1 ] || fail "not one sentence: $(cat "$work/said")"
  on b publish --text "still $name"
  rm -f -- "$broken"
  wait_until 60 has a b "still $name"
  wait_until 30 grep -q 'the store takes messages again' "$work/a.log"
  on a publish --text "after $name"
  wait_until 30 has b a "after $name"
  [ "$(grep -c 'nothing can be stored' "$work/a.log")" -le 3 ] || fail "it says it again and again: $(cat "$work/a.log")"
  stop a
  rm -f -- "$hit"
  whole a
done

# Few descriptors: strangers take them all. It does not spin, and a host gets in when they are gone.
: >"$work/a.log"
LD_PRELOAD=$work/fault.so FAULT_COUNTS=$counts start a
prlimit --nofile=32 --pid "$(cat "$work/a.pid")"
stop b
port=$(address a | sed -E 's/^net:[^:]*:([0-9]+)~.*/\1/')
python3 - "$port" "$work/crowd" "$work/leave" <<'END' &
import os, socket, sys, time
port, ready, leave = int(sys.argv[1]), *sys.argv[2:4]
sockets = [socket.socket() for _ in range(80)]
for number, each in enumerate(sockets):
    each.settimeout(20)
    try:
        # Of addresses of their own: one that only knocks is not heard for a while.
        each.bind((f"127.0.1.{number + 1}", 0))
        each.connect(("127.0.0.1", port))
    except OSError:
        pass
open(ready, "w").close()
while not os.path.exists(leave):
    time.sleep(0.05)
END
crowd=$!
printf '%s' "$crowd" >"$work/crowd.pid"
wait_until 30 test -e "$work/crowd"
crowded() { [ "$(find "/proc/$(cat "$work/a.pid")/fd" -mindepth 1 | wc -l)" -ge 31 ]; }
wait_until 20 crowded
alive a
on a publish --text "in a crowd" || fail "publish in a crowd: $?"
on a log -n 1 | grep -q 'in a crowd' || fail "the log in a crowd"
alive a
: >"$work/leave"
wait "$crowd"
rm -f -- "$work/crowd.pid"
start b
on b connect "$(address a)" 2>/dev/null || fail "connect: $?"
wait_until 60 has b a "in a crowd"
alive a
stop a
stop b
whole a
accepts=$(sed -n 's/^accept //p' "$counts")
[ "$accepts" -le 2000 ] || fail "it spins: $accepts accepts for 80 connections"
# Little memory, from what is too little to begin with to what is enough.
# begins KIB: does the loader get as far as main? It only lists the libraries here, so a crash is the kernel's or its own.
begins() { (prlimit --as=$(($1 << 10)) env LD_TRACE_LOADED_OBJECTS=1 "$ssblog" >"$work/libraries" || exit) 2>/dev/null; }
said=0
enough=0
for ((kib = 8192; enough < 4; kib += 192)); do
  [ "$kib" -lt 65536 ] || fail "64 MiB of addresses are not enough for publish"
  status=0
  seq 1 3000 | at a prlimit --as=$((kib << 10)) "$ssblog" publish --job "memory-$kib" 2>"$work/said" || status=$?
  case $status in
    0)
      enough=$((enough + 1))
      [ "$(on a assemble --raw --job "memory-$kib" | tail -n 1)" = 3000 ] || fail "$kib KiB: not all is published"
      ;;
    74 | 75)
      said=$((said + 1))
      [ "$(wc -l <"$work/said")" = 1 ] || fail "$kib KiB: not one sentence: $(cat "$work/said")"
      ;;
    127) ;; # it could not even begin
    139) ! begins "$kib" || fail "$kib KiB: publish crashes: $(cat "$work/said")" ;;
    *) fail "$kib KiB: publish says $status: $(cat "$work/said")" ;;
  esac
done
[ "$said" -ge 1 ] || fail "the memory was never too little"
whole a

echo "$accepts accepts for a crowd of 80"
