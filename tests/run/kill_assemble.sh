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

# round FILE WORDS...: kills an update of a copy of old/FILE (and of its state, if there is one) everywhere; it must
# come to equal $work/good.
round() {
  local file=$1 call n kills=0 ended
  shift
  rm -f -- "$work/good" "$work/.good.ssblog"
  [ ! -e "$work/old/$file" ] || cp -a -- "$work/old/$file" "$work/good"
  [ ! -e "$work/old/.$file.ssblog" ] || cp -a -- "$work/old/.$file.ssblog" "$work/.good.ssblog"
  on a assemble "$@" -o "$work/good" || fail "assemble $*: $?"
  for call in write pwrite64 ftruncate fdatasync fsync rename openat; do
    for ((n = 1; ; n += call_step)); do
      rm -rf -- "$work/new"
      mkdir "$work/new"
      [ ! -e "$work/old/$file" ] || cp -a -- "$work/old/$file" "$work/new/"
      [ ! -e "$work/old/.$file.ssblog" ] || cp -a -- "$work/old/.$file.ssblog" "$work/new/"
      ended=yes
      killed_at "$call" "$n" a assemble "$@" -o "$work/new/$file" || ended=no
      [ ! -e "$work/new/$file" ] || [ -z "$(tail -c 1 "$work/new/$file" | tr -d '\n')" ] || fail "$call $n: half a line is in the file"
      on a assemble "$@" -o "$work/new/$file" || fail "$call $n: the next run says $?"
      same "$work/new/$file" "$work/good" "$file: after a kill at $call $n the next run makes another file"
      [ "$ended" = no ] || break
      kills=$((kills + 1))
    done
  done
  [ "$kills" -ge 3 ] || fail "only $kills kills"
  echo "$file $*: $kills kills"
}

[ "$long" = 1 ] && call_step=1 || call_step=6
on a publish --job more < <(lines more 3000)
round fresh
round log
round fresh --append-only
round appended --append-only
# Rotated: the state is of a file that was moved away.
cp -a -- "$work/old/.appended.ssblog" "$work/old/.rotated.ssblog"
round rotated --append-only
[ "$(wc -l <"$work/good")" = 3000 ] || fail "a rotated file has $(wc -l <"$work/good") lines instead of 3000"
on a import "$work/b.bundle" >/dev/null
round log
same "$work/good" <(on a assemble) "a file that was cut back is not what assemble prints"
round log --rebuild
round appended --append-only
