#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/view.sh SSBLOG - the REST API of one host: who may ask, each address with its parameters, hostile lines, what comes
# while one looks on, and what nobody should ask.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need curl python3
server=$(dirname -- "$ssblog")/../view/ssblog-view
[ -x "$server" ] || skip "ssblog-view was not built: there is no cpp-httplib"

init nas
on nas name nas >/dev/null 2>&1 || true
for i in $(seq 1 25); do printf 'line %s of the web\n' "$i" | on nas publish --job web; done
printf '<script>alert(1)</script> \033[31m \342\200\256 end\n' | on nas publish --job web --stream stderr
printf 'bytes \377\376 here\n' | on nas publish --job bin
on nas run --job backup --source nas --destination usb -- sh -c 'echo cannot >&2; exit 3' >/dev/null 2>&1 || true

# No function: the process behind the `&` is to be the server itself.
as_nas=(env HOME="$work/nas" XDG_STATE_HOME="$work/nas/state" XDG_DATA_HOME="$work/nas/data" "$ssblog")
"${as_nas[@]}" view --listen 127.0.0.1:0 >"$work/port" 2>"$work/said" &
viewer=$!
wait_until 20 test -s "$work/port"
port=$(cat "$work/port")
base=http://127.0.0.1:$port
token=$(on nas view token list | sed -n 's/^first //p')
[ "${#token}" = 43 ] || fail "no first token: $(cat "$work/said")"

# code WORDS...: the status of a request; the body is in $work/body.
code() { curl -g -s -m 20 -o "$work/body" -w '%{http_code}' "$@"; }
# get PATH: the body, which must be there.
get() {
  local got
  got=$(code -H "Authorization: Bearer $token" "$base$1")
  [ "$got" = 200 ] || fail "$1: $got $(cat "$work/body")"
  cat "$work/body"
}
# is EXPRESSION PATH: holds of what is answered (`a`).
is() {
  get "$2" | python3 -c 'import json, sys
a = json.load(sys.stdin)
sys.exit(0 if eval(sys.argv[1]) else 1)' "$1" || fail "$2: not $1: $(head -c 600 "$work/body")"
}
refused() { # CODE WORDS...
  local want=$1 got
  shift
  got=$(code "$@")
  [ "$got" = "$want" ] || fail "$*: $got instead of $want: $(cat "$work/body")"
}

# Those who come at once wait, and the kernel drops none: with the library's own number of 5 it would.
if command -v ss >/dev/null; then
  waiting=$(ss -H -l -t -n "sport = :$port" | awk '{ print $3 }')
  most=$(cat /proc/sys/net/core/somaxconn)
  [ "$waiting" = $((most < 256 ? most : 256)) ] || fail "$waiting connections may wait to be accepted, not 256"
fi

# Who may ask.
refused 401 "$base/jobs"
refused 401 -H "Authorization: Bearer wrong" "$base/jobs"
refused 200 -H "Authorization: $token" "$base/jobs"
refused 200 -H "authorization: BEARER $token" "$base/jobs"
refused 421 -H "Host: evil.example" -H "Authorization: $token" "$base/jobs"
refused 403 -H "Sec-Fetch-Site: cross-site" -H "Authorization: $token" "$base/jobs"
for method in POST PUT DELETE PATCH OPTIONS; do refused 405 -X "$method" -H "Authorization: $token" "$base/jobs"; done
curl -s -m 20 -I -H "Authorization: $token" "$base/jobs" | grep -q '^HTTP/1.1 200' || fail "HEAD"
other=$(on nas view token add other)
refused 200 -H "Authorization: $other" "$base/jobs"
on nas view token revoke other
refused 401 -H "Authorization: $other" "$base/jobs"
expect 64 nas view token add 'two words'

# One for the board alone sees no line, whoever's: what a run said last neither, nor where lines are listed or told.
board=$(on nas view token add prometheus --only board)
on nas view token list | grep -qx "prometheus $board board" || fail "the right is not listed: $(on nas view token list)"
for address in /jobs /alerts /info /healthz /metrics; do
  refused 200 -H "Authorization: Bearer $board" "$base$address"
  ! grep -q cannot "$work/body" || fail "$address: a line for the board alone: $(cat "$work/body")"
done
get /jobs | grep -q '"lastWords":"cannot"' || fail "no last words for a token that is good for all: $(cat "$work/body")"
for address in '/?limit=1' /hosts/ /hosts/nas/ /hosts/nas/files/ /hosts/nas/logs /hosts/nas/logs?filter=x /stream /stream?filter=run:none \
  /hosts/other/ /nothing; do
  refused 403 -H "Authorization: Bearer $board" "$base$address"
  grep -q '"error":"this token is for the board alone' "$work/body" || fail "$address: $(cat "$work/body")"
