#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/soak.sh SSBLOG - daemons under load for long: killed, stopped, out of room, cut off from each other, while all
# of them publish and are read. In the end each holds exactly what was published, and none has grown.
#
# SSBLOG_SOAK_SECONDS: so long (20; with SSBLOG_LONG=1 600). SSBLOG_SOAK_HOSTS (5). SSBLOG_SOAK_SEED: of what happens when
# (1). SSBLOG_SOAK_LINES: a packed round has so many (1000); SSBLOG_SOAK_SINGLES: a round of a message a line (50). The
# report is the output.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need python3

usual=20
[ "$long" != 1 ] || usual=600
seconds=${SSBLOG_SOAK_SECONDS:-$usual}
hosts=${SSBLOG_SOAK_HOSTS:-5}
seed=${SSBLOG_SOAK_SEED:-1}
lines=${SSBLOG_SOAK_LINES:-1000}
singles=${SSBLOG_SOAK_SINGLES:-50}
last=$((hosts - 1))
full=h$last  # the host whose disk is full now and then

# A disk of its own for one of them.
small_disk=no
if [ -n "${SSBLOG_OWN_MOUNTS:-}" ]; then
  small_disk=yes
elif [ "$(id -u)" = 0 ] && unshare -m sh -c 'mount -t tmpfs tmpfs /mnt' 2>/dev/null; then
  rm -rf -- "$work"
  SSBLOG_OWN_MOUNTS=1 exec unshare -m -- "$0" "$@"
else
  echo "skipped: a full disk: only root can mount a small one"
fi

helpers=()
leave() {
  : >"$work/over"
  kill "${helpers[@]}" 2>/dev/null || true
  umount -l -- "$work/$full" 2>/dev/null || true
  end_daemons
}
trap leave EXIT
note() { printf '%5d s %s\n' "$SECONDS" "$*" >>"$work/events"; }

# ---- hosts that know each other, each at a port that it keeps.
if [ "$small_disk" = yes ]; then
  mkdir -p -- "$work/$full"
  mount -t tmpfs -o size=2g tmpfs "$work/$full"
fi
for ((i = 0; i < hosts; i++)); do
  host=h$i
  if [ "$i" = 0 ]; then
    on "$host" init --name "$host" >"$work/$host.id" 2>/dev/null
  else
    on "$host" init --name "$host" --caps.shs "@$(home_of h0)/config.toml" >"$work/$host.id" 2>/dev/null
  fi
  printf '\n[lan]\ndiscover = false\n' >>"$(home_of "$host")/config.toml"
done
# One of them reads a file, too.
: >"$work/app.txt"
printf '\n[[source]]\nname = "app"\npaths = ["%s"]\njob = "file"\n' "$work/app.txt" >>"$(home_of h1)/config.toml"
for ((i = 0; i < hosts; i++)); do
  for ((j = 0; j < hosts; j++)); do
    [ "$i" = "$j" ] || on "h$i" follow "$(cat "$work/h$j.id")" 2>/dev/null
  done
done
# again HOST: starts its daemon where it was.
again() {
  local host=$1
  on "$host" daemon --host 127.0.0.1 --port "$(cat "$work/$host.port")" 2>>"$work/$host.log" &
  wait_until 60 has_address "$host"
}
# halt HOST: as a service manager ends it. How long the slowest one took is a part of the report.
slowest=0
halt() {
  local begun=$SECONDS
  kill -TERM "$(cat "$work/$1.pid")"
  wait_until 60 gone "$1"
  rm -f -- "$work/$1.pid"
  [ $((SECONDS - begun)) -le "$slowest" ] || slowest=$((SECONDS - begun))
}
for ((i = 0; i < hosts; i++)); do
  start "h$i"
  address "h$i" | sed -E 's/net:127.0.0.1:([0-9]+)~.*/\1/' >"$work/h$i.port"
done
# A ring and a chord: everything goes over others, too.
for ((i = 0; i < hosts; i++)); do
  on "h$i" connect "$(address "h$(((i + 1) % hosts))")" --save 2>/dev/null || fail "connect of h$i: $?"
done
on h0 connect "$(address "h$((hosts / 2))")" --save 2>/dev/null || fail "connect of h0: $?"

# ---- who publishes. What is acknowledged is counted in HOST.KIND; each line is "KIND HOST NUMBER".
over() { [ -e "$work/over" ]; }
numbered() { seq -f "a line of a log that tells of nothing in particular: $1 $2 %.0f" "$3" "$4"; }

