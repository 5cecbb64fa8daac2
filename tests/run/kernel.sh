#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/kernel.sh SSBLOG - the kernel's log: from the oldest record on, each once though the daemon is killed, what is
# overwritten counted, crash logs once.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need python3

init a
lines=$work/lines
mkdir "$work/pstore"
printf 'Oops#1 Part1\n<4>[    1.0] it broke\n' >"$work/pstore/dmesg-ramoops-0"
cat >>"$(home_of a)/config.toml" <<END
[[source]]
name = "kernel"
kind = "kernel"
path = "$work/kmsg"
pstore = "$work/pstore"
END
expect 0 a config check
grep -q ': 1 source$' "$work/out" || fail "check: $(cat "$work/out")"
expect 0 a source list
grep -q "kernel.*$work/kmsg" "$work/out" || fail "list: $(cat "$work/out")"

# All mistakes at once, each with its line.
cat >"$work/bad.toml" <<'END'
[[source]]
kind = "kernel"
since = "yesterday"
path = "kmsg"
[[source]]
name = "two"
kind = "journal"
buffer = "1K"
paths = ["/x"]
[[source]]
name = "two"
kind = "jornal"
END
expect 78 a config check "$work/bad.toml"
says 'line 1: a source needs a name, as name = "kernel"'
says 'line 3: source.since means nothing to kind = "kernel"'
says 'line 4: source.path must be an absolute path'
says 'line 8: source.buffer must be from 64K to 1G'
says 'line 9: unknown key "source.paths" of kind = "journal"'
says 'line 12: source.kind must be one of "kernel", "journal"'
says 'line 11: the source "two" of line 6 has that name already'
[ "$(wc -l <"$work/said")" = 7 ] || fail "a bad file has seven mistakes: $(cat "$work/said")"

# say_to_kernel COUNT: so many records more of the fake.
told=0
say_to_kernel() {
  local upto=$((told + $1))
  seq -f '30 record %.0f of it' "$told" "$((upto - 1))" >>"$lines"
  told=$upto
}
# read_records: what the feed has of them, in $work/got.
read_records() { on a log -n all | sed -n 's/.*\[kernel\]: //p' >"$work/got"; }
has() {
  read_records
  grep -qx "record $1 of it" "$work/got"
}

: >"$lines"
say_to_kernel 300
python3 "$(dirname -- "$0")/kmsg_fake.py" "$work/kmsg" "$lines" 1000 2>"$work/fake.log" &
printf '%s' $! >"$work/fake.pid"
wait_until 20 test -S "$work/kmsg"

# ---- killed again and again, each record once and in order ----

for round in 1 2 3 4; do
  start a
  say_to_kernel 200
  wait_until 20 has "$((told - 1 - 100 * (round % 2)))"
  kill_daemon a
  say_to_kernel 50
done
start a
wait_until 20 has "$((told - 1))"
seq -f 'record %.0f of it' 0 "$((told - 1))" >"$work/wanted"
same "$work/wanted" "$work/got" "records are missing, or came twice"
[ "$(on a log -n all | grep -c 'kernel:pstore\]: <4>.*it broke')" = 1 ] || fail "the crash log did not come once"

# What the last boot left comes before anything of this one.
first_of() {
  on a log -n all --json --stream "$1" | sed -nE 's/.*"sequence":([0-9]+).*/\1/p' | sort -n | head -n 1
}
[ "$(first_of kernel:pstore)" -lt "$(first_of kernel)" ] ||
  fail "the crash log is message $(first_of kernel:pstore), the kernel's first lines $(first_of kernel)"

# Level, boot and uptime are kept.
on a sbot createUserStream >"$work/out" 2>/dev/null || on a export >"$work/out"
grep -aq '"levels": *"6' "$work/out" || fail "no level is kept"
boot=$(cut -c1-8 /proc/sys/kernel/random/boot_id)
grep -aq "\"boot\": *\"$boot\"" "$work/out" || fail "no boot is kept"

# ---- overwritten before it was read: counted ----

kill -STOP "$(cat "$work/a.pid")"
say_to_kernel 50000
fake_has_read() { [ "$(wc -l <"$lines")" = "$told" ]; }
wait_until 10 fake_has_read
kill -CONT "$(cat "$work/a.pid")"
say_to_kernel 10
wait_until 30 has "$((told - 1))"
read_records
[ "$(sort "$work/got" | uniq -d | wc -l)" = 0 ] || fail "records came twice"
lost=$(on a log -n all | sed -nE 's/.*kernel\]! loss.*records=([0-9]+) reason=kernel buffer overrun.*/\1/p' |
  awk '{ sum += $1 } END { print sum + 0 }')
[ "$lost" -gt 0 ] || fail "nothing was overwritten"
[ "$(($(wc -l <"$work/got") + lost))" = "$told" ] || fail "$(wc -l <"$work/got") came and $lost were lost of $told"

# ---- what has come is committed before the daemon ends; a device that goes is said, and opened again ----

kill "$(cat "$work/fake.pid")"
said() { grep -q "$1" "$work/a.log"; }
wait_until 20 said "kmsg has ended; it is tried again"
rm -f -- "$work/kmsg"
python3 "$(dirname -- "$0")/kmsg_fake.py" "$work/kmsg" "$lines" 100000 2>"$work/fake.log" &
printf '%s' $! >"$work/fake.pid"
say_to_kernel 20
wait_until 30 has "$((told - 1))"
read_records
[ "$(sort "$work/got" | uniq -d | wc -l)" = 0 ] || fail "records came twice from a device that was opened again"
stop a
whole a

# ---- nothing is made twice out of a crash log; a new one comes ----

printf 'Panic#1\n' >"$work/pstore/dmesg-ramoops-1"
start a
# shellcheck disable=SC2317 # wait_until calls it
has_panic() { on a log -n all | grep -q 'kernel:pstore\]: Panic#1'; }
wait_until 20 has_panic
[ "$(on a log -n all | grep -c 'it broke')" = 1 ] || fail "an old crash log came again"
stop a

# ---- one that is too long is counted, once ----

head -c 1100000 /dev/zero >"$work/pstore/dmesg-ramoops-2"
loss='kernel:pstore\]! loss.*records=1 reason=crash logs that could not be read'
has_loss() { on a log -n all | grep -q "$loss"; }
start a
wait_until 20 has_loss
stop a
printf 'Panic#2\n' >"$work/pstore/dmesg-ramoops-3"
start a
# shellcheck disable=SC2317 # wait_until calls it
has_panic() { on a log -n all | grep -q 'kernel:pstore\]: Panic#2'; }
wait_until 20 has_panic
stop a
[ "$(on a log -n all | grep -c "$loss")" = 1 ] || fail "a crash log that is too long was counted again"
[ "$(on a log -n all | grep -c 'it broke')" = 1 ] || fail "an old crash log came again"
echo "The kernel's log comes once, and what is missing is counted."
