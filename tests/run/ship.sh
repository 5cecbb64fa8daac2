#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/ship.sh SSBLOG - `ship --once`: several at once, and what it cannot read.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"

logs=$work/logs
mkdir -p "$logs"
export TZ=UTC

# has_source HOST NAME PATTERN: a source more for that host.
has_source() {
  printf '\n[[source]]\nname = "%s"\npaths = ["%s"]\n' "$2" "$3" >>"$work/$1/data/ssblog/config.toml"
}

# ---- several at once: each line once, and all of them end ----

init a
has_source a many "$logs/*.log"
for i in {1..300}; do
  for j in {1..10}; do echo "file $i line $j"; done >"$logs/$i.log"
  cat "$logs/$i.log" >>"$work/wanted"
done
ships=()
for k in 1 2 3 4; do
  on a ship --once --timeout 20s >"$work/ship$k" 2>&1 &
  ships+=($!)
done
for k in 1 2 3 4; do
  wait "${ships[k - 1]}" || fail "ship $k of 4 at once: exit $?: $(cat "$work/ship$k")"
done
on a log -n all | sed 's/^.*\]: //' | sort >"$work/got"
sort "$work/wanted" | same - "$work/got" "four ships at once: not every line once"
expect 0 a ship --once --timeout 20s
whole a

# ---- more files than may be open ----

init c
mkdir "$logs/more"
has_source c more "$logs/more/*"
for i in {1..400}; do echo "more $i" >"$logs/more/$i"; done
(
  ulimit -n 64
  expect 0 c ship --once --timeout 20s
)
[ "$(on c log -n all | grep -c ': more ')" = 400 ] || fail "400 files, 64 descriptors: not each came in"

# ---- what cannot be read is told, left out, and waited for by nobody ----

init b
has_source b odd "$logs/odd/*"
mkdir "$logs/odd" "$logs/odd/folder"
mkfifo "$logs/odd/fifo"
echo fine >"$logs/odd/fine"
expect 0 b ship --once --timeout 20s
ln -s loop "$logs/odd/loop"
expect 66 b ship --once --timeout 20s
says "odd/loop"
says '1 of 2 files could not be read'
rm "$logs/odd/loop"
expect 0 b ship --once --timeout 20s
seq 1000 | gzip >"$logs/odd/damaged"
printf 'damaged' | dd of="$logs/odd/damaged" bs=1 seek=100 conv=notrunc status=none
expect 66 b ship --once --timeout 20s
says 'damaged is damaged'
expect 66 b ship --once --timeout 20s
[ "$(on b log -n all | grep -c ': fine$')" = 1 ] || fail "the file beside them: $(on b log -n all)"
