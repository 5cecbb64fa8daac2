#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/faults.sh SSBLOG [CASE...] - the N-th system call of a command is killed or fails (faults.py): what was
# acknowledged is there, the error is a sentence, and the next run makes all right. SSBLOG_LONG=1: for every N.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
need python3 cc
sanitized && skip "a sanitizer wants to be the first that is preloaded"
shift

here=$(dirname -- "$0")
cc -shared -fPIC -O1 -o "$work/fault.so" "$here/fault_shim.c" -ldl
SSBLOG_LONG=$long PYTHONDONTWRITEBYTECODE=1 python3 "$here/faults.py" "$ssblog" "$work/fault.so" "$work" "$@"
