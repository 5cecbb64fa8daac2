#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/other_users.sh SSBLOG - users who may not open the store publish through the daemon, and do nothing else.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"

[ "$(id -u)" = 0 ] || skip "only root can be other users"
need setpriv python3
interop=$(cd -- "$(dirname -- "$0")/../interop" && pwd)

# The others have to reach the program and the socket.
chmod 711 "$work"
cp -- "$ssblog" "$work/ssblog"
init a
home=$(home_of a)
chmod 711 "$work/a" "$work/a/data" "$home"
group=$(id -gn nobody)
printf '\n[publish]\nmode = "0660"\ngroup = "%s"\n' "$group" >>"$home/config.toml"

# as GROUP-ID WORDS...: runs ssblog as nobody in that group.
as() {
  local group_id=$1
  shift
  env -u XDG_DATA_HOME HOME=/nonexistent setpriv --reuid=65534 --regid="$group_id" --clear-groups "$work/ssblog" "$@"
}
member_of=$(id -g nobody)
ends_with 69 "no daemon listens" as "$member_of" publish --path "$home" --text x
start a
[ "$(stat -c '%a %G' "$home/publish.socket")" = "660 $group" ] || fail "the socket is $(stat -c '%a %G' "$home/publish.socket")"

printf 'one\ntwo\n' | as "$member_of" publish --path "$home" --job nightly --json >"$work/said" || fail "publish: $?"
grep -q '"sequence":' "$work/said" || fail "publish --json printed $(cat "$work/said")"
[ "$(on a log -n 2 -o cat 2>/dev/null || on a log -n 2 | sed 's/.*: //')" = $'one\ntwo' ] || fail "the log shows $(on a log)"
SSBLOG_PATH=$home as "$member_of" publish --text "by the environment" --job nightly || fail "SSBLOG_PATH: $?"
ends_with 77 "may not use" as 12345 publish --path "$home" --text x
ends_with 77 "log, job and loss" as "$member_of" publish --path "$home" --type contact --contact "$(cat "$work/a.id")" --following
ends_with 64 "another user's" as "$member_of" publish --path "$home" --text x --wait-copies 1
ends_with 77 "" as "$member_of" log --path "$home"
ends_with 77 "Permission denied" as "$member_of" call --path "$home" whoami

# Who sends and does not read the answers costs bounded memory, and keeps nobody out.
python3 - "$home/publish.socket" "$work/flooded" <<'PY' &
import json, signal, socket, struct, sys, time
def packet(n, body):
    return struct.pack(">BIi", 2, len(body), n) + body
refused = packet(1, json.dumps({"name": ["publish"], "args": [{"type": "x"}]}).encode())
idle = [socket.socket(socket.AF_UNIX) for _ in range(64)]
for one in idle:
    one.connect(sys.argv[1])
greedy = socket.socket(socket.AF_UNIX)
greedy.connect(sys.argv[1])
greedy.setblocking(False)
end, sent = time.monotonic() + 2, 0
while time.monotonic() < end:
    try:
        sent += greedy.send(b"".join(struct.pack(">BIi", 2, len(refused) - 9, n) + refused[9:] for n in range(1, 500)))
    except BlockingIOError:
        time.sleep(0.01)
open(sys.argv[2], "w").write(str(sent))
signal.pause()
PY
printf '%s' $! >"$work/greedy.pid"
rss() { awk '/VmRSS/ { print $2 }' "/proc/$(daemon_pid a)/status"; }
before=$(rss)
as "$member_of" publish --path "$home" --text "in the crowd" --job nightly || fail "64 idle connections keep others out: $?"
wait_until 20 test -s "$work/flooded"
after=$(rss)
sanitized || [ "$((after - before))" -lt 20000 ] || fail "a client that reads no answers costs $((after - before)) KiB"
as "$member_of" publish --path "$home" --text "still there" --job nightly || fail "publish beside a greedy client: $?"
kill "$(cat "$work/greedy.pid")"
rm -f -- "$work/greedy.pid"

# Any bytes, and more than one transaction of them.
head -c 3000000 /dev/urandom >"$work/bytes"
as "$member_of" publish --path "$home" --job bytes --stream random <"$work/bytes" || fail "bytes: $?"
on a assemble --raw --job bytes --stream random -o - >"$work/back" || fail "assemble --raw: $?"
same "$work/bytes" "$work/back" "the bytes are others"

# A daemon that is started anew loses and doubles nothing.
mkfifo "$work/pipe"
as "$member_of" publish --path "$home" --job lasting --batch 0 <"$work/pipe" 2>"$work/lasting.err" &
lasting=$!
# Somebody has to hold the pipe open who has no daemon among its children.
tail -f /dev/null >"$work/pipe" &
printf '%s' $! >"$work/holder.pid"
shows() { [ "$(on a log --job lasting --json 2>/dev/null | grep -c .)" = "$1" ]; }
echo first >"$work/pipe"
wait_until 10 shows 1
stop a
echo second >"$work/pipe"
start a
wait_until 10 shows 2
kill_daemon a
echo third >"$work/pipe"
start a
kill "$(cat "$work/holder.pid")"
rm -f -- "$work/holder.pid"
wait "$lasting" || fail "the stream ended with $?: $(cat "$work/lasting.err")"
on a assemble --raw --job lasting -o - >"$work/back"
[ "$(cat "$work/back")" = $'first\nsecond\nthird' ] || fail "the stream came as $(cat "$work/back")"

# Programs at the same socket, and the own key over TCP.
if command -v node >/dev/null && [ -d "$interop/node_modules/ssb-client" ]; then
  timeout 60 node "$interop/others.js" "$home" "$(address a | sed "s/^net://; s/~.*//")" >"$work/said" 2>&1 || fail "others.js: $(cat "$work/said")"
  on a status --json >"$work/status"
  grep -q '"held":false' "$home/daemon.json" || fail "a login with the own key holds publishing"
  ! grep -E "says to hold|copy of this home" "$work/a.log" || fail "a login with the own key is an alarm"
else
  left_out=yes
fi
whole a

# A socket where another program listens is left to it.
init b
printf '\n[publish]\nsocket = "%s"\n' "$home/publish.socket" >>"$(home_of b)/config.toml"
start b
grep -q "another program listens there" "$work/b.log" || fail "two daemons take one socket: $(cat "$work/b.log")"
stop b
as "$member_of" publish --path "$home" --text "as ever" --job nightly || fail "the socket is gone with the second daemon: $?"

# A directory that lets nobody in is told.
stop a
chmod 700 "$home"
start a
grep -q "other users cannot reach" "$work/a.log" || fail "nothing is said of the closed directory: $(cat "$work/a.log")"
stop a
printf '[publish]\nmode = "rw"\n' >"$home/config.toml"
ends_with 78 "octal" on a daemon
[ -z "${left_out:-}" ] || skip "ssb-client is not installed (npm ci in tests/interop); everything else passed"
