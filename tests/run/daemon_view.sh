#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/daemon_view.sh SSBLOG - the view as a child of the daemon: served where config.toml says so, back after its death,
# gone with the daemon however that ends; a port that is taken, a program that is not installed; what status, doctor, `view`
# and `view open` say; and the sandbox of it. (What its sandbox refuses is in tests/cli/sandbox_test.cc.)
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need curl python3 pgrep
server=$(dirname -- "$ssblog")/../view/ssblog-view
[ -x "$server" ] || skip "ssblog-view was not built: there is no cpp-httplib"

said() { grep -q -- "$2" "$work/$1.log"; }
count_of() { grep -c -- "$2" "$work/$1.log" || true; }
# view_of HOST MEMBER: of the view in daemon.json.
view_of() { sed -nE "s/.*\"view\":\{([^}]*)\}.*/\1/p" "$(home_of "$1")/daemon.json" | sed -nE "s/.*\"$2\":\"?([^\",]*).*/\1/p"; }
viewer_of() { pgrep -P "$(daemon_pid "$1")" -x ssblog-view; }
# A process that nobody waits for any more may stay as a zombie where there is no init.
ended() { ! grep -qs '^State:.[^Z]' "/proc/$1/status"; }
serves() {
  local port
  [ "$(view_of "$1" state)" = serving ] && port=$(view_of "$1" port) &&
    curl -s -m 20 -o "$work/body" "http://127.0.0.1:$port/healthz" -H "Authorization: $(token_of "$1")" &&
    grep -q '"status":"ok"' "$work/body"
}
token_of() { on "$1" view token list | sed -n 's/^first //p'; }

# ---- not without [view] ----

init a
echo 'a line' | on a publish --job web >/dev/null
start a
viewer_of a && fail "the view is served, though nobody asked for it"

# ---- the token is for nobody else's program ----

mkdir "$work/bin"
# shellcheck disable=SC2016 # for the inner shell
printf '#!/bin/sh\ncp "$1" "%s/opened"\n' "$work" >"$work/bin/xdg-open"
chmod +x "$work/bin/xdg-open"
on a view token add first >/dev/null
# UID deaf|hears: says its port, then that it listens, or that it has the port and does not.
listener='
import os, socket, sys, time
if int(sys.argv[1]) != os.getuid():
    os.setuid(int(sys.argv[1]))
held = socket.socket()
held.bind(("127.0.0.1", 0))
print(held.getsockname()[1], flush=True)
if sys.argv[2] == "hears":
    held.listen()
print("ready", flush=True)
time.sleep(600)'
PATH=$work/bin:$PATH
python3 -c "$listener" "$(id -u)" deaf >"$work/theirs" &
holder=$!
wait_until 20 grep -qs ready "$work/theirs"
ends_with 69 "nothing serves the page at http://127.0.0.1:$(head -n 1 "$work/theirs")/" \
  on a view open --listen "127.0.0.1:$(head -n 1 "$work/theirs")"
kill "$holder"
# Root alone can be somebody else.
if [ "$(id -u)" = 0 ]; then
  python3 -c "$listener" 65534 hears >"$work/others" &
  holder=$!
  wait_until 20 grep -qs ready "$work/others"
  ends_with 69 "a program of another user (uid 65534) listens at http://127.0.0.1:$(head -n 1 "$work/others")/" \
    on a view open --listen "127.0.0.1:$(head -n 1 "$work/others")"
  kill "$holder"
fi
[ ! -e "$work/opened" ] || fail "a browser was sent there: $(cat "$work/opened")"
on a view token revoke first
# A child that nobody wanted would be there by now: the daemon has read its news meanwhile.
on a publish --text 'one more' --job web
viewer_of a && fail "the view is served after a while, though nobody asked for it"
stop a

# ---- served, found, and not twice ----

