#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/supersede.sh SSBLOG - a host whose feed is forked after all: its backup came back together with its guard,
# and no peer was there. It is found and proven, the host gets a new identity, and every line that was ever acknowledged
# is on every host once. Killed on the way, it goes on. With ssblog, and with a real ssb-server where it is installed.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
with_sbot=no
if command -v node >/dev/null && [ -d "$(dirname -- "$0")/../interop/node_modules/ssb-server" ]; then
  # shellcheck source=tests/run/sbot.sh
  . "$(dirname -- "$0")/sbot.sh"
  with_sbot=yes
else
  head -c 32 /dev/urandom | base64 >"$work/caps"
fi

begin() { # HOST
  on "$1" init --name "$1" --caps.shs "@$work/caps" >"$work/$1.id" 2>/dev/null || fail "init of $1: $?"
  printf '\n[lan]\ndiscover = false\n' >>"$(home_of "$1")/config.toml"
}
id_of() { cat "$work/$1.id"; }
publish() { printf '%s\n' "$2" | on "$1" publish --job "$2" 2>"$work/said" || fail "publish of $2: $?: $(cat "$work/said")"; }
reason() { on "$1" restore --json 2>/dev/null | sed -nE 's/.*"reason":(null|"([a-z_]*)").*/\1/p' | tr -d '"'; }
is_held_for() { [ "$(reason "$1")" = "$2" ]; }
parts() { on "$1" id --json | grep -q '"parts":true'; }
holds() { # HOST FEED MESSAGES
  local messages
  messages=$(on "$1" verify --feed "$2" 2>/dev/null | sed -n 's/^ok .* //p')
  [ -n "$messages" ] && [ "$messages" -ge "$3" ]
}
messages() { on "$1" verify --feed "$2" 2>/dev/null | sed -n 's/^ok .* //p'; }
follows() { on "$1" status --json | grep -q "\"id\":\"$2\",\"name\":\"[^\"]*\",\"hops\":1,"; }
is_forked() { on "$1" status --json | grep -q "\"forks\":\[{\"id\":\"$2\""; }

# once HOST FEED...: each line of $work/lines stands there once, and nothing else of these feeds.
once() {
  local host=$1 line feed
  shift
  local words=()
  for feed in "$@"; do words+=(--feed "$feed"); done
  on "$host" assemble -o "$work/$host.text" "${words[@]}" 2>/dev/null || fail "assemble of $host: $?"
  while read -r line; do
    [ "$(grep -cF -- "]: $line" "$work/$host.text")" = 1 ] ||
      fail "$host has '${line:0:40}' $(grep -cF -- "]: $line" "$work/$host.text") times: $(cut -c 1-150 "$work/$host.text" | tail -n 30)"
  done <"$work/lines"
  ! grep -q ' gap run=' "$work/$host.text" || fail "$host has a gap: $(grep ' gap run=' "$work/$host.text")"
  [ "$(grep -c ']: ' "$work/$host.text")" = "$(wc -l <"$work/lines")" ] ||
    fail "$host has other lines: $(cut -c 1-100 "$work/$host.text")"
}

long_line=$(head -c 20000 /dev/zero | tr '\0' x)
: >"$work/lines"
note() { printf '%s\n' "$@" >>"$work/lines"; }

# The first branch, up to where the copy is taken, and what it did then.
first_life() {
  begin a
  cat >>"$(home_of a)/config.toml" <<END

[[source]]
name = "app"
paths = ["$work/app.log"]
partial-flush = "1s"
END
  publish a "common one"
  printf 'file one\n' >"$work/app.log"
  on a ship --once 2>"$work/said" || fail "ship: $?: $(cat "$work/said")"
  note "common one" "file one"
}
copy_home() {
  rm -rf -- "$work/a.copy"
  cp -a -- "$work/a" "$work/a.copy"
}
restore_copy() {
  rm -rf -- "$work/a"
  cp -a -- "$work/a.copy" "$work/a"
}
# The second one: signed while nobody was there.
dead_branch() {
  publish a "dead one"
  is_held_for a null || fail "a copy with its guard is held: $(reason a)"
  printf 'file two\nfile three\n' >>"$work/app.log"
  on a ship --once 2>"$work/said" || fail "ship of the dead branch: $?: $(cat "$work/said")"
  on a run --job work -- sh -c 'echo run one; echo run two' >/dev/null 2>&1 || fail "run: $?"
  printf '%s\n' "$long_line" | on a publish --job long || fail "publish of a long line: $?"
  printf 'loose one\n' | on a publish --job loose --line-per-message || fail "loose: $?"
  note "dead one" "file two" "file three" "run one" "run two" "$long_line" "loose one"
}

