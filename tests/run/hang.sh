#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/hang.sh SSBLOG - a file server that goes away: its source rests alone, the other one goes on, the daemon ends
# when it is told, and when the server answers again each of its lines comes once, in order.
#
# The server is tests/run/hanging_mount.py, a FUSE file system in a mount namespace of this test, stopped by SIGSTOP.
# shellcheck source=tests/run/common.sh
if [ "${SSBLOG_OWN_MOUNTS:-}" != 1 ]; then
  export SSBLOG_OWN_MOUNTS=1
  command -v unshare >/dev/null && unshare -Urm true 2>/dev/null && [ -w /dev/fuse ] && [ -r /dev/fuse ] &&
    exec unshare -Urm bash "$0" "$@"
  printf 'skipped: no FUSE in a mount namespace of its own\n'
  exit 77
fi
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need python3
server=$(dirname -- "$(realpath -- "$0")")/hanging_mount.py
behind=$work/behind
point=$work/point
local_logs=$work/local
mkdir -p "$behind" "$point" "$local_logs"

# A server that is stopped could not be waited for.
end_all() {
  umount -l "$point" 2>/dev/null || true
  end_daemons
}
trap end_all EXIT
python3 "$server" "$behind" "$point" >"$work/mounted" 2>"$work/server.said" &
printf '%s' $! >"$work/server.pid"
is_mounted() { grep -qx ready "$work/mounted"; }
wait_until 20 is_mounted
server_is() { kill "-$1" "$(cat "$work/server.pid")"; }

init a
cat >>"$(home_of a)/config.toml" <<END

[lan]
discover = false

[files]
scan-interval = "2s"
restat-interval = "200ms"

[[source]]
name = "away"
paths = ["$point/*.log"]

[[source]]
name = "here"
paths = ["$local_logs/*.log"]
END

# lines FILE FROM TO
lines() { seq -f 'line %05g' "$2" "$3" >>"$1"; }
# has STREAM COUNT: so many lines of it came, each once, in order.
has() {
  on a log -n all --stream "file:$1" >"$work/came" 2>"$work/said" || fail "log: $(cat "$work/said")"
  grep -o 'line [0-9]*' "$work/came" | cmp -s - <(seq -f 'line %05g' "$2")
}
says_log() { grep -q -- "$1" "$work/a.log"; }

lines "$behind/far.log" 1 100
lines "$local_logs/near.log" 1 100
start a
wait_until 30 has "$point/far.log" 100
wait_until 30 has "$local_logs/near.log" 100

# Away: the other source goes on after some seconds, and then at once.
server_is STOP
lines "$behind/far.log" 101 200
lines "$local_logs/near.log" 101 200
wait_until 40 says_log "source away: $point.* has not answered"
wait_until 20 has "$local_logs/near.log" 200
lines "$local_logs/near.log" 201 300
wait_until 20 has "$local_logs/near.log" 300
has "$point/far.log" 100 || fail "nothing can have come: $(tail -n 3 "$work/came")"
[ "$(grep -c 'has not answered' "$work/a.log")" = 1 ] || fail "said once: $(cat "$work/a.log")"

# There again.
server_is CONT
wait_until 20 says_log "source away: .* answers again"
wait_until 30 has "$point/far.log" 200
lines "$behind/far.log" 201 300
wait_until 30 has "$point/far.log" 300

# Away once more, and the daemon is told to end: it does not wait. Nothing half-written is left.
server_is STOP
lines "$behind/far.log" 301 400
said_twice() { [ "$(grep -c 'has not answered' "$work/a.log")" = 2 ]; }
wait_until 40 said_twice
lines "$local_logs/near.log" 301 400
wait_until 20 has "$local_logs/near.log" 400
stop a
whole a
# Told to end while a call is under way.
start a
has "$local_logs/near.log" 400 || fail "what came stays"
stop a
whole a
server_is CONT
start a
wait_until 30 has "$point/far.log" 400
stop a
has "$point/far.log" 400 || fail "each line once, in order: $(tail -n 3 "$work/came")"
on a log -n all -a >"$work/came"
! grep -q '"type":"loss"\|truncated\|file gone' "$work/came" || fail "a loss, for nothing: $(tail -n 5 "$work/came")"
