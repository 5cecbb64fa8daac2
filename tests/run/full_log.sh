#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/full_log.sh SSBLOG - a daemon whose log is a full pipe that nobody reads: it replicates all the same.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
need python3
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"

init a
on b init --name b --caps.shs "@$(home_of a)/config.toml" >"$work/b.id" 2>/dev/null
id() { cat "$work/$1.id"; }
on a follow "$(id b)" 2>/dev/null
on b follow "$(id a)" 2>/dev/null

# Both ends stay open here; dd fills it, and has a file description of its own to be non-blocking on.
mkfifo "$work/log"
exec 9<>"$work/log"
dd if=/dev/zero of="$work/log" oflag=nonblock bs=4096 2>/dev/null && fail "the pipe takes everything"
start b
on a daemon --host 127.0.0.1 --port 0 2>"$work/log" &
wait_until 10 has_address a
on a connect "$(address b)"
seq 1 1000 | on a publish --job there
seq 1 1000 | on b publish --job back
line() { on "$1" log --json --feed "$(id "$2")" -n 1 2>/dev/null; }
has_all() { [ "$(line "$1" "$2")" = "$(line "$2" "$2")" ]; }
wait_until 10 has_all b a
wait_until 10 has_all a b

# Programs are answered.
timeout 10 python3 - "$(home_of a)/socket" >"$work/answer" <<'PY' || fail "the socket does not answer"
import socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
call = b'{"name":["whoami"],"args":[],"type":"async"}'
s.sendall(struct.pack(">BIi", 2, len(call), 1) + call)
flags, size, number = struct.unpack(">BIi", s.recv(9, socket.MSG_WAITALL))
print(s.recv(size, socket.MSG_WAITALL).decode())
PY
grep -q "$(id a)" "$work/answer" || fail "the socket says: $(cat "$work/answer")"

# Whoever reads at last learns how much is missing, though nothing more happens. The pipe is still a blocking one for
# those who share it.
timeout 1 cat <&9 | tr -d '\0' >"$work/read" || true
told() {
  timeout 0.5 cat <&9 | tr -d '\0' >>"$work/read" || true
  grep -qE '^ssblog: [0-9]+ lines of this log were lost' "$work/read"
}
wait_until 10 told
stop a
stop b
