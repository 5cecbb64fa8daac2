#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench/view.sh - the view over millions of lines: the newest 100 lines of a host that a filter leaves, what a browser loads for
# the first paint, that paint in chromium where it is installed, and 100 pages that look on while 100 lines a second come;
# beside grep and journalctl on the same lines.
#
# Two hosts have half of the lines each, in runs of 5,000 over 30 days. CPU is that of the server alone. What is in the page
# cache is read, as everybody has just written it. journalctl reads a journal of one host's lines (systemd-journal-remote makes
# it; NO_JOURNAL=1 leaves it out), systemd-journal-gatewayd serves it, grep has the text that `assemble` wrote.
# usage: bench/view.sh [SSBLOG]     (ROUNDS=3 LINES_PACKED=10000000 VIEWERS=100 SECONDS_ON=20)
# shellcheck source=bench/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
server=$(dirname -- "$ssblog")/../view/ssblog-view
[ -x "$server" ] || {
  echo "ssblog-view was not built: there is no cpp-httplib" >&2
  exit 66
}
lines=${LINES_PACKED:-10000000}
viewers=${VIEWERS:-100}
seconds_on=${SECONDS_ON:-20}
home=$work/home
asked=$((rounds * 5))
children=()
end() {
  local child
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf -- "$work"
}
trap end EXIT

setting
echo
fresh_home
for job in $(seq 20); do "$ssblog" run --path "$home" --job "job$job" -- true; done
# All lines have to be gone through for it, wherever it stands: there are no 100 of them.
word=qjzxvrare
printf 'one line with the word %s in it\n' "$word" | "$ssblog" publish --path "$home" --job rare >/dev/null
"$bench/bench_make_bundle" 2 $((lines / 5000)) 5000 30 >"$work/bundle"
"$ssblog" import --path "$home" "$work/bundle" >/dev/null 2>&1
rm -f -- "$work/bundle"

serve() {
  : >"$work/port"
  "$ssblog" view --path "$home" --listen 127.0.0.1:0 >"$work/port" 2>/dev/null &
  pid=$!  # the server takes its place
  children+=("$pid")
  for ((i = 0; i < 600; ++i)); do
    [ -s "$work/port" ] && break
    sleep 0.1
  done
  port=$(cat "$work/port")
}
serve
token=$("$ssblog" view token list --path "$home" | cut -d ' ' -f 2)
view() {
  local verb=$1
  shift
  python3 "$root/bench/view.py" "$verb" "$port" "$token" "$pid" "$@"
}
host=$(curl -s -H "Authorization: $token" "http://127.0.0.1:$port/hosts/" |
  python3 -c 'import json, sys; print([row["url"].split("/")[-2] for row in json.load(sys.stdin)["data"] if row["host"] != "nas"][0])')

echo "$lines lines of 2 hosts, ssblog.db $(stat -c %s -- "$home/ssblog.db" | awk '{ printf "%.0f MB", $1 / 1e6 }'); the load is now $(cut -d ' ' -f 1 /proc/loadavg)"
echo
printf '%-58s %9s %9s %9s %12s\n' "ms" "first" "median" "longest" "CPU, server"
# answer TEXT COUNT PATH [ROWS]
answer() {
  local text=$1 count=$2
  shift 2
  # shellcheck disable=SC2046,SC2183 # four numbers
  printf '%-58s %9s %9s %9s %12s\n' "$text" $(view ask "$count" "$@")
}
logs="/hosts/$host/logs?count=100"
answer "the newest 100 of a host" "$asked" "$logs" 100
answer "the same, filter=backup, which stands in recent lines" "$asked" "$logs&filter=backup" 100
answer "filter=/[0-9]{5} [a-z]+ [a-z]{9}/" "$asked" "$logs&filter=/%5B0-9%5D%7B5%7D%20%5Ba-z%5D%2B%20%5Ba-z%5D%7B9%7D/" 100
answer "/?filter=WORD, once in all lines" "$rounds" "/?limit=100&filter=$word" 1
answer "a filter that no line of the host has" "$rounds" "$logs&filter=zqxjkvneedle" 0
answer "/jobs" "$asked" /jobs
answer "/?limit=100, all hosts" "$asked" "/?limit=100"
scripts=$(curl -s "http://127.0.0.1:$port/" | grep -oE '(href|src)="[^"#:]+\.(css|js|svg)"' | sed -E 's/.*"(.*)"/\1/; s|^/?|/|' | sort -u)
# shellcheck disable=SC2046,SC2086,SC2183 # numbers; paths
printf '%-58s %9s %9s %9s %12s\n' "first paint: / and its parts, then /jobs, /alerts, /info" $(view page "$asked" / $scripts /jobs /alerts /info)

# In a browser that runs already, beside a page that says one word.
modules=$root/tests/browser/node_modules
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -n "$browser" ] && [ -d "$modules/playwright-core" ] && command -v node >/dev/null; then
  mkdir -p "$work/www"
  echo '<!DOCTYPE html><title>hello</title><p>hello' >"$work/www/index.html"
  python3 -u -m http.server --bind 127.0.0.1 --directory "$work/www" 0 >"$work/www.log" 2>/dev/null &
  children+=($!)
  for ((i = 0; i < 600; ++i)); do
    [ ! -s "$work/www.log" ] || break
    sleep 0.1
  done
  other=$(grep -oE 'port [0-9]+' "$work/www.log" | cut -d ' ' -f 2)
  echo
  printf '%-58s %12s %12s %12s\n' "ms since the navigation: median (longest)" "first paint" "content" "board"
  node "$root/bench/paint.js" "$modules" "$browser" "$asked" \
    "the page=http://127.0.0.1:$port/#?token=$token" "a page of one word=http://127.0.0.1:$other/" || true
