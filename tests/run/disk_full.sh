#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/disk_full.sh SSBLOG - a full disk: a clear sentence, nothing acknowledged is lost, all goes on after.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"

[ "$(id -u)" = 0 ] || skip "only root can mount a small disk"
if [ -z "${SSBLOG_OWN_MOUNTS:-}" ]; then
  unshare -m sh -c 'mount -t tmpfs tmpfs /mnt' 2>/dev/null || skip "no file system can be mounted here"
  rm -rf -- "$work"
  SSBLOG_OWN_MOUNTS=1 exec unshare -m -- "$0" "$@"
fi

# disk NAME SIZE: a small one at $work/NAME.
disk() {
  mkdir -p -- "$work/$1"
  mount -t tmpfs -o "size=$2" tmpfs "$work/$1"
}
# one_sentence FILE PATTERN: one line, of ssblog, that says so.
one_sentence() {
  [ "$(wc -l <"$1")" = 1 ] || fail "not one sentence: $(cat "$1")"
  grep -q "^ssblog: .*$2" "$1" || fail "the error does not say $2: $(cat "$1")"
}
leave() {
  umount -l -- "$work/a" "$work/out" "$work/c" 2>/dev/null || true
  end_daemons
}
trap leave EXIT

disk a 3m
init a
# What does not compress, so that the disk is full soon.
head -c 100000 /dev/urandom | base64 -w 70 >"$work/block"
acknowledged=0
for ((i = 0; ; i++)); do
  [ "$i" -lt 200 ] || fail "the disk is never full"
  status=0
  on a publish --job fill <"$work/block" >"$work/o" 2>"$work/err" || status=$?
  [ "$status" = 0 ] || break
  acknowledged=$((acknowledged + 1))
done
[ "$acknowledged" -gt 3 ] || fail "full after $acknowledged blocks"
[ "$status" = 74 ] || fail "exit $status on a full disk: $(cat "$work/err")"
one_sentence "$work/err" 'the disk is full'
grep -q 'ssblog.db' "$work/err" || fail "the error does not name the store"
status=0
on a publish --text "one more" 2>"$work/err" || status=$?
case $status in
  0) ;;  # a little room was left
  74) one_sentence "$work/err" 'full' ;;
  *) fail "exit $status for a short text: $(cat "$work/err")" ;;
esac
on a log >/dev/null || fail "the store cannot be read while the disk is full"

mount -o remount,size=16m "$work/a"
whole a
on a assemble --raw --job fill >"$work/raw"
for ((i = 0; i < acknowledged; i++)); do cat -- "$work/block"; done >"$work/wanted"
size=$(stat -c %s "$work/wanted")
cmp -n "$size" -- "$work/raw" "$work/wanted" || fail "what was acknowledged is not all there"
on a publish --job after --text "there is room" || fail "publish after there is room: $?"
whole a

# The place of the output alone is full.
disk out 64k
status=0
on a assemble -o "$work/out/log" 2>"$work/err" || status=$?
[ "$status" = 74 ] || fail "assemble to a full disk says $status: $(cat "$work/err")"
one_sentence "$work/err" "$work/out/"
status=0
on a assemble >"$work/out/printed" 2>"$work/err" || status=$?
[ "$status" = 74 ] || fail "assemble to a full standard output says $status"
rm -f -- "$work/out/printed"
status=0
on a export -o "$work/out/bundle" 2>"$work/err" || status=$?
[ "$status" = 74 ] || fail "export to a full disk says $status: $(cat "$work/err")"
[ ! -e "$work/out/bundle" ] || fail "half a bundle is left"
mount -o remount,size=32m "$work/out"
on a assemble -o "$work/out/log" 2>"$work/err" || fail "assemble after there is room: $?"
[ ! -s "$work/err" ] || fail "assemble after there is room says: $(cat "$work/err")"
on a assemble >"$work/printed"
same "$work/out/log" "$work/printed" "the file is not right after there is room"
# The disk of a host that fetches a feed is full: the log and `status` say so, and it goes on by itself.
init b
disk c 3m
on c init --name c --caps.shs "@$(home_of b)/config.toml" >"$work/c.id" 2>/dev/null
on c follow "$(cat "$work/b.id")" 2>/dev/null
for ((i = 0; i < 60; i++)); do cat -- "$work/block"; done >"$work/large"
on b publish --job large <"$work/large"
start b
start c
on c connect "$(address b)"
wait_until 20 grep -q 'nothing can be stored: .*the disk is full.*; it is tried again' "$work/c.log"
[ "$(grep -c 'nothing can be stored' "$work/c.log")" = 1 ] || fail "the log says it again and again: $(cat "$work/c.log")"
in_trouble() { on c status 2>/dev/null | grep -q '^trouble .*the disk is full'; }
wait_until 20 in_trouble
mount -o remount,size=64m "$work/c"
wait_until 20 grep -q 'the store takes messages again' "$work/c.log"
[ "$(on b log --json -n 1)" = "$(on b log --json -n 1 --feed b)" ] || fail "log of b"
all_there() { [ "$(on c log --json -n 1 --feed "$(cat "$work/b.id")" 2>/dev/null)" = "$(on b log --json -n 1)" ]; }
wait_until 30 all_there
whole c
in_trouble && fail "the trouble is still shown: $(on c status)"
stop b
stop c

echo "$acknowledged blocks before the disk was full"
