#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/clocks.sh SSBLOG - clocks that jump under a daemon and the publishers of its host: by an hour, by ten years, to
# 1970, 2038 and 2106, and back. Messages are taken, arrive, and stand in the order in which they were published; the
# connection stays, and files are read on.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need cc
sanitized && skip "a sanitizer wants to be the first that is preloaded"

cc -shared -fPIC -O1 -o "$work/clock.so" "$(dirname -- "$0")/clock_shim.c" -ldl
init a
on b init --name b --caps.shs "@$(home_of a)/config.toml" >"$work/b.id" 2>/dev/null
for host in a b; do printf '\n[lan]\ndiscover = false\n' >>"$(home_of "$host")/config.toml"; done
printf '\n[[source]]\nname = "file"\npaths = ["%s/app.log"]\n' "$work" >>"$(home_of a)/config.toml"
on a follow "$(cat "$work/b.id")" 2>/dev/null
on b follow "$(cat "$work/a.id")" 2>/dev/null
: >"$work/app.log"

# wrong COMMAND...: with the clock that is wrong.
wrong() { LD_PRELOAD=$work/clock.so CLOCK_OFF_BY=$work/off_by "$@"; }
# The shim reads whatever is there: the file is put in place whole.
set_clock() { printf '%s' "$1" >"$work/off_by.new" && mv -- "$work/off_by.new" "$work/off_by"; }
set_clock 0
start b
wrong start a
on a connect "$(address b)"
has() { on "$1" log -n all --json --feed "$2" 2>/dev/null | grep -q "\"$3\""; }
texts() { on "$1" export --feed "$2" 2>/dev/null | sed -nE 's/.*"text":"(text [^"]*)".*/\1/p'; }

now=$(date +%s)
year=31556952
number=0
: >"$work/wanted"
for jump in 0 3600 0 -3600 0 $((-10 * year)) $((10 * year)) $((-now)) $((2147483647 - now)) $((4294967295 - now)) 0 \
  $((4294967295 - now)) $((-now)); do
  set_clock "$jump"
  number=$((number + 1))
  echo "text $number" >>"$work/wanted"
  wrong on a publish --text "text $number" || fail "publish with a clock that is wrong by $jump s: $?"
  wait_until 20 has b a "text $number"
  on b publish --text "answer $number"
  wait_until 20 has a b "answer $number"
  echo "line $number" >>"$work/app.log"
  wait_until 20 has b a "line $number"
done
texts b a >"$work/order"
same "$work/order" "$work/wanted" "the order is not that of publishing"
[ "$(grep -c ' connected: ' "$work/b.log")" = 1 ] || fail "a clock cut the connection: $(cat "$work/b.log")"
wrong on a assemble -o "$work/merged" || fail "assemble: $?"
[ "$(grep -c 'text [0-9]*$' "$work/merged")" = "$number" ] || fail "assemble has not all of them"
set_clock 0
stop a
stop b
whole a
whole b
echo "$number jumps"
