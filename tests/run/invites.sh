#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/invites.sh SSBLOG - joining by an invite: a second machine is set up, lines go both ways, and invites that
# are used up, expired, revoked, damaged or of another network are refused, with words on both sides.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"

logged() { grep -q -- "$1" "$work/$2.log"; }
# invite FILE WORDS...: an invite of a, in a file; its id is in $id.
invite() {
  local file=$1
  shift
  on a invite create "$@" >"$work/$file" 2>"$work/said" || fail "invite create $*: $(cat "$work/said")"
  id=$(sed -nE 's/.*invite ([0-9a-f]{8}) works.*/\1/p' "$work/said")
  [ -n "$id" ] || fail "invite create gives no id: $(cat "$work/said")"
}
state_of() { on a invite list --json | sed -nE "s/.*\"id\":\"$1\",\"state\":\"([^\"]*)\".*/\1/p"; }
is() { [ "$(state_of "$1")" = "$2" ] || fail "invite $1 is $(state_of "$1"), not $2"; }
id_of() { on "$1" whoami; }
holds() { [ -n "$(on "$1" log --json --feed "$2" -n 1 2>/dev/null)" ]; } # HOST FEED

# start_a: its daemon, on the port that its invites name.
start_a() {
  on a daemon --host 127.0.0.1 --port "$port" 2>>"$work/a.log" &
  printf '%s' $! >"$work/a.pid"
  wait_until 20 has_address a
}

on a init --name a >/dev/null 2>&1
a=$(on a whoami)

# An invite that is made while no daemon runs, and one that is used while none does.
invite none --address 127.0.0.1:1
says 'no daemon is running'
expect 75 n join "@$work/none" --name n
says 'could not be reached'
says '127.0.0.1:1: '
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])') || skip "no python3"
invite early --address "127.0.0.1:$port"
start_a

# A second machine: install, join, start the service. Lines arrive on both sides.
expect 0 b join "@$work/early" --name b
says 'follow each other'
says 'start the service'
b=$(id_of b)
[ "$(cat "$work/out")" = "$b" ] || fail "join prints $(cat "$work/out")"
grep -q "$(sed -n 's/^key = //p' "$(home_of a)/config.toml")" "$(home_of b)/config.toml" || fail "another network key"
start b
echo "of a" | on a publish --job lines
echo "of b" | on b publish --job lines
both() { for host in a b; do on "$host" log 2>/dev/null | grep -q 'of a' && on "$host" log | grep -q 'of b' || return 1; done; }
wait_until 20 both
wait_until 10 logged "invite $id was used by $b" a
is "$id" "used up"
on a invite list | grep -qE "^$id +used up +0 of 1 .* b@" || fail "invite list: $(on a invite list)"

# Again with the same line: all is well, and nothing is said twice.
before=$(on b log --json --feed b 2>/dev/null | wc -l)
expect 0 b join "@$work/early"
says 'joined before'
says 'the daemon that runs here'
[ "$(on b log --json --feed b 2>/dev/null | wc -l)" = "$before" ] || fail "joining again published something"
# n, whose first try failed, comes with another line of the same network. The line comes through a pipe.
invite later --address 127.0.0.1
expect 0 n join - --timeout 20s <"$work/later"
expect 0 n join --json "$(cat "$work/later")"
grep -q "\"id\":\"$(id_of n)\",\"host\":\"$a\",.*\"already\":true" "$work/out" || fail "join --json: $(cat "$work/out")"

# Used up, expired, revoked: both sides say so. The guest has its home, and can come with another line.
expect 77 c join "@$work/early" --name c
says 'refused: invite was used up'
wait_until 10 logged "invite [0-9a-f]* was refused to $(id_of c).*used up" a
invite short --expires 1ms
expect 77 c join "@$work/short"
says 'refused: invite has expired'
wait_until 10 logged "invite $id was refused to $(id_of c).*expired" a
is "$id" expired
invite gone --uses 5 --note "for the NAS"
on a invite list | grep -qE "^$id +open +5 of 5 .*for the NAS" || fail "invite list: $(on a invite list)"
expect 0 a invite revoke "${id:0:5}"
says "invite $id is revoked"
expect 77 c join "@$work/gone"
says 'refused: invite was revoked'
wait_until 10 logged "invite $id was refused to $(id_of c).*revoked" a
is "$id" revoked
invite one
invite two
expect 0 a invite revoke all
is "$id" revoked
expect 0 a invite revoke all
says 'no invite is open'
on c log 2>/dev/null | grep -q 'of a' && fail "who was refused has lines"
on a status --json | grep -q "$(id_of c)" && fail "who was refused is followed"