fi

echo
echo "$viewers who look on, 100 lines a second, $seconds_on s:"
printf '%-58s %9s %9s %9s %9s %9s\n' "" "% of core" "lines/s" "median ms" "longest" "asked/s"
for way in "" --line-per-message; do
  python3 - "$ssblog" "$home" $((seconds_on + 8)) $way <<'END' &
import subprocess
import sys
import time

program, home, seconds, *way = sys.argv[1:]
job = subprocess.Popen([program, "publish", "--path", home, "--job", "live"] + way, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
begin = time.monotonic()
runs = []
for number in range(int(float(seconds) * 100)):
    if number % 500 == 250:  # news of the board
        runs.append(subprocess.Popen([program, "run", "--path", home, "--job", "pulse", "--", "true"]))
    time.sleep(max(0, begin + number / 100 - time.monotonic()))
    job.stdin.write(b"a line that people look on, %s, at %.3f\n" % (b"odd" if number % 2 else b"even", time.time()))
    job.stdin.flush()
job.stdin.close()
for one in [job] + runs:
    one.wait()
END
  publisher=$!
  # Pages with filters of their own, two of which let half of the lines through.
  # shellcheck disable=SC2046,SC2183 # five numbers
  printf '%-58s %9s %9s %9s %9s %9s\n' "as publish${way:+ }$way signs them" \
    $(view look-on "$viewers" "$seconds_on" job:live job:live+even job:live+odd host:nas %2Fpeople.*at%2F)
  wait "$publisher" || true
done

# ---- with the index of `search` ----

kill "$pid"
wait "$pid" || true
"$ssblog" search --path "$home" --index >/dev/null 2>&1
serve
echo
echo "with the index of \`ssblog search\` ($(stat -c %s -- "$home/search.db" | awk '{ printf "%.0f MB", $1 / 1e6 }')):"
answer "filter=backup" "$asked" "$logs&filter=backup" 100
answer "/?filter=WORD, once in all lines" "$asked" "/?limit=100&filter=$word" 1
answer "a filter that no line of the host has" "$asked" "$logs&filter=zqxjkvneedle" 0
kill "$pid"

# ---- what one would use else ----

echo
"$ssblog" assemble --path "$home" --feed "$host" >"$work/one.log"
others=(grep)
journal=$work/all.journal
[ -n "${NO_JOURNAL:-}" ] || ! make_journal "$work/one.log" "$journal" || others+=(journalctl)
gate=/lib/systemd/systemd-journal-gatewayd
if [ "${#others[@]}" -gt 1 ] && [ -x "$gate" ] && command -v systemd-socket-activate >/dev/null; then
  gate_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  systemd-socket-activate -l "127.0.0.1:$gate_port" "$gate" --file="$journal" >/dev/null 2>&1 &
  children+=($!)
  others+=(gate)
fi
for ((round = 0; round < rounds; ++round)); do
  for other in "${others[@]}"; do
    case $other in
      grep)
        measure grep.recent -o "$work/out" sh -c "grep -F backup '$work/one.log' | tail -n 100"
        measure tac.recent -o "$work/out" sh -c "tac '$work/one.log' | grep -m 100 -F backup"
        measure grep.none -o "$work/out" sh -c "grep -F zqxjkvneedle '$work/one.log' | tail -n 100"
        ;;
      gate)
        measure gate -o "$work/out" curl -s -m 60 --retry 20 --retry-connrefused --retry-delay 1 \
          -H 'Accept: application/json' -H 'Range: entries=:-100:100' "http://127.0.0.1:$gate_port/entries"
        [ "$(wc -l <"$work/out")" = 100 ] || echo "systemd-journal-gatewayd gave $(wc -l <"$work/out") entries" >&2
        ;;
      journalctl)
        measure journalctl.newest -o "$work/out" journalctl --file "$work/all*.journal" -q --no-pager -o json -r -n 100
        measure journalctl.recent -o "$work/out" journalctl --file "$work/all*.journal" -q --no-pager -o json -r -n 100 -g backup
        [ "$round" -gt 0 ] ||
          measure journalctl.none -o "$work/out" sh -c "journalctl --file '$work/all*.journal' -q --no-pager -o json -r -n 100 -g zqxjkvneedle || true"
        ;;
    esac
  done
done
printf '%-58s %9s %12s\n' "beside it, a process each; ms" "median" "CPU"
beside() { # NAME TEXT
  [ ! -s "$work/times.$1" ] || printf '%-58s %9.1f %12.1f\n' "$2" "$(column "$1" 1)" "$(column "$1" 4)"
}
beside journalctl.newest "journalctl -o json -r -n 100"
beside journalctl.recent "journalctl -o json -r -n 100 -g backup"
beside journalctl.none "journalctl -o json -r -n 100 -g, no such word (once)"
beside gate "systemd-journal-gatewayd, the last 100 (CPU: curl's)"
beside grep.recent "grep -F backup FILE | tail -n 100"
beside tac.recent "tac FILE | grep -m 100 -F backup"
beside grep.none "grep -F FILE | tail, no such word"
floor