done
refused 401 -H "Authorization: Bearer $board board" "$base/jobs"
refused 200 "$base/"
# A word of a later version opens nothing, and is said.
sed -i "s/^prometheus .*/prometheus $board hosts=nas/" "$work/nas/data/ssblog/view/tokens"
refused 401 -H "Authorization: Bearer $board" "$base/jobs"
expect 0 nas view token list
grep -q "the token prometheus is for something that this version does not know" "$work/said" || fail "not said: $(cat "$work/said")"
expect 64 nas view token add more --only hosts=nas
expect 64 nas view token add more --only ''
expect 64 nas view token list --only board
expect 64 nas view --only board
on nas view token revoke prometheus
# A browser gets one that is good for all, or none.
init wall
on wall view token add wall --only board >/dev/null
expect 64 wall view open --listen "127.0.0.1:$port"
says "no token is good for all; make one with: ssblog view token add NAME"
expect 64 nas view token revoke other

# The page needs no token, and can load, send and run nothing that is not its own.
for file in / /page.js /page.css /favicon.svg; do refused 200 "$base$file"; done
curl -s -m 20 -D "$work/head" -o "$work/body" "$base/"
grep -qi "^content-security-policy: default-src 'none'" "$work/head" || fail "no CSP: $(cat "$work/head")"

# Each address.
is "a == {'data': [{'host': 'nas', 'url': '$base/hosts/nas/'}]}" /hosts/
is "{'filename': 'web/stdout', 'host': 'nas', 'url': '$base/hosts/nas/logs?file=web%2Fstdout'} in a['data']" /hosts/nas/
is "{r['filename'] for r in a['data']} >= {'web/stdout', 'web/stderr', 'bin/stdout'}" /hosts/nas/files/
is "len(a['data']) == 10 and a['data'][0]['logline'] == 'line 25 of the web'" '/hosts/nas/logs?count=10&file=web/stdout'
is "all(set(r) == {'filename', 'last_modified', 'logline', 'host'} for r in a['data'])" /hosts/nas/logs
is "all(r['filename'] == 'web/stdout' and 'line 2' in r['logline'] for r in a['data']) and len(a['data']) == 4" \
  '/hosts/nas/logs?count=4&file=web/stdout&filter=line+2'
[ "$(get '/hosts/nas/logs?count=4&filter=LINE+2' | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["data"]))')" = 0 ] ||
  fail "a capital letter asks for its own case"
is "[r['logline'] for r in a['data']] == ['line 9 of the web']" '/hosts/nas/logs?filter=/line%20[9]%20/'
is "any('<script>' in r['logline'] and '\\x1b' in r['logline'] for r in a['data'])" '/hosts/nas/logs?file=web/stderr'
is "a['data'][0]['logline'] == 'bytes \\\\xff\\\\xfe here'" '/hosts/nas/logs?file=bin/stdout'
is "a['data'][0]['type'] == 'job' and len(a['data']) == 3" '/?limit=3'
is "len(a['data']) == 25" '/?limit=100&filter=job:web+stream:stdout'
is "a['jobs'][0]['job'] == 'backup' and a['jobs'][0]['state'] == 'failed' and a['hosts'][0]['name'] == 'nas'" /jobs
is "a['messages'] > 25 and a['version']" /info
is "a == {'status': 'ok'}" /healthz
get /metrics | grep -q '^ssblog_job_trouble{job="backup",source="nas",destination="usb",host="nas",id="........"} 1$' ||
  fail "metrics: $(cat "$work/body")"

# Page by page: each line once, the newest first.
python3 - "$base" "$token" <<'END' || fail "paging: see above"
import json, sys, urllib.request
base, token = sys.argv[1:3]
address, lines = base + "/hosts/nas/logs?count=7&file=web/stdout", []
while address:
    answer = json.load(urllib.request.urlopen(urllib.request.Request(address, headers={"Authorization": token}), timeout=20))
    lines += [row["logline"] for row in answer["data"]]
    assert len(answer["data"]) <= 7
    address = answer["next"]
assert lines == [f"line {i} of the web" for i in range(25, 0, -1)], lines
END

# What is wrong is said in a sentence.
for wrong in '/hosts/nas/logs?count=0' '/hosts/nas/logs?count=1001' '/hosts/nas/logs?count=x' '/hosts/nas/logs?other=1' \
  '/hosts/nas/logs?before=x' '/hosts/nas/logs?filter=/(/' '/?limit=-1' '/jobs?x=1' '/hosts/nas/logs?count=1&count=2' '/%00' \
  '/hosts/%2e%2e/logs' '/?limit=1&filter=level:loud'; do
  refused 400 --path-as-is -H "Authorization: $token" "$base$wrong"
  grep -q '"error":"' "$work/body" || fail "$wrong: $(cat "$work/body")"