# Several at once on one use: one is let in. Several on several: all are.
invite race
for host in r1 r2 r3 r4; do on "$host" init --caps.shs "@$(home_of a)/config.toml" >/dev/null 2>&1; done
race() { # FILE
  : >"$work/$1.ends"
  local host
  for host in r1 r2 r3 r4; do
    { status=0; on "$host" join "@$work/$1" >/dev/null 2>"$work/$host.said" || status=$?; echo "$status" >>"$work/$1.ends"; } &
    pids+=($!)
  done
  wait "${pids[@]}"
  sort "$work/$1.ends" | tr '\n' ' '
}
pids=()
ends=$(race race)
[ "$ends" = "0 77 77 77 " ] || fail "four guests, one use: $ends"
is "$id" "used up"
invite crowd --uses 4
pids=()
ends=$(race crowd)
[ "$ends" = "0 0 0 0 " ] || fail "four guests, four uses: $ends"
[ "$(on a invite list --json | grep "\"id\":\"$id\"" | sed -nE 's/.*"used":([0-9]+).*/\1/p')" = 3 ] ||
  fail "one of them was followed already: $(on a invite list)"

# An unknown key, and a key that is an invite's: neither gets anything else.
invite other
sed -E 's/(~shs:[^:]*:).{43}=/\1AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=/' "$work/other" >"$work/unknown"
expect 77 c join "@$work/unknown"
says 'knows no such invite'

# Another network, another key, nobody there: each address says why, and the good one is found behind bad ones.
on x init >/dev/null 2>&1
network() { sed -nE 's/^key = "(.*)"/\1/p' "$(home_of "$1")/config.toml"; }
line=$(cat "$work/other")
front=${line%%#*}
expect 75 y join "$front#network=$(network x)" --name y
says 'network key is another'
expect 0 y join "${front/:$port/:1}#network=$(network a),at=127.0.0.1:2,at=127.0.0.1:$port"
grep -q "^key = \"$(network a)\"" "$(home_of y)/config.toml" || fail "a new home did not take the key of the second invite"
grep -q '^name = .y' "$(home_of y)/config.toml" || fail "the name was lost"
grep -q "$b" "$work/other" && fail "an invite names another host"

# A home of another network that is in use, or whose configuration was edited, is left alone.
invite another
cp -- "$(home_of x)/config.toml" "$work/kept"
echo "a line" | on x publish --job own
expect 78 x join "@$work/another"
says 'belongs to another network than the invite, and its feed is in use'
same "$work/kept" "$(home_of x)/config.toml" "the configuration was changed"
on z init --name z >/dev/null 2>&1
echo '# mine' >>"$(home_of z)/config.toml"
expect 78 z join "@$work/another"
says 'its config.toml was edited'
expect 0 z join "@$work/another" --path "$work/z/second"
expect 78 b join --caps.shs "$(network x)" "@$work/another"
says 'of another network than the key'
# SSB's own forms say nothing of the network; a home, or a person, must.
invite plain --uses 2
line=$(cat "$work/plain")
expect 78 p join "${line%%#*}"
says 'of which network'
expect 0 p join "${line%%#*}" --caps.shs "@$(home_of a)/config.toml" --name p
seed=$(sed -nE 's/.*~shs:[^:]*:([^#]*)#.*/\1/p' "$work/plain")
expect 0 b join "127.0.0.1:$port:$a~$seed"

# What is no invite, and what makes no sense. A line is never repeated in an error.
expect 65 c join "${line%%=*}"
says 'this is no invite'
grep -q "$seed" "$work/said" && fail "the seed is in an error"
expect 65 c join "$(address a)"
expect 64 c join
expect 64 a join "@$work/another"
says 'of this host itself'
expect 64 a invite
expect 64 a invite create --uses 0
expect 64 a invite create --expires 400d
expect 64 a invite create --address 'no host'
expect 64 a invite revoke ffffffff
expect 64 a invite list --uses 3
expect 78 nobody invite list
expect 66 c join @/no/such/file

# The list of processes shows no line. A daemon that stands still keeps the guest waiting.
kill -STOP "$(cat "$work/a.pid")"
on c join "127.0.0.1:$port:$a~$seed" >/dev/null 2>&1 &
# shellcheck disable=SC2009 # pgrep does not show what is asked for here
joining() { ps -eo args | grep -q '[s]sblog join xxxxxxxx'; }
wait_until 10 joining
# shellcheck disable=SC2009
ps -eo args | grep '[s]sblog join' | grep -q -- "$seed" && fail "the list of processes shows an invite"
kill -CONT "$(cat "$work/a.pid")"
wait %% >/dev/null || true

# While publishing is held, nobody is let in, and no use is spent.
stop b  # it would bring back what is missing, and end the hold
stop a
rm -f -- "$(home_of a)"/ssblog.db*
on a publish --text "signed later" 2>/dev/null
invite held --address "127.0.0.1:$port"
start_a
expect 75 c join "@$work/held"
says 'try again later'
is "$id" open
wait_until 10 logged "invite $id could not be used.*publishing is held" a
start b || fail "the daemon of b does not start: $(cat "$work/b.log")"
wait_until 40 holds a "$a"
stop a
stop b
