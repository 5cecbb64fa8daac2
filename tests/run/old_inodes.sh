#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/old_inodes.sh SSBLOG - tests/run/rotation.sh on a file system that knows no time of birth and whole seconds alone,
# and uses the number of a removed file again at once: ext4 with inodes of 128 bytes, mounted for this test alone.
if [ "${SSBLOG_OWN_MOUNTS:-}" != 1 ]; then
  export SSBLOG_OWN_MOUNTS=1
  [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null && exec unshare -m bash "$0" "$@"
  printf 'skipped: no mounts of its own without root\n'
  exit 77
fi
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
need mkfs.ext4 mount logrotate python3
point=$work/point
mkdir -- "$point"
truncate -s 256M "$work/image"
mkfs.ext4 -q -F -I 128 "$work/image" >"$work/made" 2>&1 || skip "no ext4 with inodes of 128 bytes: $(cat "$work/made")"
mount -o loop "$work/image" "$point" >"$work/made" 2>&1 || skip "no loop device: $(cat "$work/made")"
trap 'umount -l -- "$point"; rm -rf -- "$work"' EXIT
[ "$(stat -c %W -- "$point")" = 0 ] || fail "the file system tells times of birth"
TMPDIR=$point SSBLOG_KILLS=${SSBLOG_KILLS:-1} "$(dirname -- "$0")/rotation.sh" "$ssblog"
