#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/old_files.sh SSBLOG - files that were written long before anybody read them: their lines keep their times, and
# `ship` ends only when everything is where it should be.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need python3
export TZ=Europe/Berlin

init old
logs=$work/logs
mkdir -- "$logs"

# Ten years of syslog, whose lines say no year, with leap days, months of silence, and both changes of the clocks.
python3 - "$logs/syslog" "$work/expected" <<'PY'
import datetime, os, sys, zoneinfo
zone = zoneinfo.ZoneInfo("Europe/Berlin")
last = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) - datetime.timedelta(days=3)
times, at = [], last
while (last - at).days < 3650:
    # The hour that there is twice: which of the two a line of it means, nobody can say.
    while len({at.astimezone(zone).replace(fold=fold).utcoffset() for fold in (0, 1)}) > 1:
        at -= datetime.timedelta(minutes=30)
    times.append(at)
    # Every week or so; now and then months.
    at -= datetime.timedelta(days=200 if len(times) % 100 == 99 else 5, hours=7, seconds=len(times) % 3000)
times.reverse()
with open(sys.argv[1], "w") as log, open(sys.argv[2], "w") as expected:
    for n, time in enumerate(times):
        local = time.astimezone(zone)
        log.write(f"{local:%b} {local.day:2d} {local:%H:%M:%S} nas app[{n}]: line {n}\n")
        expected.write(f"{time:%Y-%m-%dT%H:%M:%S}.000Z {n}\n")
os.utime(sys.argv[1], (last.timestamp(), last.timestamp()))
PY
printf '\n[lan]\ndiscover = false\n\n[[source]]\nname = "logs"\npaths = ["%s/*"]\nexclude = ["*.none"]\n' "$logs" \
  >>"$(home_of old)/config.toml"
expect 0 old ship --once
times_of() { on "$1" log --json --stream "$2" | sed -nE 's/.*"time":"([^"]*)".*: line ([0-9]*)"\}$/\1 \2/p'; }
times_of old "file:$logs/syslog" >"$work/came"
same "$work/expected" "$work/came" "the lines have other times: $(diff "$work/expected" "$work/came" | head -4)"
# A copy is known by its bytes: nothing of it comes in again.
cp -- "$logs/syslog" "$logs/copied.log"
expect 0 old ship --once
[ "$(on old assemble | wc -l)" = "$(wc -l <"$work/expected")" ] || fail "a copy came in too"

# A copy that is all there is: also old, though the file is new.
init new
mkdir -- "$work/only"
cp -- "$logs/syslog" "$work/only/"
printf '\n[[source]]\nname = "only"\npaths = ["%s/only/syslog"]\n' "$work" >>"$(home_of new)/config.toml"
expect 0 new ship --once
times_of new "file:$work/only/syslog" >"$work/came"
same "$work/expected" "$work/came" "the lines of a new copy have other times"

# Again: nothing new. A line without its end is published, and its rest later.
expect 0 old ship --once --json
grep -q '"left_out":0' "$work/out" || fail "ship --json: $(cat "$work/out")"
printf 'half a li' >>"$logs/syslog"
expect 0 old ship --once
printf 'ne\n' >>"$logs/syslog"
expect 0 old ship --once
[ "$(on old log -n 1 | sed 's/.*: //')" = "half a line" ] || fail "the half line is: $(on old log -n 2)"

# --root: a snapshot, named as if it lay at its own place.
init snap
mkdir -p -- "$work/mnt$logs"
cp -- "$logs/syslog" "$work/mnt$logs/"
printf '\n[[source]]\nname = "logs"\npaths = ["%s/*"]\n' "$logs" >>"$(home_of snap)/config.toml"
expect 0 snap ship --once --root "$work/mnt"
on snap assemble --raw --stream "file:$logs/syslog" | cmp - "$logs/syslog" || fail "the snapshot came in otherwise"

# Two at once read each byte once.
init twice
seq 1 300000 >"$work/numbers.log"
printf '\n[[source]]\nname = "n"\npaths = ["%s/numbers.log"]\n' "$work" >>"$(home_of twice)/config.toml"
on twice ship --once 2>"$work/first" &
first=$!
on twice ship --once 2>"$work/second" || fail "the second ship: $? $(cat "$work/second")"
wait "$first" || fail "the first ship: $? $(cat "$work/first")"
on twice assemble --raw --stream "file:$work/numbers.log" | cmp - "$work/numbers.log" || fail "two at once made something else"

# What cannot be read is said, and the rest comes in all the same.
mkfifo -- "$logs/fifo"
mkdir -- "$logs/folder"
echo "a readable line" >"$logs/readable"
: >"$logs/empty"
expect 0 old ship --once
on old log -n 1 | grep -q 'a readable line' || fail "the readable file: $(on old log -n 1)"
if [ "$(id -u)" != 0 ]; then
  echo secret >"$logs/unreadable"
  chmod 000 "$logs/unreadable"
  expect 66 old ship --once
  says 'unreadable'
  rm -f -- "$logs/unreadable"
fi

# Mistakes.
ends_with 64 'say --once' on old ship
ends_with 64 'no source of this name' on old ship --once --source none
init bare
ends_with 78 'names no \[\[source\]\]' on bare ship --once
expect 75 old ship --once --wait-copies 1 --timeout 300ms
says 'only 0 of 1'
whole old
