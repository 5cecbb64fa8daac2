#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/unset_clock.sh SSBLOG - a host whose clock stands in 1970 until it is set: the kernel's lines are signed with
# what the clock said, and `log` shows them where they belong; `assemble` does not, and its file is that of a rebuild.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need python3 cc
sanitized && skip "a sanitizer wants to be the first that is preloaded"

init a
here=$(dirname -- "$0")
cc -shared -fPIC -O1 -o "$work/clock.so" "$here/clock_shim.c" -ldl
cat >>"$(home_of a)/config.toml" <<END

[[source]]
name = "kernel"
kind = "kernel"
path = "$work/kmsg"
pstore = ""
END
printf '30 first of the boot\n30 second of the boot\n' >"$work/lines"
python3 "$here/kmsg_fake.py" "$work/kmsg" "$work/lines" 1000 2>"$work/fake.log" &
printf '%s' $! >"$work/fake.pid"
wait_until 20 test -S "$work/kmsg"
LD_PRELOAD=$work/clock.so CLOCK_IS_SET=$work/set start a
has() { on a log -n all 2>/dev/null | grep -q "$1"; }

# Nobody knows better yet.
wait_until 20 has '^19[67].*Z a@.*: second of the boot$'
expect 0 a assemble -o "$work/merged"
before=$(date -u -d '-2 minutes' +%FT%TZ)
on a log -n all --since "$before" | grep 'of the boot' && fail "a clock that was never set is shown as if it was"

# The clock is set, and a later line of the boot tells when it began.
: >"$work/set"
printf '30 third of the boot\n' >>"$work/lines"
wait_until 20 has 'third of the boot$'
on a log -n all --since "$before" >"$work/shown"
[ "$(grep -c 'of the boot$' "$work/shown")" = 3 ] || fail "they do not stand where they belong: $(on a log -n all)"
grep -q 'Z~ a@.*: first of the boot$' "$work/shown" || fail "it does not say that it put the clock right: $(cat "$work/shown")"
grep -q 'Z a@.*: third of the boot$' "$work/shown" || fail "a clock that was right is put right: $(cat "$work/shown")"
sed -n 's/.*: \(.*\) of the boot$/\1/p' "$work/shown" | tr '\n' ' ' | grep -qx 'first second third ' || fail "the order: $(cat "$work/shown")"
on a log -n 3 | grep -q 'first of the boot' || fail "the last three lines: $(on a log -n 3)"
on a log -n all --json | grep 'second of the boot' | grep -q '"clock":"19[67]' || fail "JSON: $(on a log -n all --json)"

# Signed is what the clock said; a file is the same however lines came in.
expect 0 a assemble -o "$work/merged"
expect 0 a assemble -o "$work/rebuilt"
same "$work/merged" "$work/rebuilt" "a file that grew is not that of a rebuild"
grep -q '^19[67].*first of the boot$' "$work/merged" || fail "assemble: $(cat "$work/merged")"
stop a
whole a
