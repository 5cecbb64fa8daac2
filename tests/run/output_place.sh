#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/output_place.sh SSBLOG - an output is not written through what another user has planted in its place.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"

init a
on a publish --text "a line" --job x
mkdir "$work/own"
echo before >"$work/own/real"

# What this user made is followed, over more than one link.
: >"$work/own/merged"
ln -s merged "$work/own/link"
ln -s "$work/own/link" "$work/own/second"
expect 0 a assemble -o "$work/own/second"
grep -q 'a line$' "$work/own/merged" || fail "a link of our own was not followed"
for link in second link; do [ -L "$work/own/$link" ] || fail "the link $link is no link any more"; done
ln -s real "$work/own/raw"
expect 0 a assemble --raw --job x -o "$work/own/raw"
[ "$(cat "$work/own/real")" = "a line" ] || fail "raw: $(cat "$work/own/real")"
[ -L "$work/own/raw" ] || fail "the link of a raw output is no link any more"
ln -s circle "$work/own/circle"
expect 73 a assemble -o "$work/own/circle"
expect 73 a assemble --raw --job x -o "$work/own/circle"
on a assemble --raw --job x -o /dev/stdout >"$work/out"
[ "$(cat "$work/out")" = "a line" ] || fail "/dev/stdout: $(cat "$work/out")"

[ "$(id -u)" = 0 ] || skip "only root can be other users"
need setpriv
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
chmod 711 "$work"
mkdir -m 1777 "$work/share"
echo precious >"$work/precious"
: >"$work/empty"
unchanged() {
  [ "$(cat "$work/precious")" = precious ] || fail "$1 was written through a planted link"
  [ ! -s "$work/empty" ] || fail "$1 was written through a planted link to an empty file"
}

as_nobody ln -s "$work/precious" "$work/share/link"
as_nobody ln -s "$work/empty" "$work/share/empty"
ln -s "$work/share/link" "$work/own/over"  # ours leads to theirs
for place in share/link share/empty own/over; do
  expect 77 a assemble -o "$work/$place"
  says "a symlink of another user"
  expect 77 a assemble -o "$work/$place" --rebuild
  expect 77 a assemble --raw --job x -o "$work/$place"
  says "a symlink of another user"
  expect 77 a export -o "$work/$place"
  unchanged "$place"
done
# Nor is a folder of rotated files, which then would be made, and others removed, where they want it.
mkdir "$work/elsewhere"
as_nobody ln -s "$work/elsewhere" "$work/share/folder"
expect 77 a assemble -o "$work/share/folder" --rotate s6
says "a symlink of another user"
[ -z "$(ls -A "$work/elsewhere")" ] || fail "rotated files were made behind a planted link"
# A file of theirs would be theirs to read and to change.
as_nobody touch "$work/share/waiting"
expect 77 a assemble -o "$work/share/waiting"
says "a file of another user"
[ ! -s "$work/share/waiting" ] || fail "a planted file was written to"
expect 77 a assemble --raw --job x -o "$work/share/waiting"
# Our own file there is as any other.
expect 0 a assemble -o "$work/share/ours"
expect 0 a assemble -o "$work/share/ours"

# Swapped while we look: it may fail, but is never written through.
# By its own process id, to be ended.
# shellcheck disable=SC2016 # the shell below expands them
setpriv --reuid=65534 --regid=65534 --clear-groups sh -c 'while :; do ln -s "$2" "$1"; rm -f "$1"; done' swap \
  "$work/share/swapped" "$work/empty" 2>/dev/null &
swapper=$!
trap 'kill "$swapper" 2>/dev/null || true; rm -rf -- "$work"' EXIT
for _ in $(seq 60); do
  on a assemble -o "$work/share/swapped" >/dev/null 2>&1 || true
  rm -f -- "$work/share/swapped"
  unchanged "an output that was swapped"
done
kill -0 "$swapper" || fail "nothing was swapped: the other user's program has ended"