begin b
begin c
first_life
for host in b c; do
  on a follow "$(id_of "$host")" 2>/dev/null
  on "$host" follow "$(id_of a)" 2>/dev/null
done
on b follow "$(id_of c)" 2>/dev/null
on c follow "$(id_of b)" 2>/dev/null
old=$(id_of a)
copy_home
for number in 1 2 3 4 5; do
  publish a "first branch $number"
  note "first branch $number"
done
start b
start a
on a connect "$(address b)" 2>/dev/null
wait_until 30 holds b "$old" "$(messages a "$old")"
stop a
first=$(messages b "$old")

# Back with its guard, and alone: it signs on. C, which was away all the time, meets it first.
restore_copy
common=$(messages a "$old")
dead_branch
start c
start a
on a connect "$(address c)" 2>/dev/null
wait_until 30 holds c "$old" "$(messages a "$old")"
stop a
# B has the other branch: found and proven on both sides, and where they part.
start a
on a connect "$(address b)" 2>/dev/null
wait_until 30 is_held_for a forked
wait_until 30 parts a
wait_until 30 is_forked b "$old"
on a id --json | grep -q "\"fork\":{\"sequence\":$((common + 1))," || fail "it parts elsewhere: $(on a id --json)"
publish a "spooled one"
publish a "spooled two"
says 'to be signed later'
note "spooled one" "spooled two"
expect 75 a id new --supersedes
says 'the daemon runs'
stop a
on a restore --status >"$work/out" 2>/dev/null && fail "a fork is no hold"
grep -q 'ssblog id new --supersedes' "$work/out" || fail "restore --status names no way out: $(cat "$work/out")"
rm -rf -- "$work/a.forked"
cp -a -- "$work/a" "$work/a.forked"

# The way out.
expect 0 a id new --supersedes
new=$(cat "$work/out")
says 'by themselves'
[ "$new" != "$old" ] || fail "the identity is the old one"
[ "$(on a whoami)" = "$new" ] || fail "whoami says $(on a whoami)"
on a id --json | grep -q "\"supersedes\":\"$old\",\"superseded\":null" || fail "id: $(on a id --json)"
kept=("$(home_of a)"/secret.superseded-*)
[ "$(stat -c %a "${kept[0]}")" = 600 ] || fail "the old secret has mode $(stat -c %a "${kept[0]}")"
grep -q "$old" "${kept[0]}" || fail "the old secret is not kept"
[ ! -e "$(home_of a)/secret.next" ] || fail "a half identity is left"
is_held_for a null || fail "the new identity is held: $(reason a)"
whole a
publish a "new one"
printf 'file four\n' >>"$work/app.log"
on a ship --once 2>"$work/said" || fail "ship of the new feed: $?: $(cat "$work/said")"
note "new one" "file four"

# Nobody follows it so far, and it is a stranger to B; C meets B alone.
start a
on a connect "$(address b)" 2>/dev/null
stop c
start c
on c connect "$(address b)" 2>/dev/null
wait_until 40 follows b "$new"
wait_until 40 follows c "$new"
wait_until 30 holds a "$old" "$first"
wait_until 30 holds b "$new" "$(messages a "$new")"
wait_until 30 holds c "$new" "$(messages a "$new")"
wait_until 60 holds c "$old" "$first"
for host in a b c; do
  once "$host" "$old" "$new"
  whole "$host"
  on "$host" status | grep -q "superseded by a@" || fail "status of $host does not say it: $(on "$host" status)"
done
same "$work/a.text" "$work/b.text" "a and b show other texts"
same "$work/b.text" "$work/c.text" "b and c show other texts"
# Once: who does not want it any more is not asked again.
on b unfollow "$new" 2>/dev/null
stop b
start b
for host in a c; do on "$host" connect "$(address b)" 2>/dev/null; done
publish a "new two"
note "new two"
wait_until 30 holds c "$new" "$(messages a "$new")"
! follows b "$new" || fail "b follows it again"
for host in a b c; do stop "$host"; done

