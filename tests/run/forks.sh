#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/forks.sh SSBLOG - an author that came back with its guard and signed on: one host has the first branch,
# another one the second. When they meet, both mark the feed, once, each keeps its branch, and however often they meet
# again nothing changes. A third one, which comes later, ends in one branch and marks the feed, too.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"

head -c 32 /dev/urandom | base64 >"$work/caps"
for host in f b c d; do
  on "$host" init --name "$host" --caps.shs "@$work/caps" >"$work/$host.id" 2>/dev/null
  printf '\n[lan]\ndiscover = false\n' >>"$(home_of "$host")/config.toml"
done
f=$(cat "$work/f.id")
follow() { on "$1" follow "$(cat "$work/$2.id")" 2>/dev/null; }
follow f b
follow f c
for pair in "b f" "b c" "c f" "c b" "d f" "d b" "d c" "b d" "c d"; do
  # shellcheck disable=SC2086 # two words
  follow $pair
done
publish() { echo "$2" | on "$1" publish --job "$2" 2>"$work/said"; }
texts() { on "$1" log --json --feed "$f" 2>/dev/null | sed -nE 's/.*"job":"([^"]*)".*/\1/p' | tr '\n' ' '; }
has_texts() { [ "$(texts "$1")" = "$2" ]; }
is_marked() { on "$1" status --json 2>/dev/null | grep -q '"forks":\[{'; }
connected() { on "$1" peers --json 2>/dev/null | grep -q "\"id\":\"$(cat "$work/$2.id")\".*\"state\":\"connected\""; }
told() { grep -c "the feed $f is forked" "$work/$1.log" || true; }
# What a host has of the feed, and of the proof.
standing() {
  on "$1" log --json --feed "$f" 2>/dev/null | sha256sum
  on "$1" status --json 2>/dev/null | grep -o '"forks":\[[^]]*\]'
}

# The first branch goes to b, the second one to c.
publish f common
rm -rf -- "$work/f.old"
cp -a -- "$work/f" "$work/f.old"
publish f first
start b
start f
on f connect "$(address b)" 2>/dev/null
wait_until 30 has_texts b "common first "
stop f
stop b
rm -rf -- "$work/f"
cp -a -- "$work/f.old" "$work/f"
publish f second
publish f third
start c
start f
on f connect "$(address c)" 2>/dev/null
wait_until 30 has_texts c "common second third "
stop f

# They meet.
start b
on b connect "$(address c)" 2>/dev/null
wait_until 30 is_marked b
wait_until 30 is_marked c
has_texts b "common first " || fail "b has: $(texts b)"
has_texts c "common second third " || fail "c has: $(texts c)"
for host in b c; do
  standing "$host" >"$work/$host.standing"
  [ "$(told "$host")" = 1 ] || fail "$host tells of the fork $(told "$host") times"
done

# Again and again.
meetings=8
[ "$long" = 1 ] && meetings=100
for _ in $(seq "$meetings"); do
  stop c
  start c
  on b connect "$(address c)" 2>/dev/null
  wait_until 30 connected b c
  wait_until 30 connected c b
done
# What would come, comes before what was published behind it.
on c publish --job behind --text x
behind() { on b log --json --feed "$(cat "$work/c.id")" 2>/dev/null | grep -q '"job":"behind"'; }
wait_until 20 behind
for host in b c; do
  standing "$host" >"$work/now"
  same "$work/$host.standing" "$work/now" "the standing of $host changed: $(cat "$work/now")"
  [ "$(told "$host")" = 1 ] || fail "$host tells of the fork $(told "$host") times after $meetings meetings"
  on "$host" verify >/dev/null 2>&1 || true
done

# One that had neither.
start d
on d connect "$(address b)" 2>/dev/null
on d connect "$(address c)" 2>/dev/null
wait_until 60 is_marked d
texts=$(texts d)
case $texts in
  "common first " | "common second " | "common second third ") ;;
  *) fail "d has: $texts" ;;
esac

# The author comes back: it learns of it, and signs nothing more.
start f
on f connect "$(address b)" 2>/dev/null
forked() { (on f restore --json 2>/dev/null || true) | grep -q '"reason":"forked"'; }
wait_until 30 forked
publish f fourth || fail "a line of a forked host is refused"
says 'to be signed later'
expect 65 f restore --force
on f doctor >"$work/out" 2>/dev/null || true
grep -q "this host's feed is forked" "$work/out" || fail "doctor: $(cat "$work/out")"
on b doctor >"$work/out" 2>/dev/null || true
grep -q 'hint .*forks.*is forked: its author signed both' "$work/out" || fail "doctor of another: $(cat "$work/out")"
for host in f b c d; do stop "$host"; done
