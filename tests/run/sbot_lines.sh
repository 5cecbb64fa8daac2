#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/sbot_lines.sh SSBLOG - the lines that people have in scripts for sbot, and methods called by hand.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"

mkdir -p "$work/bin" "$work/a"
ln -s "$ssblog" "$work/bin/sbot"
sbot() { at a "$work/bin/sbot" "$@"; }
home=$work/a/net
key=$(head -c 32 /dev/zero | tr '\0' 'k' | base64)
flags=(--path "$home" --port 8321 --caps.shs "$key")
other=@XBdl+9ptgHeeTkePPwpY2oJvjZVRmHVSu3+UIvr0Lew=.ed25519

ends_with 78 "no identity" sbot whoami --path "$home"
ends_with 78 "caps.shs" sbot server --path "$home"
# The first start makes the identity. A port of the test's own, since others run here too.
sbot server --path "$home" --host 127.0.0.1 --port 0 --caps.shs "$key" >"$work/a.id" 2>"$work/a.log" &
printf '%s' $! >"$work/a.pid"
is_up() { [ -s "$home/daemon.json" ] && sed -nE 's/.*"pid":([0-9]+).*/\1/p' "$home/daemon.json" >"$work/a.pid"; }
wait_until 20 is_up
tr '\0' ' ' <"/proc/$(cat "$work/a.pid")/cmdline" | grep -q "$key" && fail "the network key stands in the list of processes"
id=$(cat "$work/a.id")

[ "$(sbot whoami "${flags[@]}")" = "{
  \"id\": \"$id\"
}" ] || fail "whoami prints $(sbot whoami "${flags[@]}")"

# sbot_publish WORDS...: the content of what it printed.
content() { python3 -c 'import json,sys; print(json.dumps(json.load(sys.stdin)["value"]["content"],separators=(",",":"),ensure_ascii=False))'; }
need python3
printf 'first line\n-- second 7\n' | at a xargs -d '\n' -I {} "$work/bin/sbot" publish "${flags[@]}" --type log --source a --destination b --text " {}" >"$work/said" 2>"$work/err" ||
  fail "xargs: $?: $(cat "$work/err")"
[ ! -s "$work/err" ] || fail "publish says: $(cat "$work/err")"
at a "$ssblog" log --path "$home" --json >"$work/log"
[ "$(sbot publish "${flags[@]}" --type contact --contact "$other" --following | content)" = "{\"type\":\"contact\",\"contact\":\"$other\",\"following\":true}" ] ||
  fail "a contact: $(sbot log --path "$home" --limit 1 --reverse)"
[ "$(sbot publish --type test --n 5 --text 007 -- "${flags[@]}" | content)" = '{"type":"test","n":5,"text":7}' ] || fail "flags behind --"
[ "$(echo '{"type":"test","deep":{"a":[1,null]}}' | sbot publish . "${flags[@]}" | content)" = '{"type":"test","deep":{"a":[1,null]}}' ] || fail "a lone dot"
# What only nearly says how a server is reached does not become content either.
for near in --caps --Caps --caps.shs.x --Caps.shs --caps.SHS; do
  ends_with 64 "network key" sbot publish --path "$home" --type test "$near" "$key"
  ends_with 64 "network key" on a publish --path "$home" --type test "$near" "$key"
done
sbot createUserStream --path "$home" --id "$id" >"$work/feed"
! grep -qE "$key|8321|$home" "$work/feed" || fail "how the server is reached is in the feed: $(cat "$work/feed")"
grep -q '"text": " -- second 7"' "$work/feed" || fail "the feed: $(cat "$work/feed")"
[ "$(grep -c '^$' "$work/feed")" = 5 ] || fail "an empty line behind each item: $(cat "$work/feed")"
# An answer is what a client of ssb-server would print.
[ "$(sbot friends.hops "${flags[@]}" | tr -d ' \n')" = "{\"$other\":1,\"$id\":0}" ] || [ "$(sbot friends.hops "${flags[@]}" | tr -d ' \n')" = "{\"$id\":0,\"$other\":1}" ] ||
  fail "friends.hops: $(sbot friends.hops "${flags[@]}")"
[ "$(sbot latestSequence "$id" "${flags[@]}")" = 5 ] || fail "latestSequence: $(sbot latestSequence "$id" "${flags[@]}")"
[ "$(sbot hist "$id" "${flags[@]}" | grep -c '"sequence"')" = 5 ] || fail "hist"
[ "$(sbot logt --type test "${flags[@]}" | grep -c '"type": "test"')" = 2 ] || fail "logt"
ends_with 64 "no method nosuch" sbot nosuch "${flags[@]}"
ends_with 64 "flags alone" sbot publish "${flags[@]}" x --type y
ends_with 65 "type" sbot publish "${flags[@]}" --text "no type"
ends_with 64 "which command" sbot --path "$home"
sbot --help | grep -q Usage || fail "--help"
on a sbot whoami --path "$home" | grep -q "$id" || fail "ssblog sbot"

# The same by hand.
hand() { on a call --path "$home" "$@"; }
[ "$(hand latestSequence "$id")" = 5 ] || fail "call with an id"
[ "$(hand latestSequence "\"$id\"")" = 5 ] || fail "call with JSON"
[ "$(hand createLogStream '{"limit":2}' | grep -c '^$')" = 2 ] || fail "call of a source"
hand manifest | grep -q '"createLogStream": "source"' || fail "call manifest: $(hand manifest)"
ends_with 64 "is not JSON" hand whoami nonsense
ends_with 64 "no method" hand gossip
ends_with 66 "not found" hand getLatest "$other"
# A reader that goes early ends a stream that nothing more comes on.
{
  status=0
  timeout 20 env HOME="$work/a" "$ssblog" call --path "$home" createLogStream '{"live":true}' 2>/dev/null || status=$?
  printf '%s' "$status" >"$work/status"
} | head -n 1 >"$work/said"
[ "$(cat "$work/status")" != 124 ] || fail "call goes on though nobody reads"
at a "$ssblog" verify --path "$home" >/dev/null || fail "verify: $?"
kill -TERM "$(cat "$work/a.pid")"
wait_until 10 gone a
rm -f -- "$work/a.pid"
ends_with 69 "no daemon runs" hand status
# A store whose secret is gone gets no other identity in silence.
mv "$home/secret" "$work/secret"
ends_with 73 "its secret is gone" sbot server "${flags[@]}"
mv "$work/secret" "$home/secret"
[ "$(sbot publish "${flags[@]}" --type test --n 6 | content)" = '{"type":"test","n":6}' ] || fail "publish without a daemon"