# A copy of a machine becomes a host of its own: nothing is carried over, but what waited there is signed there.
clone=$work/a/clone
cp -a -- "$(home_of a)" "$clone"
publish a "of the original"
echo "of the clone" | on a publish --path "$clone" --job clone 2>"$work/said"
says 'to be signed later'
on a id new --path "$clone" --name clone >"$work/out" 2>"$work/said" || fail "id new of a clone: $?: $(cat "$work/said")"
clone_id=$(cat "$work/out")
echo "of the clone, too" | on a publish --path "$clone" --job clone 2>"$work/said" || fail "publish of the clone: $?"
on a log --path "$clone" --feed "$clone_id" --json >"$work/out" 2>/dev/null
[ "$(grep -c '"job":"clone"' "$work/out")" = 2 ] || fail "the clone has: $(cat "$work/out")"
on a verify --path "$clone" >/dev/null || fail "verify of the clone: $?"
whole a
on a restore --path "$clone" --status >/dev/null || fail "the clone is held"

# Killed at its system calls: it goes on, and nothing is lost or twice.
if command -v strace >/dev/null && strace -f -qq -o /dev/null true 2>/dev/null; then
  grep -v -e '^new ' -e '^file four' -e '^first branch' "$work/lines" >"$work/lines.forked"
  mv -- "$work/lines" "$work/lines.all"
  mv -- "$work/lines.forked" "$work/lines"
  if [ "$long" = 1 ]; then step=1; else step=17; fi
  kills=0
  for call in openat pwrite64 write fsync fdatasync link rename unlink ftruncate; do
    for ((n = 1; ; n += step)); do
      rm -rf -- "$work/a"
      cp -a -- "$work/a.forked" "$work/a"
      ended=yes
      killed_at "$call" "$n" a id new --supersedes || ended=no
      if [ "$ended" = yes ]; then
        break
      fi
      kills=$((kills + 1))
      # What was told is done; the same words would be another wish.
      [ -s "$work/out" ] || expect 0 a id new --supersedes
      again=$(cat "$work/out")
      [ "$(on a whoami)" = "$again" ] || fail "$call $n: whoami says $(on a whoami), not $again"
      [ "$(find "$(home_of a)" -name 'secret.superseded-*' | wc -l)" = 1 ] || fail "$call $n: $(ls "$(home_of a)")"
      [ ! -e "$(home_of a)/secret.next" ] || fail "$call $n: a half identity is left"
      on a id --json | grep -q "\"supersedes\":\"$old\"" || fail "$call $n: $(on a id --json)"
      is_held_for a null || fail "$call $n: the new identity is held: $(reason a)"
      whole a
      once a "$old" "$again"
      rm -f -- "$work/a.text" "$work"/.a.text*
    done
  done
  [ "$kills" -ge 10 ] || fail "only $kills kills"
  echo "$kills kills"
fi

if [ "${SSBLOG_NO_SBOT:-0}" = 1 ] || [ "$with_sbot" = no ]; then
  echo "ssb-server is not installed: not tried with it"
  exit 0
fi
rm -rf -- "${work:?}"/a "$work"/a.* "$work"/*.text "$work"/.*.text* "$work/app.log"
: >"$work/lines"
start_sbot j --hops 2
first_life
old=$(id_of a)
on a follow "$(of_sbot j id)" 2>/dev/null
sbot j follow "$old" >/dev/null
copy_home
for number in 1 2 3; do
  publish a "first branch $number"
  note "first branch $number"
done
first=$(messages a "$old")
start a
on a connect "$(of_sbot j address)" 2>/dev/null
sbot j wait "$old" "$first" --timeout 30000 >/dev/null || fail "ssb-server did not get the first branch: $(cat "$work/a.log")"
stop a
restore_copy
dead_branch
start a
on a connect "$(of_sbot j address)" 2>/dev/null
wait_until 30 is_held_for a forked
wait_until 30 parts a
publish a "spooled one"
note "spooled one"
stop a
expect 0 a id new --supersedes
new=$(cat "$work/out")
start a
on a connect "$(of_sbot j address)" 2>/dev/null
sbot j follow "$new" >/dev/null
sbot j wait "$new" "$(messages a "$new")" --timeout 30000 >/dev/null || fail "ssb-server did not get the new feed: $(cat "$work/a.log")"
wait_until 30 holds a "$old" "$first"
once a "$old" "$new"
whole a
