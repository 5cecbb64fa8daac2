#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench/formats.sh - how fast each format is written, in MB of input text a second, beside programs that write the like:
# journalctl of a journal of the same lines, `cat` of the text.
#
# The lines are those of 20 packed feeds. All read what is in the page cache; output goes to /dev/null, so that the disk
# does not count. How many ms `assemble --follow` adds to a line's way is measured last.
# usage: bench/formats.sh [SSBLOG]     (ROUNDS=3 LINES_PACKED=1000000)
# shellcheck source=bench/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

setting
echo
"$bench/bench_make_bundle" 20 20 $((lines / 20)) >"$work/bundle"
fresh_home
"$ssblog" import --path "$work/home" "$work/bundle" >/dev/null 2>&1
rm -f -- "$work/bundle"
# Bytes of the lines themselves, with their ends.
bytes=$("$ssblog" assemble --path "$work/home" --template '{text}' | wc -c)

formats=(text jsonl logfmt syslog5424 gelf ecs loki export)
remote=
for place in /lib/systemd /usr/lib/systemd; do
  [ ! -x "$place/systemd-journal-remote" ] || remote=$place/systemd-journal-remote
done
if [ -n "$remote" ] && command -v journalctl >/dev/null; then
  "$ssblog" assemble --path "$work/home" --format export | "$remote" -o "$work/all.journal" - >/dev/null 2>&1
fi
for ((round = 0; round < rounds; ++round)); do
  for format in "${formats[@]}"; do
    measure "$format" -o /dev/null "$ssblog" assemble --path "$work/home" --format "$format"
  done
  measure template -o /dev/null "$ssblog" assemble --path "$work/home" --template '{time} {host} {text}' --time-zone Europe/Berlin
  measure dir "$ssblog" assemble --path "$work/home" --dir "$work/files" --name '{host}@{id}/{date}.log'
  rm -rf -- "$work/files"
  if [ -f "$work/all.journal" ]; then
    measure journal.export -o /dev/null journalctl --quiet --file "$work/all.journal" -o export
    measure journal.json -o /dev/null journalctl --quiet --file "$work/all.journal" -o json
  fi
done

# mb NAME TEXT: MB of input text a second of wall time and of CPU time.
mb() {
  awk -v ms="$(column "$1" 1)" -v cpu="$(column "$1" 4)" -v bytes="$bytes" -v text="$2" -v base="$(column text 1)" \
    'BEGIN { printf "%-44s %8.2f s %8.0f MB/s %8.0f MB/s of CPU time %8.2f times text\n", text, ms / 1000, bytes / 1000 / ms, bytes / 1000 / cpu, ms / base }'
}
echo "$lines lines, $((bytes / 1000000)) MB of text"
for format in "${formats[@]}"; do mb "$format" "assemble --format $format"; done
mb template "assemble --template, in a zone"
mb dir "assemble --dir, by host and day (to disk)"
if [ -f "$work/all.journal" ]; then
  mb journal.export "journalctl -o export, of the same lines"
  mb journal.json "journalctl -o json, of the same lines"
fi

# A line's way: from the end of `publish` until the text is in the file.
"$ssblog" assemble --path "$work/home" -o "$work/log"
"$ssblog" assemble --path "$work/home" -f -o "$work/log" &
follower=$!
trap 'kill "$follower" 2>/dev/null || true; wait "$follower" 2>/dev/null || true; rm -rf -- "$work"' EXIT
python3 - "$ssblog" "$work/home" "$work/log" <<'END'
import os, subprocess, sys, time
ssblog, home, log = sys.argv[1:]
took = []
time.sleep(1)
for i in range(50):
    size = os.stat(log).st_size
    subprocess.run([ssblog, "publish", "--path", home, "--job", "way", "--text", f"line {i}"], check=True, stdout=subprocess.DEVNULL)
    begin = time.monotonic()
    while os.stat(log).st_size == size and time.monotonic() - begin < 10: time.sleep(0.0005)
    took.append(1000 * (time.monotonic() - begin))
    time.sleep(0.1)
took.sort()
print(f"a line's way, publish to file by --follow: median {took[25]:.1f} ms, p90 {took[45]:.1f} ms, longest {took[-1]:.1f} ms")
END
floor