done
for none in /nothing /hosts/other/ '/hosts/nas/logs?file=none' /hosts/nas/files/x /jobs/x; do
  refused 404 -H "Authorization: $token" "$base$none"
done
refused 400 -H "Authorization: $token" "$base/$(printf 'a%.0s' $(seq 1 8100))"

# Who looks on is told at once.
curl -s -N -m 60 -H "Authorization: $token" "$base/stream?filter=job:web" >"$work/stream" &
curl_id=$!
wait_until 20 grep -qsx ': ssblog' "$work/stream"
# Who was greeted misses nothing.
echo look | on nas publish --job web
wait_until 20 grep -q '"text":"look' "$work/stream"
on nas run --job backup -- true >/dev/null 2>&1
wait_until 20 grep -q '^event: board' "$work/stream"
grep -q '"job":"backup"' "$work/stream" && fail "the filter is not heeded"
kill "$curl_id"
wait "$curl_id" 2>/dev/null || true

# Until the token is revoked: then it ends, whether something comes or not.
other=$(on nas view token add onlooker)
: >"$work/stream" # or what the last one was told would be taken for the greeting
curl -s -N -m 100 -H "Authorization: $other" "$base/stream" >"$work/stream" &
curl_id=$!
wait_until 20 grep -qx ': ssblog' "$work/stream"
on nas view token revoke onlooker
status=0
wait "$curl_id" || status=$?
[ "$status" = 18 ] || fail "a stream of a revoked token ends with $status instead of an answer that is cut off"

# Nobody shares the address, not even a second one of the same user.
"${as_nas[@]}" view --listen "127.0.0.1:$port" >"$work/body" 2>"$work/said" &
second=$!
second_ended() { ! kill -0 "$second" 2>/dev/null; }
wait_until 60 second_ended
status=0
wait "$second" || status=$?
[ "$status" = 69 ] || fail "a second one at the same port: $status"
grep -q "another program does" "$work/said" || fail "a second one at the same port: $(cat "$work/said")"

# A request that never ends, and many at once, keep nobody out.
python3 - "$port" "$token" <<'END' || fail "a crowd keeps others out"
import json, socket, sys, urllib.request
crowd = [socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20) for _ in range(200)]
for each in crowd:
    each.sendall(b"GET /jobs HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
asked = urllib.request.Request(f"http://127.0.0.1:{sys.argv[1]}/healthz", headers={"Authorization": sys.argv[2]})
assert json.load(urllib.request.urlopen(asked, timeout=60)) == {"status": "ok"}
END

# Where the system gives too few threads, that is said. A sanitizer needs more of the memory than there may be, and there are
# systems whose threads need so little that all of them have room: nothing is seen there.
if ! sanitized && [ "$(uname)" = Linux ]; then
  status=0
  (
    ulimit -v 400000
    exec timeout 60 "${as_nas[@]}" view --listen 127.0.0.1:0 >"$work/body" 2>"$work/said"
  ) || status=$?
  case $status in
  69) grep -q "cannot start a thread" "$work/said" || fail "too few threads: $(cat "$work/said")" ;;
  124) echo "there is room for all threads" ;;
  *) fail "too few threads: $status, $(cat "$work/said")" ;;
  esac
fi

# A unix socket: its mode says who may.
"${as_nas[@]}" view --socket "$work/view.socket" >/dev/null 2>&1 &
local_viewer=$!
wait_until 20 test -S "$work/view.socket"
[ "$(stat -c %a "$work/view.socket")" = 660 ] || fail "mode $(stat -c %a "$work/view.socket")"
answered() { curl -s -m 20 --unix-socket "$work/view.socket" -H 'X-Forwarded-Host: logs.example' -H 'X-Forwarded-Proto: https' http://x/hosts/ >"$work/body"; }
wait_until 20 answered
grep -q '"url":"https://logs.example/hosts/nas/"' "$work/body" || fail "behind a proxy: $(cat "$work/body")"
# What is in its place stays: another server, and a file of somebody's.
expect 69 nas view --socket "$work/view.socket"
grep -q "another program listens there" "$work/said" || fail "a second one at the same socket"
echo mine >"$work/precious"
expect 73 nas view --socket "$work/precious"
[ "$(cat "$work/precious")" = mine ] || fail "a slip costs a file"
answered || fail "the first one has lost its socket"
kill "$local_viewer"
wait "$local_viewer" || fail "it ends with $?"
kill "$viewer"
wait "$viewer" || fail "it ends with $?"
