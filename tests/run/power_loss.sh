#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/power_loss.sh SSBLOG [CASE...] - whatever a disk holds after a power cut (power_loss.py), what was acknowledged
# is there, and all goes on. SSBLOG_LONG=1: thousands of images.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
need python3 cc
sanitized && skip "a sanitizer wants to be the first that is preloaded"
shift

here=$(dirname -- "$0")
cc -shared -fPIC -O1 -o "$work/disk.so" "$here/disk_shim.c" -ldl
SSBLOG_LONG=$long PYTHONDONTWRITEBYTECODE=1 python3 "$here/power_loss.py" "$ssblog" "$work/disk.so" "$work" "$@"
