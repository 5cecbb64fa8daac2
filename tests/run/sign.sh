#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/sign.sh SSBLOG - signatures of hosts over files: good ones, and every way to be wrong.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"

init nas
init desk
nas=$(cat "$work/nas.id")
head -c 300000 /dev/urandom >"$work/report"
on nas sign "$work/report" >"$work/sig" || fail "sign: $?"
same "$work/sig" <(on nas sign <"$work/report") "a file and a pipe give different signatures"

# On a host that knows nothing of it, too.
expect 0 nobody sign --check "$work/sig" --feed "$nas" "$work/report"
[ "$(cat "$work/out")" = "good signature of $nas" ] || fail "it says $(cat "$work/out")"
expect 0 desk sign --check "$work/sig" --feed "$nas" - <"$work/report"

# wrong CODE PATTERN WORDS...: refused with a sentence, and nothing is printed.
wrong() {
  local code=$1 pattern=$2
  shift 2
  expect "$code" desk sign "$@" </dev/null
  says "$pattern"
  [ ! -s "$work/out" ] || fail "$*: printed $(cat "$work/out")"
}
wrong 64 'whose signature' --check "$work/sig" "$work/report"
wrong 65 'it is of .*, not of ' --check "$work/sig" --feed "$(cat "$work/desk.id")" "$work/report"
wrong 65 'not those that were signed' --check "$work/sig" --feed "$nas" /dev/null
wrong 65 'for the purpose file, not login' --check "$work/sig" --feed "$nas" --purpose login "$work/report"
wrong 65 'no signature of' --check "$work/report" --feed "$nas" "$work/report"
wrong 65 'no signature of' --check /dev/null --feed "$nas" "$work/report"
wrong 66 "$work/missing" --check "$work/missing" --feed "$nas" "$work/report"
wrong 66 "$work/missing" --check "$work/sig" --feed "$nas" "$work/missing"
wrong 64 'the whole id' --check "$work/sig" --feed nas "$work/report"
wrong 64 'letters, digits' --purpose 'two words' "$work/report"
wrong 64 'one FILE' "$work/report" "$work/report"
expect 0 nas sign --purpose login "$work/report"
[ "$(on nas log -a | grep -c signature)" = 0 ] || fail "a signature was published"
