#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/two_hosts.sh SSBLOG - feeds carried by bundles: a file equals one made anew, on every host.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"

for host in a b c; do init "$host"; done
for round in 1 2 3; do
  for host in a b c; do
    seq -f "$host round $round line %.0f" 1 200 | on "$host" publish --job "job$round" --destination somewhere
    on "$host" publish --line-per-message --job "single" < <(seq 1 5)
  done
done
for host in a b c; do on "$host" export --zstd -o "$work/$host.bundle" 2>/dev/null; done

# check HOST: the file that was kept up to date, one made anew, and what is printed are the same.
check() {
  on "$1" assemble -o "$work/$1.log" || fail "assemble of $1: $?"
  cp -- "$work/$1.log" "$work/kept"
  on "$1" assemble -o "$work/$1.log" --rebuild
  same "$work/kept" "$work/$1.log" "the file of $1 is not what a rebuild makes"
  on "$1" assemble >"$work/printed"
  same "$work/kept" "$work/printed" "the file of $1 is not what is printed"
}
check b
on b import "$work/a.bundle" >/dev/null
check b
on a import "$work/c.bundle" >/dev/null
check a
on a import "$work/b.bundle" >/dev/null
on b import "$work/c.bundle" >/dev/null
on c import "$work/a.bundle" "$work/b.bundle" >/dev/null
for host in a b c; do check "$host"; done
same "$work/a.log" "$work/b.log" "a and b hold the same feeds, but not the same file"
same "$work/a.log" "$work/c.log" "a and c hold the same feeds, but not the same file"
[ "$(wc -l <"$work/a.log")" = $((3 * 3 * 205)) ] || fail "$(wc -l <"$work/a.log") lines"
[ -z "$(sort "$work/a.log" | uniq -d)" ] || fail "a line is there twice"
# The one order is the order of the printed times here, since no clock was set back.
cut -d' ' -f1 "$work/a.log" | sort -c || fail "the times are not in order"

# A bundle of everything carries everything.
init d
on a export | on d import >/dev/null
on d assemble -o "$work/d.log" --feed a --feed b --feed c
same "$work/a.log" "$work/d.log" "a host that has all from a bundle makes another file"
on d import "$work/a.bundle" "$work/b.bundle" | grep -v ' 0 taken' && fail "what is held was taken again"
whole d
