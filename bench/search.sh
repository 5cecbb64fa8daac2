#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench/search.sh - a rare word, and the last hour, in millions of lines of 20 feeds over 30 days; beside journalctl, lnav
# and grep on the same lines, the programs taking turns.
#
# What is in the page cache is read, as everybody has just written it. journalctl reads a journal of the same lines
# (systemd-journal-remote makes it), lnav and grep the file that `assemble` wrote; who is not installed is left out.
# usage: bench/search.sh [SSBLOG]     (ROUNDS=3 LINES_PACKED=1000000)
# shellcheck source=bench/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

setting
echo
home=$work/home
days=30
"$bench/bench_make_bundle" 20 20 $((lines / 20)) "$days" >"$work/bundle"
fresh_home
"$ssblog" import --path "$home" "$work/bundle" >/dev/null 2>&1
rm -f -- "$work/bundle"
word=zqxjkvneedle
# Somewhere in the middle, as somebody's line.
printf 'one line with the word %s in it\n' "$word" | "$ssblog" publish --path "$home" --job rare >/dev/null
"$ssblog" assemble --path "$home" >"$work/all.log"
last=$(tail -n 1 "$work/all.log")
last=${last%% *}
hour=$(date -u -d "${last%.*}Z - 1 hour" '+%Y-%m-%d %H:%M:%S')

journal=$work/all.journal
journals="$work/all*.journal"  # it may become several, journalctl takes the pattern

# run NAME WORDS...: one run, its output thrown away.
run() {
  local name=$1
  shift
  measure "$name" -o "$work/out" "$@"
}
# found NAME COUNT: the last run of it found so many lines.
found() {
  local got
  got=$(grep -c "$word" "$work/out" || true)
  [ "$got" = "$2" ] || echo "$1 found $got lines, not $2" >&2
}
# tell NAME TEXT
tell() {
  [ -s "$work/times.$1" ] || return 0
  awk -v ms="$(column "$1" 1)" -v cpu="$(column "$1" 4)" -v kib="$(column "$1" 5)" -v base="$(column "$base" 1)" -v text="$2" \
    'BEGIN { printf "%-52s %10.1f ms %10.1f ms CPU %8.1f MiB %9.2f times\n", text, ms, cpu, kib / 1024, ms / base }'
}

others=(grep)
make_journal "$work/all.log" "$journal" && others+=(journalctl)
command -v lnav >/dev/null && others+=(lnav)
for ((round = 0; round < rounds; ++round)); do
  "$ssblog" search --path "$home" --drop
  run scan "$ssblog" search --path "$home" "$word"
  found scan 1
  if [ "$round" = 0 ]; then
    measure index "$ssblog" search --path "$home" --index 2>/dev/null
  else
    "$ssblog" search --path "$home" --index >/dev/null 2>&1
  fi
  run search "$ssblog" search --path "$home" "$word"
  found search 1
  run hour "$ssblog" log --path "$home" --since "$hour UTC"
  run tail "$ssblog" log --path "$home" -n 100 -r
  for other in "${others[@]}"; do
    case $other in
      grep)
        run grep grep -F "$word" "$work/all.log"
        found grep 1
        ;;
      journalctl)
        run journalctl journalctl --file "$journals" -q --no-pager -g "$word"
        found journalctl 1
        run journalctl.hour journalctl --file "$journals" -q --no-pager --utc --since "$hour UTC"
        run journalctl.tail journalctl --file "$journals" -q --no-pager -n 100 -r
        ;;
      lnav)
        # lnav -n writes all lines that its filter leaves.
        [ "$round" = 0 ] || continue
        run lnav lnav -n -c ":filter-in $word" "$work/all.log"
        found lnav 1
        ;;
    esac
  done
done
size() { stat -c %s -- "$1" | awk '{ printf "%.0f MB", $1 / 1e6 }'; }
echo "$lines lines of 20 hosts over $days days; ssblog.db $(size "$home/ssblog.db"), search.db $(size "$home/search.db"), text $(size "$work/all.log")"
[ ! -e "$journal" ] || echo "the journal: $(du -ch -- "$work"/all*.journal | tail -n 1 | cut -f 1)"
echo
base=search
tell search "search WORD, with the index"
tell scan "search WORD, without it"
tell grep "grep -F WORD, all in one text file"
tell journalctl "journalctl -g WORD"
tell lnav "lnav -n, filter-in WORD (once)"
tell index "search --index, from nothing (once)"
echo
base=hour
tell hour "log --since, the last hour"
tell journalctl.hour "journalctl --since, the same"
base="tail"
tell tail "log -n 100 -r"
tell journalctl.tail "journalctl -n 100 -r"
