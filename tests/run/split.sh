#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/split.sh SSBLOG - `assemble --dir`: files by what lines say, whatever is killed when; hostile names
# stay inside.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
in_memory

init a
# names DIR: the visible files below it.
names() { (cd -- "$1" && find . -type f ! -name '.*' -printf '%P\n' | sort); }
# equal DIR: the files of DIR are those of $work/anew.
equal() { diff -r --exclude='.*' -- "$1" "$work/anew"; }

# ---- hostile names ----

for job in ../../escaped /etc/passwd . .. .hidden -rf '' _ 'a/b' $'new\nline' "$(printf 'x%.0s' {1..500})"; do
  on a publish "--job=$job" --text "of $job" >/dev/null || fail "publish --job '$job': $?"
done
mkdir "$work/outer"
on a assemble --dir "$work/outer/files" --name '{job}.log'
[ "$(ls -A "$work/outer")" = files ] || fail "something is outside: $(ls -A "$work/outer")"
[ "$(names "$work/outer/files" | wc -l)" = 11 ] || fail "files: $(names "$work/outer/files")"
for name in '%2E.%2F..%2Fescaped.log' '%2Fetc%2Fpasswd.log' '%2E.log' '%2E..log' '%2Ehidden.log' '%2Drf.log' '_.log' '%5F.log' \
  'a%2Fb.log' 'new%0Aline.log'; do
  [ -f "$work/outer/files/$name" ] || fail "there is no $name: $(names "$work/outer/files")"
done
if [ -e "$work/escaped" ] || [ -e "$work/outer/escaped" ]; then fail "a job's name led out of the directory"; fi
ends_with 64 'begins with a dot' at a "$ssblog" assemble --dir "$work/x" --name '../{job}'
ends_with 64 'keeps it apart' at a "$ssblog" assemble --dir "$work/x" --name '{host}{job}'
ends_with 64 'leave -o' at a "$ssblog" assemble --dir "$work/x" -o "$work/y"
[ ! -e "$work/x" ] || fail "a refused command made a directory"

# A symlink of our own is followed as ever; a file that ssblog did not write is left alone.
mkdir "$work/foreign"
echo mine >"$work/foreign/_.log"
ends_with 73 'ssblog did not write it' at a "$ssblog" assemble --dir "$work/foreign" --name '{job}.log'
[ "$(cat "$work/foreign/_.log")" = mine ] || fail "a foreign file was changed"

# ---- killed everywhere ----

for job in one two three; do seq 1 400 | sed "s/^/$job /" | on a publish --job "$job"; done
rm -rf -- "$work/old"
on a assemble --dir "$work/old" --name '{job}/{stream}.log'
# A copy has other inodes; without the stamps the end of each file must do, and they are gone on with.
find "$work/old" -name '.*.ssblog' -exec sed -i 's/"stamp":"[^"]*"/"stamp":""/' {} +
seq 1 50 | on a publish --job one
on a publish --job four --text new >/dev/null
on a assemble --dir "$work/anew" --name '{job}/{stream}.log'
if equal "$work/old" >/dev/null; then fail "the old files are up to date already"; fi
need_strace
# No file waits for the disk of another: before the first of them is made durable the text of all is handed on.
for kind in as-rebuilt append-only; do
  grows=()
  [ "$kind" = as-rebuilt ] || grows=(--append-only)
  for ((n = 1; n < 100; ++n)); do
    rm -rf -- "$work/new"
    if killed_at fdatasync "$n" a assemble --dir "$work/new" "${grows[@]}" --name '{job}.log'; then break; fi
    full=$(find "$work/new" -name '[!.]*.log' -size +0 | wc -l)
    [ "$full" = 0 ] || [ "$full" = "$(find "$work/new" -name '[!.]*.log' | wc -l)" ] ||
      fail "$kind: after a kill at fdatasync $n only $full files have lines"
  done
  [ "$n" -gt 5 ] || fail "$kind: only $n kills"
done
[ "$long" = 1 ] && step=1 || step=19
kills=0
for from in old fresh; do
  for call in write pwrite64 ftruncate fdatasync fsync rename openat mkdir unlink; do
    for ((n = 1; n < 400; n += step)); do
      rm -rf -- "$work/new"
      [ "$from" = fresh ] || cp -a -- "$work/old" "$work/new"
      ended=yes
      killed_at "$call" "$n" a assemble --dir "$work/new" --name '{job}/{stream}.log' || ended=no
      on a assemble --dir "$work/new" --name '{job}/{stream}.log' 2>/dev/null || fail "$call $n: the next run says $?"
      equal "$work/new" >&2 || fail "after a kill at $call $n the files are not those of a fresh directory"
      [ "$ended" = no ] || break
      kills=$((kills + 1))
    done
  done
done
[ "$kills" -ge 20 ] || fail "only $kills kills"
echo "$kills kills"
