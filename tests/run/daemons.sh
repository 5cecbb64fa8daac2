#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/daemons.sh SSBLOG - daemons on loopback: a chain of three hosts, live lines, kills, and what goes wrong.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"

init a
for host in b c; do on "$host" init --name "$host" --caps.shs "@$(home_of a)/config.toml" >"$work/$host.id" 2>/dev/null; done
id() { cat "$work/$1.id"; }

# A chain: a - b - c. c follows b alone, and gets a by way of it.
on a follow "$(id b)" 2>/dev/null
on b follow "$(id a)" 2>/dev/null
on c follow "$(id b)" 2>/dev/null
seq 1 3000 | on a publish --job numbers --line-per-message
seq 1 100000 | on a publish --job packed
for host in a b c; do start "$host" || fail "the daemon of $host does not start: $(cat "$work/$host.log")"; done
on b connect "$(address a)" || fail "connect: $?"
on c connect --save "$(address b)" || fail "connect: $?"
caught_up() { [ "$(on "$1" log --json --feed "$(id a)" -n 1 2>/dev/null)" = "$(on a log --json --feed "$(id a)" -n 1)" ]; }
wait_until 30 caught_up b
wait_until 30 caught_up c
on c verify >/dev/null || fail "verify: $?"
on a assemble --raw --job packed >"$work/sent"
on c assemble --raw --job packed --feed "$(id a)" >"$work/arrived"
same "$work/sent" "$work/arrived" "what arrived is not what was sent"
on c peers --json | grep -q '"state":"connected"' || fail "peers: $(on c peers --json)"

# Live, and again after the one in the middle was killed.
echo "a live line" | on a publish --job live
wait_until 10 caught_up c
kill_daemon b
echo "while b is away" | on a publish --job live
start b || fail "the daemon of b does not start again: $(cat "$work/b.log")"
on b connect "$(address a)"
on c connect "$(address b)"
wait_until 30 caught_up c
on c verify >/dev/null || fail "verify after a kill: $?"

# One daemon a home; it says who has it.
status=0
on a daemon --host 127.0.0.1 --port 0 2>"$work/second" || status=$?
[ "$status" = 75 ] || fail "a second daemon: exit $status"
grep -q "pid $(cat "$work/a.pid")" "$work/second" || fail "a second daemon says: $(cat "$work/second")"

# A port in use.
init d
port=$(address a | sed -E 's/net:127.0.0.1:([0-9]+)~.*/\1/')
on d daemon --host 127.0.0.1 --port "$port" 2>"$work/d.log" &
wait_until 20 grep -q "cannot listen on 127.0.0.1:$port: address already in use; it is tried again" "$work/d.log"
blocked() { on d status | grep -q "^trouble .*cannot listen on 127.0.0.1:$port"; }
wait_until 10 blocked
daemon_pid d >"$work/d.pid"
stop a
wait_until 10 grep -q "listening on 127.0.0.1:$port" "$work/d.log"
wait_until 10 eval '! blocked'
stop d
start a || fail "the daemon of a does not start again: $(cat "$work/a.log")"
on b connect "$(address a)"

# What is no socket is somebody's: it stays, and is named.
init f
mkdir "$(home_of f)/daemon.door"
status=0
on f daemon --host 127.0.0.1 --port 0 2>"$work/f.log" || status=$?
[ "$status" = 73 ] || fail "a directory for a door: exit $status"
grep -q "socket $(home_of f)/daemon.door: a directory is in its place; move it away" "$work/f.log" ||
  fail "a directory for a door: $(cat "$work/f.log")"
rmdir "$(home_of f)/daemon.door"
echo mine >"$(home_of f)/daemon.door"
on f daemon --host 127.0.0.1 --port 0 2>"$work/f.log" && fail "a file for a door is taken"
grep -q "a file that is no socket is in its place" "$work/f.log" || fail "a file for a door: $(cat "$work/f.log")"
[ "$(cat "$(home_of f)/daemon.door")" = mine ] || fail "a file that is no door was changed"
rm -- "$(home_of f)/daemon.door"
# Programs can do without their socket; the daemon says why, and goes on.
mkdir "$(home_of f)/socket"
start f
wait_until 10 grep -q "$(home_of f)/socket: a directory is in its place; move it away" "$work/f.log"
stop f
[ -d "$(home_of f)/socket" ] || fail "a directory that is no socket is gone"

# Another network key is told apart from a wall.
start d
on d connect "$(address a)"
wait_until 15 grep -q 'network key' "$work/d.log"
told_apart() { on d peers --json | grep -q "its network key is another"; }
wait_until 10 told_apart

# What a service manager hears: ready, and again and again that the daemon lives.
python3 - "$work/notify" >"$work/heard" <<'PY' &
import socket, sys
ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
ear.bind(sys.argv[1])
ear.settimeout(20)
words = []
while sum("WATCHDOG=1" in word for word in words) < 5:
    words.append(ear.recv(4096).decode())
print("\n".join(words))
PY
listener=$!
wait_until 10 test -S "$work/notify"
init e
NOTIFY_SOCKET=$work/notify WATCHDOG_USEC=200000 start e || fail "the daemon of e does not start: $(cat "$work/e.log")"
wait "$listener" || fail "the manager hears: $(cat "$work/heard")"
grep -q '^READY=1' "$work/heard" || fail "the manager does not hear READY=1: $(cat "$work/heard")"
stop e

# What is blocked is refused.
on b block "$(id a)" 2>/dev/null
disconnected() { ! on a peers --json | grep -q '"state":"connected"'; }
wait_until 15 disconnected

# SIGTERM ends a daemon soon, and leaves nothing.
for host in a b c d; do
  begun=$SECONDS
  stop "$host" || fail "the daemon of $host ends with $?"
  [ $((SECONDS - begun)) -le 30 ] || fail "the daemon of $host took $((SECONDS - begun)) s to end"
  [ ! -e "$(home_of "$host")/daemon.json" ] || fail "the daemon of $host left its state"
done
status=0
on a peers 2>/dev/null || status=$?
[ "$status" = 69 ] || fail "peers without a daemon: exit $status"
