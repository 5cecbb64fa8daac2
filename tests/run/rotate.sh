#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/rotate.sh SSBLOG - `assemble --rotate`: by size, as s6-log has it, in a directory; killed everywhere, no line is
# lost or twice.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
in_memory

init a
# pieces FILE: all that was put aside, the oldest first, and FILE itself.
pieces() {
  if [ -d "$1" ]; then
    find "$1" -name '@*' | sort | while IFS= read -r piece; do cat -- "$piece"; done
    cat -- "$1/current"
  else
    find "$(dirname -- "$1")" -name "${1##*/}.[0-9]*" | sort -t. -k2nr | while IFS= read -r piece; do cat -- "$piece"; done
    cat -- "$1"
  fi
}

# ---- a directory of s6-log's ----

seq -f 'line %.0f' 1 3000 | on a publish --job nightly
on a assemble --dir "$work/remote" --rotate s6,size=32K,keep=3
set -- "$work/remote"/a@*/nightly
[ -d "$1" ] || fail "there is no directory of the job: $(find "$work/remote")"
nightly=$1
[ "$(find "$nightly" -name '@4000*.s' | wc -l)" = 3 ] || fail "not three are kept: $(ls "$nightly")"
[ -x "$nightly/current" ] || fail "current was finished, and does not say so"
find "$nightly" -name '@*' ! -perm -100 | grep -q . && fail "one that was put aside does not say that it is whole"
if command -v tai64nlocal >/dev/null; then
  for piece in "$nightly"/@*; do basename "$piece" .s; done | tai64nlocal | grep -qv "^$(date +%Y)" && fail "the labels are no times of this year"
fi
on a publish --job nightly --text more >/dev/null
on a assemble --dir "$work/remote" --rotate s6,size=32K,keep=3
[ "$(tail -n 1 "$nightly/current" | sed 's/.*: //')" = more ] || fail "the line is not at the end of current"

# ---- numbers ----

on a assemble -o "$work/log" --rotate size=32K,keep=100
pieces "$work/log" >"$work/all"
on a assemble --append-only -o "$work/one"
same "$work/one" "$work/all" "the pieces are not what would stand in one file"
[ -e "$work/log.3" ] || fail "nothing was put aside: $(ls "$work")"
# Of a time when more were kept nothing stays, and what another program put aside is left alone.
mkdir "$work/few"
on a assemble -o "$work/few/log" --rotate size=32K,keep=5
for i in 1 2 3; do
  seq 1 4000 | on a publish --job "more-$i"
  on a assemble -o "$work/few/log" --rotate size=32K,keep=2
done
[ ! -e "$work/few/log.3" ] || fail "more are kept than was said: $(ls "$work/few")"
echo mine >"$work/few/other.1"
ends_with 73 'other.1 is there' at a "$ssblog" assemble -o "$work/few/other" --rotate size=32K
grep -q mine "$work/few/other.1" || fail "what another program put aside is gone"
ends_with 64 'when is missing' at a "$ssblog" assemble -o "$work/x" --rotate keep=3
ends_with 64 'is not known' at a "$ssblog" assemble -o "$work/x" --rotate weekly
ends_with 64 'name one with -o' at a "$ssblog" assemble --rotate daily
ends_with 73 'did not write it so' at a "$ssblog" assemble -o "$work/one" --rotate daily

# ---- killed everywhere ----

need_strace
[ "$long" = 1 ] && step=1 || step=43
kills=0
on a publish --job more < <(seq -f 'new %.0f' 1 500)
on a assemble --append-only -o "$work/one"
for style in size=8K,keep=500 s6,size=8K,keep=500; do
  for call in write pwrite64 ftruncate fdatasync fsync rename openat mkdir chmod; do
    for ((n = 1; n < 2000; n += step * (n / 50 + 1))); do
      rm -rf -- "$work/new"
      mkdir "$work/new"
      ended=yes
      killed_at "$call" "$n" a assemble -o "$work/new/log" --rotate "$style" || ended=no
      on a assemble -o "$work/new/log" --rotate "$style" || fail "$style, $call $n: the next run says $?"
      pieces "$work/new/log" >"$work/all"
      cmp -s "$work/one" "$work/all" || {
        sort "$work/all" | uniq -d | head -n 2 >&2
        fail "$style: after a kill at $call $n there are $(wc -l <"$work/all") lines instead of $(wc -l <"$work/one")"
      }
      [ "$ended" = no ] || break
      kills=$((kills + 1))
    done
  done
done
[ "$kills" -ge 20 ] || fail "only $kills kills"
echo "$kills kills"
