#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/kill_assemble.sh SSBLOG - kills `assemble -o` at its system calls: the next run makes the file right.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
need_strace

# Lines of a and b in turn; b's come to a late, so the file has to be cut back, behind its first checkpoint.
lines() { seq -f "$1 %06.0f with some words behind it" 1 "$2"; }
init a
init b
lines early 15000 | on a publish --job early
lines of-b 3000 | on b publish --job b
lines late 3000 | on a publish --job late
on b export -o "$work/b.bundle" 2>/dev/null
mkdir "$work/old" "$work/new"
on a assemble -o "$work/old/log"
on a assemble --append-only -o "$work/old/appended"
[ "$(stat -c %s "$work/old/log")" -gt 1100000 ] || fail "the file is too small to have checkpoints"

# round WORDS...: kills an update of a copy of old/$file everywhere; it must come to equal $work/good.
round() {
  local call n kills=0 ended
  cp -a -- "$work/old/$file" "$work/good"
  cp -a -- "$work/old/.$file.ssblog" "$work/.good.ssblog"
  on a assemble "$@" -o "$work/good" || fail "assemble $*: $?"
  for call in write pwrite64 ftruncate fdatasync fsync rename openat; do
    for ((n = 1; ; n += call_step)); do
      rm -rf -- "$work/new"
      mkdir "$work/new"
      cp -a -- "$work/old/$file" "$work/old/.$file.ssblog" "$work/new/"
      ended=yes
      killed_at "$call" "$n" a assemble "$@" -o "$work/new/$file" || ended=no
      [ -z "$(tail -c 1 "$work/new/$file" | tr -d '\n')" ] || fail "$call $n: half a line is in the file"
      on a assemble "$@" -o "$work/new/$file" || fail "$call $n: the next run says $?"
      same "$work/new/$file" "$work/good" "$file: after a kill at $call $n the next run makes another file"
      [ "$ended" = no ] || break
      kills=$((kills + 1))
    done
  done
  [ "$kills" -ge 4 ] || fail "only $kills kills"
  echo "$file $*: $kills kills"
}

[ "$long" = 1 ] && call_step=1 || call_step=3
lines more 3000 | on a publish --job more
file=log round
file=appended round --append-only
cp -a "$work/good" "$work/appended-good"
on a import "$work/b.bundle" >/dev/null
file=log round
same "$work/good" <(on a assemble) "a file that was cut back is not what assemble prints"
file=log round --rebuild
file=appended round --append-only