packed() { # HOST: rounds of one command each
  local n=0
  until over; do
    numbered packed "$1" $((n + 1)) $((n + lines)) | on "$1" publish --job packed 2>"$work/$1.said" ||
      { note "publish of $1 fails with $?: $(cat "$work/$1.said")"; return 1; }
    n=$((n + lines))
    echo "$n" >"$work/$1.packed"
  done
}
single() { # HOST: a message a line
  local n=0
  until over; do
    numbered single "$1" $((n + 1)) $((n + singles)) | on "$1" publish --job single --line-per-message 2>"$work/$1.said1" ||
      { note "publish of $1 fails with $?: $(cat "$work/$1.said1")"; return 1; }
    n=$((n + singles))
    echo "$n" >"$work/$1.single"
    sleep 0.2
  done
}
# Of a command that fails since the disk is full nobody knows what it published: one line each is all or nothing.
poor() { # HOST
  local n=0 status
  until over; do
    status=0
    on "$1" publish --job poor --text "in want of room: poor $1 $((n + 1))" 2>"$work/$1.said2" || status=$?
    case $status in
      0) ;;
      74)
        # Not acknowledged; it may be there all the same.
        echo failed >>"$work/$1.refused"
        on "$1" log --job poor --feed "$1" -n 1 2>/dev/null | grep -q " poor $1 $((n + 1))\$" || { sleep 0.1; continue; }
        ;;
      *) note "publish of $1 fails with $status: $(cat "$work/$1.said2")"; return 1 ;;
    esac
    n=$((n + 1))
    echo "$n" >"$work/$1.poor"
  done
}
written() { # into the file
  local n=0 some=100
  until over; do
    numbered file h1 $((n + 1)) $((n + some)) >>"$work/app.txt"
    n=$((n + some))
    echo "$n" >"$work/h1.file"
    sleep 0.5
  done
}
# What lasts is read too: a file that is kept, and whoever looks on.
merged() {
  until over; do
    on h0 assemble -o "$work/merged" 2>"$work/merged.said" || { note "assemble fails with $?: $(cat "$work/merged.said")"; return 1; }
    sleep 3
  done
}
# Memory in KiB, descriptors, bytes of the log of the store; of each daemon that is there.
sampled() {
  local i host pid room files log
  until over; do
    for ((i = 0; i < hosts; i++)); do
      host=h$i
      pid=$(daemon_pid "$host" 2>/dev/null) || continue
      room=$(sed -nE 's/^VmRSS:\s*([0-9]+) kB/\1/p' "/proc/$pid/status" 2>/dev/null) || continue
      files=$(find "/proc/$pid/fd" -mindepth 1 2>/dev/null | wc -l) || continue
      log=$(stat -c %s "$(home_of "$host")/ssblog.db-wal" 2>/dev/null || echo 0)
      [ -z "$room" ] || echo "$(date +%s%3N) $host $pid $room $files $log" >>"$work/samples"
    done
    sleep 0.5
  done
}

publishers=()
pids=()
helper() {
  "$@" &
  pids+=($!)
}
for ((i = 0; i < hosts; i++)); do
  if [ "h$i" = "$full" ] && [ "$small_disk" = yes ]; then
    helper poor "h$i"
  else
    helper packed "h$i"
    helper single "h$i"
  fi
done
helper written
publishers=("${pids[@]}")
helper merged
readers=("${pids[@]:${#publishers[@]}}")
helpers=("${pids[@]}")
# Not by on(): the process to be ended is the program's own.
env HOME="$work/h2" XDG_STATE_HOME="$work/h2/state" XDG_DATA_HOME="$work/h2/data" \
  "$ssblog" log -f -n all >"$work/followed" 2>/dev/null &
helpers+=($!)
sampled &
helpers+=($!)

# ---- what happens to them. The first two are never killed: it is seen whether they grow.
RANDOM=$seed
kills=0 stops=0 ends=0 fulls=0
deadline=$((SECONDS + seconds))
pause() { # TENTHS: not longer than it lasts
  local end=$(($(date +%s%3N) + $1 * 100))
  while [ "$(date +%s%3N)" -lt "$end" ] && [ "$SECONDS" -lt "$deadline" ]; do sleep 0.1; done
}
# fill: no room is left on the small disk but for a little; it cannot be made smaller than what is written meanwhile.
fill() {
  local taken
  for ((try = 0; try < 50; try++)); do
    taken=$(df --output=used -k "$work/$full" | tail -n 1)
    ! mount -o "remount,size=$((taken + 512))k" "$work/$full" 2>/dev/null || return 0
  done
  return 1
}
while [ "$SECONDS" -lt "$deadline" ]; do
  host=h$((2 + RANDOM % (hosts - 2)))
  case $((RANDOM % 8)) in
    0 | 1 | 2)
      kills=$((kills + 1))
      note "kill -9 of $host"
      kill_daemon "$host"
      pause $((RANDOM % 30))
      again "$host"
      ;;
    3)
      ends=$((ends + 1))
      note "$host ends"
      halt "$host"
      pause $((RANDOM % 30))
      again "$host"
      ;;
    4 | 5)
      # To the others it is a host that vanished.
      stops=$((stops + 1))
      note "$host stands still"
      kill -STOP "$(cat "$work/$host.pid")"
      pause $((10 + RANDOM % 50))
      kill -CONT "$(cat "$work/$host.pid")"
      ;;
    6)
      other=h$((RANDOM % hosts))
      note "h0 and $other come together"
      on h0 connect "$(address "$other")" 2>/dev/null || true
      ;;
    *)
      [ "$small_disk" = yes ] || continue
      fill || continue
      fulls=$((fulls + 1))
      note "the disk of $full is full"
      pause $((20 + RANDOM % 30))
      mount -o remount,size=2g "$work/$full"
      ;;
  esac
  pause $((2 + RANDOM % 12))
