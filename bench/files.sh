#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench/files.sh - what it costs to read files into the feed: one large file, a busy one, ten thousand idle ones.
#
# usage: bench/files.sh [SSBLOG]   (ROUNDS=3 LINES_FILE=8000000 SECONDS_BUSY=20 IDLE_FILES=10000)
# rsyslog's imfile is measured beside where it is installed; what is missing is left out, and said so.
# shellcheck source=bench/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

file_lines=${LINES_FILE:-8000000}
busy_seconds=${SECONDS_BUSY:-20}
idle_files=${IDLE_FILES:-10000}
started=()
end_all() {
  local process
  for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf -- "$work"
}
trap end_all EXIT

await() { # SECONDS COMMAND...
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || {
      echo "waited in vain for: $*" >&2
      exit 75
    }
    sleep 0.02
  done
}
used_ns() { cat "/proc/$1/task"/*/schedstat | awk '{ s += $1 } END { printf "%d\n", s }'; }

# a_home PATTERN: a fresh one that reads these files.
a_home() {
  fresh_home
  printf '\n[lan]\ndiscover = false\n\n[[source]]\nname = "bench"\npaths = ["%s"]\n' "$1" >>"$work/home/config.toml"
}
a_daemon() {
  "$ssblog" daemon --path "$work/home" --host 127.0.0.1 --port 0 2>>"$work/daemon.log" &
  daemon=$!
  started+=("$daemon")
  await 20 test -s "$work/home/daemon.json"
}
end_daemon() {
  kill "$daemon"
  wait "$daemon" || true
}

setting
"$bench/bench_make_lines" "$file_lines" >"$work/large.log"
echo "input:   a file of $(($(stat -c %s "$work/large.log") / 1000000)) MB"
echo

# One large file: beside what publishing costs anyway.
for ((round = 0; round < rounds; ++round)); do
  a_home "$work/large.log"
  measure ship "$ssblog" ship --once --path "$work/home"
  fresh_home
  measure publish -i "$work/large.log" "$ssblog" publish --path "$work/home" --job bench
done
row ship "$file_lines" lines "ship --once: one file, first scan"
row publish "$file_lines" lines "publish < file"
awk -v a="$(column ship 1)" -v b="$(column publish 1)" 'BEGIN { printf "ratio:   %.2f times the time of publish\n", a / b }'
rm -f -- "$work/large.log"

# A file that gets 5,000 lines a second.
busy_writer() { # FILE SECONDS
  python3 - "$1" "$2" <<'PY'
import os, sys, time
file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
begun, written, line = time.monotonic(), 0, b"Nov 20 14:02:11 nas service[123]: " + b"x" * 85 + b"\n"
while (spent := time.monotonic() - begun) < float(sys.argv[2]):
    while written < spent * 5000:
        os.write(file, line)
        written += 1
    time.sleep(0.002)
PY
}
percent_of() { awk -v ns="$1" -v s="$busy_seconds" 'BEGIN { printf "%.2f", ns / s / 1e7 }'; }
echo
: >"$work/busy.log"
a_home "$work/busy.log"
a_daemon
before=$(used_ns "$daemon")
busy_writer "$work/busy.log" "$busy_seconds"
ours=$(percent_of $(($(used_ns "$daemon") - before)))
end_daemon
echo "5,000 lines a second: the daemon takes $ours % of a core"
if command -v rsyslogd >/dev/null; then
  mkdir -p -- "$work/rs"
  : >"$work/busy2.log"
  cat >"$work/rs.conf" <<CONF
global(workDirectory="$work/rs")
module(load="imfile")
input(type="imfile" file="$work/busy2.log" tag="bench:")
template(name="plain" type="string" string="%msg%\n")
action(type="omfile" file="$work/rs.text" template="plain")
CONF
  rsyslogd -n -i "$work/rs.pid" -f "$work/rs.conf" >/dev/null 2>&1 &
  rsyslog=$!
  started+=("$rsyslog")
  await 10 test -s "$work/rs.pid"
  before=$(used_ns "$rsyslog")
  busy_writer "$work/busy2.log" "$busy_seconds"
  theirs=$(percent_of $(($(used_ns "$rsyslog") - before)))
  kill "$rsyslog"
  wait "$rsyslog" || true
  echo "                      rsyslog, imfile to omfile, neither signed nor hashed: $theirs %"
  awk -v a="$ours" -v b="$theirs" 'BEGIN { printf "ratio:   %.2f\n", a / b }'
else
  echo "rsyslog is not installed: left out"
fi

# Many files that say nothing.
echo
mkdir -p -- "$work/idle"
for ((i = 0; i < idle_files; ++i)); do echo "line of file $i" >"$work/idle/$i.log"; done
a_home "$work/idle/*.log"
begun=$(date +%s%N)
a_daemon
all_read() { [ "$("$ssblog" status --path "$work/home" --json | sed -nE 's/.*"messages":([0-9]+).*/\1/p')" -ge "$idle_files" ]; }
await 120 all_read
echo "$idle_files files of a line each are in the feed after $((($(date +%s%N) - begun) / 1000000)) ms"
sleep 2
before=$(used_ns "$daemon")
sleep "$busy_seconds"
echo "then idle: $(percent_of $(($(used_ns "$daemon") - before))) % of a core, $(awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$daemon/status") MiB"
end_daemon