printf '\n[view]\nlisten = "127.0.0.1:0"\n' >>"$(home_of a)/config.toml"
start a
wait_until 20 serves a
port=$(view_of a port)
[ "$(stat -c %a "$(home_of a)/view")-$(stat -c %a "$(home_of a)/view/tokens")" = 700-600 ] || fail "others may read the tokens"
said a 'view: made the token "first"' || fail "the first token is not told"
said a "view: serving at http://127.0.0.1:$port/" || fail "the log does not say where it serves"
on a status >"$work/out"
grep -q "^view  *http://127.0.0.1:$port/\$" "$work/out" || fail "status: $(cat "$work/out")"
on a status --json | grep -q "\"view\":\"http://127.0.0.1:$port/\"" || fail "status --json"
ends_with 69 "the daemon serves it already, at http://127.0.0.1:$port/" on a view
on a view open 2>/dev/null
grep -q "url=http://127.0.0.1:$port/#?token=$(token_of a)" "$work/opened" || fail "view open: $(cat "$work/opened")"
# Where no browser is started, it is said what to do.
mv "$work/bin/xdg-open" "$work/bin/kept"
printf '#!/bin/sh\nexit 3\n' >"$work/bin/xdg-open"
chmod +x "$work/bin/xdg-open"
ends_with 69 "xdg-open ended with 3, so no browser may have been started: open $(home_of a)/view/open.html in one" on a view open
# shellcheck disable=SC2016 # for the inner shell
printf '#!/bin/sh\nkill -TERM $$\n' >"$work/bin/xdg-open"
ends_with 69 "xdg-open was ended by signal 15, so no browser" on a view open
rm "$work/bin/xdg-open"
mkdir "$work/few-programs"
for program in cat env grep mkdir; do ln -s "$(command -v "$program")" "$work/few-programs/"; done
PATH=$work/few-programs ends_with 69 "there is no xdg-open here to start a browser: open $(home_of a)/view/open.html in one" on a view open
mv "$work/bin/kept" "$work/bin/xdg-open"
# It is asked for an answer, for two seconds: a machine that has much to do is asked again.
is_served() {
  on a doctor --all >"$work/out" 2>&1 || true
  grep -q "view.*served at $1" "$work/out"
}
wait_until 20 is_served "http://127.0.0.1:$port/"
# A token whose right nobody knows, as of a later version.
printf 'later %043d hosts=nas\n' 0 >>"$(home_of a)/view/tokens"
on a doctor >"$work/out" 2>&1 || true
grep -q "view .*the token later is for something that this version does not know" "$work/out" || fail "doctor: $(cat "$work/out")"
on a view token revoke later
# One that stands still is there, and does not answer.
kill -STOP "$(viewer_of a)"
status=0
on a doctor >"$work/out" 2>&1 || status=$?
kill -CONT "$(viewer_of a)"
[ "$status" != 0 ] || fail "doctor finds nothing where the view stands still"
grep -q "view .*it does not answer at http://127.0.0.1:$port/: nothing came in 2000 ms" "$work/out" || fail "doctor: $(cat "$work/out")"
wait_until 20 is_served "http://127.0.0.1:$port/"
# How the daemon does is read in the sandbox, too.
curl -s -m 20 "http://127.0.0.1:$port/info" -H "Authorization: $(token_of a)" >"$work/body"
grep -q '"daemon":{' "$work/body" || fail "/info: $(cat "$work/body")"

# ---- who looks on is told of lines, of the board and of alerts ----

: >"$work/stream"
curl -s -N -m 100 -H "Authorization: $(token_of a)" "http://127.0.0.1:$port/stream" >"$work/stream" &
looker=$!
wait_until 20 grep -q ssblog "$work/stream"
heard() {
  echo "look $((++looks))" | on a publish --job web >/dev/null
  grep -q '"text":"look' "$work/stream"
}
looks=0
wait_until 20 heard
grep -q '^event: board' "$work/stream" && fail "a line alone is no news of the board"
on a expect add --job bad --every 24h --fail-after 1 >/dev/null
wait_until 20 grep -q '^event: board' "$work/stream"
on a run --job bad -- false >/dev/null 2>&1 || true
alerted() { grep -A1 '^event: alert' "$work/stream" | grep -q '^data: {.*"kind":"failed".*"job":"bad"'; }
wait_until 60 alerted
kill "$looker"
wait "$looker" 2>/dev/null || true

# ---- its sandbox ----