done
ran=$SECONDS

# ---- quiet.
: >"$work/over"
for pid in "${publishers[@]}" "${readers[@]}"; do
  wait "$pid" || fail "a publisher or a reader failed: $(tail -n 5 "$work/events")"
done
note "quiet"
count() { cat "$work/$1.$2" 2>/dev/null || echo 0; }
# held HOST: what it holds of each, as "ID MESSAGES".
held() {
  on "$1" status --json 2>/dev/null | python3 -c '
import json, sys
for host in sorted(json.load(sys.stdin)["hosts"], key=lambda host: host["id"]):
    print(host["id"], host["messages"])'
}
all_equal() {
  local i
  held h0 >"$work/held" || return 1
  [ "$(wc -l <"$work/held")" = "$hosts" ] || return 1
  for ((i = 1; i < hosts; i++)); do
    held "h$i" | cmp -s - "$work/held" || return 1
  done
}
file_read() { on h1 log --job file --feed h1 -n 1 2>/dev/null | grep -q " file h1 $(count h1 file)\$"; }
wait_until 120 file_read
wait_until $((300 + seconds)) all_equal
calm=$((SECONDS - ran))
for ((i = 0; i < hosts; i++)); do
  for kind in packed single poor file; do
    n=$(count "h$i" "$kind")
    [ "$n" = 0 ] || echo "$kind h$i $n"
  done
done >"$work/published"
all_lines=$(awk '{n += $3} END {print n}' "$work/published")
followed_all() { [ "$(wc -l <"$work/followed")" -ge "$all_lines" ]; }
wait_until 60 followed_all
for ((i = 0; i < hosts; i++)); do halt "h$i"; done

# ---- what it came to.
for ((i = 0; i < hosts; i++)); do
  whole "h$i"
  [ "$(grep -c '^ok ' "$work/verified")" = "$hosts" ] || fail "verify of h$i: $(cat "$work/verified")"
done
on h0 assemble -o "$work/merged" || fail "assemble: $?"
for ((i = 0; i < hosts; i++)); do
  on "h$i" assemble >"$work/printed" || fail "assemble of h$i: $?"
  same "$work/merged" "$work/printed" "h$i makes another file than the one that h0 kept all the while"
done
python3 - "$work/published" "$work/merged" "$work/followed" <<'PY' || fail "what is shown is not what was published"
import sys
published = {(kind, host): int(n) for kind, host, n in map(str.split, open(sys.argv[1]))}
for place in sys.argv[2:]:
    seen = dict.fromkeys(published, 0)
    with open(place, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            words = line.split()
            key, number = (words[-3], words[-2]), int(words[-1])
            if number != seen[key] + 1:
                sys.exit(f"{place}: {key} {number} comes behind {seen[key]}")
            seen[key] = number
    if seen != published:
        sys.exit(f"{place}: {seen}, and published were {published}")
PY

# In the second half nothing is larger than it was in the first, but for a bound.
judged=yes
! sanitized || judged=no
python3 - "$work/samples" "$judged" <<'PY' || fail "something grows: $(tail -n 3 "$work/samples")"
import collections, sys
samples = [line.split() for line in open(sys.argv[1])]
first, last = int(samples[0][0]), int(samples[-1][0])
most = collections.defaultdict(lambda: [[0, 0, 0], [0, 0, 0]])
for time, host, pid, *sizes in samples:
    half = most[host][(int(time) - first) * 2 >= last - first]
    half[:] = [max(old, int(new)) for old, new in zip(half, sizes)]
grown = []
print("host   memory, KiB     descriptors   log of the store, KiB   (the most of the first half, of the second)")
for host, (one, two) in sorted(most.items()):
    print(f"{host:5} {one[0]:7} {two[0]:7}   {one[1]:5} {two[1]:5}   {one[2] // 1024:9} {two[2] // 1024:9}")
    bounds = (one[0] + one[0] // 4 + 16 * 1024, one[1] + 24, max(2 * one[2], 0) + (64 << 20))
    grown += [(host, what, new) for what, new, bound in zip(("memory", "descriptors", "log"), two, bounds) if new > bound]
if sys.argv[2] == "yes" and grown:
    sys.exit(str(grown))
PY
messages=$(awk '{n += $2} END {print n}' "$work/held")
shown=$(wc -l <"$work/merged")
size=$(stat -c %s "$(home_of h0)/ssblog.db")
refused=$(find "$work" -maxdepth 1 -name '*.refused' -exec cat {} + | wc -l)
cat <<END
$hosts hosts, seed $seed, $seconds s: $shown lines in $messages messages, $((shown * hosts)) and $((messages * hosts)) over all stores; a store has $((size / 1024)) KiB
$kills killed, $ends ended and begun again, $stops stood still, $fulls full disks ($refused lines refused); the slowest took $slowest s to end; all equal $calm s after the last line
END