viewer=$(viewer_of a)
case $(on a status | sed -n 's/^sandbox  *//p') in
  *"limits on files, a filter of system calls")
    for task in "/proc/$viewer"/task/*/status; do
      grep -q '^Seccomp_filters:.2$' "$task" || fail "a thread has not its own filter beside the daemon's: $(cat "$task")"
      grep -q '^NoNewPrivs:.1$' "$task" || fail "a thread can have new privileges"
    done
    ;;
  *) echo "the sandbox is not looked at: there is none here" ;;
esac

# ---- killed, it comes back, and that is told once ----

kill -9 "$viewer"
back() { viewer_of a >"$work/viewer" && [ "$(cat "$work/viewer")" != "$viewer" ] && serves a; }
wait_until 60 back
[ "$(count_of a 'its program was ended by signal 9; it is started again in')" = 1 ] || fail "its end is not told once"

# ---- it ends with the daemon, in order and not ----

viewer=$(viewer_of a)
stop a
wait_until 20 ended "$viewer"
start a
wait_until 20 serves a
viewer=$(viewer_of a)
kill_daemon a
wait_until 20 ended "$viewer"

# ---- a port that is taken ----

python3 -c '
import socket, sys, time
held = socket.socket()
held.bind(("127.0.0.1", 0))
held.listen()
print(held.getsockname()[1], flush=True)
time.sleep(600)' >"$work/taken" &
holder=$!
wait_until 20 test -s "$work/taken"
taken=$(cat "$work/taken")
sed -i "s/^listen = .*/listen = \"127.0.0.1:$taken\"/" "$(home_of a)/config.toml"
: >"$work/a.log"
# Its tries are counted by what stands before the program.
mkdir "$work/counted"
cp -- "$ssblog" "$work/counted/ssblog"
printf '#!/bin/sh\necho try >>"%s/tries"\nexec "%s" "$@"\n' "$(home_of a)" "$(realpath -- "$server")" >"$work/counted/ssblog-view"
chmod +x "$work/counted/ssblog-view"
at a "$work/counted/ssblog" daemon --no-sandbox --host 127.0.0.1 --port 0 2>>"$work/a.log" &
printf '%s' $! >"$work/a.pid"
wait_until 20 has_address a
fails() { on a status --json | grep -q "view: cannot listen at 127.0.0.1 port $taken"; }
wait_until 20 fails
on a doctor >"$work/out" 2>&1 && fail "doctor finds nothing"
grep -q "view: cannot listen at 127.0.0.1 port $taken" "$work/out" || fail "doctor: $(cat "$work/out")"
grep -q 'served at' "$work/out" && fail "doctor says that it is served: $(cat "$work/out")"
on a publish --text 'all the same' --job web
tried_thrice() { [ "$(wc -l <"$(home_of a)/tries")" -ge 3 ]; }
wait_until 90 tried_thrice
kill "$holder"
wait_until 90 serves a
[ "$(count_of a 'cannot listen')" = 1 ] || fail "it is told again and again: $(cat "$work/a.log")"
stop a
on a doctor --all >"$work/out" 2>&1 || true
grep -q 'served at' "$work/out" && fail "doctor says that it is served, and no daemon runs: $(cat "$work/out")"

# ---- not installed ----

cp -- "$ssblog" "$work/bin/ssblog"
: >"$work/a.log"
at a "$work/bin/ssblog" daemon --host 127.0.0.1 --port 0 2>>"$work/a.log" &
printf '%s' $! >"$work/a.pid"
wait_until 20 has_address a
wait_until 20 said a 'view: ssblog-view is not installed'
at a "$work/bin/ssblog" doctor >"$work/out" 2>&1 && fail "doctor finds nothing"
grep -q 'ssblog-view is not installed' "$work/out" || fail "doctor: $(cat "$work/out")"
stop a

# ---- at a unix socket ----

mkdir "$work/run"
sed -i "s|^listen = .*|socket = \"$work/run/view\"|" "$(home_of a)/config.toml"
start a
answered() { curl -s -m 20 --unix-socket "$work/run/view" http://x/healthz >"$work/body" && grep -q ok "$work/body"; }
wait_until 20 answered
wait_until 20 is_served "$work/run/view"
# rights: mode and group of the socket.
rights() { stat -c '%a %g' "$work/run/view"; }
[ "$(rights)" = "660 $(id -g)" ] || fail "the socket has other rights than one expects: $(rights)"
ends_with 64 "a browser cannot open a unix socket" on a view open
stop a
# Reading is a right of its own: of a group that publishes nothing. Root alone is in every group.
group=$(id -gn)
[ "$(id -u)" != 0 ] || group=$(getent group | awk -F : '$3 > 0 && !found { print $1; found = 1 }')
sed -i "s|^socket = .*|&\nsocket_mode = \"0620\"\nsocket_group = \"$group\"|" "$(home_of a)/config.toml"
start a
wait_until 20 answered
[ "$(rights)" = "620 $(getent group "$group" | cut -d : -f 3)" ] || fail "the socket has not the rights of [view]: $(rights)"
stop a
sed -i 's|^socket_group = .*|socket_group = "there is none such"|' "$(home_of a)/config.toml"
ends_with 78 "this machine has no group there is none such" on a view token list
sed -i 's|^socket_group = .*||; s|^socket_mode = .*|socket_mode = "0888"|' "$(home_of a)/config.toml"
ends_with 78 'view.socket_mode must be permissions in octal, as "0660"' on a view token list
! grep -h 'sandbox refused' "$work"/*.log || fail "a call is made that the sandbox refuses"
