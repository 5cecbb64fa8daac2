#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/rotation.sh SSBLOG - 5,000 lines a second into a file that logrotate rotates in each of its styles, while the
# daemon that reads it is killed again and again: every line is in the feed once, in order.
#
# SSBLOG_LONG=1: 200 kills in each style, instead of a few; SSBLOG_KILLS: so many.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need logrotate python3
numbers=$(dirname -- "$(realpath -- "$0")")/numbers.py
kills=5
rate=5000
[ "$long" = 0 ] || kills=200
kills=${SSBLOG_KILLS:-$kills}
# Without times of birth, a rotated file whose inode the next one got cannot be told from one that was copied and cut.
exact=exact
[ "$(stat -c %W -- "$work")" != 0 ] || exact=told
if sanitized; then rate=1000; fi

# set_up HOST: a host with one source, its log and what rotates it.
set_up() {
  local host=$1 style=$2 logs=$work/$1.logs
  init "$host"
  mkdir -p -- "$logs"
  : >"$work/$host.ack"
  printf '\n[lan]\ndiscover = false\n\n[[source]]\nname = "service"\npaths = ["%s/service.log"]\n' "$logs" \
    >>"$(home_of "$host")/config.toml"
  cat >"$work/$host.rotate" <<END
$logs/service.log {
  rotate 1000
  missingok
  $style
  postrotate
    before=\$(wc -c <'$work/$host.ack')
    kill -HUP \$(cat '$work/$host.writer.pid')
    for i in \$(seq 200); do
      [ \$(wc -c <'$work/$host.ack') -gt \$before ] && break
      sleep 0.01
    done
  endscript
}
END
}

rotate() { logrotate -f -s "$work/$1.state" "$work/$1.rotate" 2>>"$work/$1.rotated" || true; }

# begin_writing HOST / end_writing HOST: $wrote is how many lines.
begin_writing() {
  rm -f -- "$work/$1.stop"
  python3 "$numbers" write "$work/$1.logs/service.log" "$rate" "$work/$1.stop" "$work/$1.ack" >"$work/$1.count" &
  printf '%s' $! >"$work/$1.writer.pid"
  writer=$!
  wait_until 10 test -s "$work/$1.logs/service.log"
}
end_writing() {
  : >"$work/$1.stop"
  wait "$writer" || fail "the writer of $1: $?"
  wrote=$(cat "$work/$1.count")
}

# The feed has all that was written: nothing more comes, and the judge is content.
judge() {
  local host=$1 mode=$2
  on "$host" export --feed "$host" -o "$work/$host.bundle" 2>/dev/null || return 1
  python3 "$numbers" check "$work/$host.bundle" "$wrote" "$mode" >"$work/$host.verdict"
}
must_be_whole() {
  local host=$1 mode=$2 deadline=$((SECONDS + 30))
  until judge "$host" "$mode"; do
    [ "$SECONDS" -lt "$deadline" ] || {
      tail -n 5 "$work/$host.log" >&2
      fail "$host: $(cat "$work/$host.verdict")"
    }
    sleep 0.2
  done
  whole "$host"
  printf '%s: %s\n' "$host" "$(tail -n 1 "$work/$host.verdict")"
}

pause() { sleep "0.$(printf '%03d' $((RANDOM % 400 + 50)))"; }

# killed_while_rotating HOST STYLE MODE
killed_while_rotating() {
  local host=$1 mode=$3 i
  set_up "$host" "$2"
  begin_writing "$host"
  for ((i = 0; i < kills; ++i)); do
    start "$host"
    pause
    [ $((RANDOM % 3)) = 0 ] || rotate "$host"
    pause
    kill_daemon "$host"
    [ $((RANDOM % 3)) != 0 ] || rotate "$host"
  done
  start "$host"
  end_writing "$host"
  must_be_whole "$host" "$mode"
  stop "$host"
}

killed_while_rotating create 'create' "$exact"
killed_while_rotating compress $'create\n  compress' "$exact"
killed_while_rotating delayed $'create\n  compress\n  delaycompress\n  dateext\n  dateformat -%Y%m%d-%s' "$exact"
killed_while_rotating copied 'copytruncate' loss

# Several rotations while nothing runs: what the daemon knew of, and what it never saw.
set_up away $'create\n  compress\n  delaycompress'
begin_writing away
start away
written() { [ "$(wc -l <"$work/away.logs/service.log")" -gt "$1" ]; }
wait_until 10 written 1000
stop away
for _ in 1 2 3 4; do
  rotate away
  wait_until 10 written 500
done
end_writing away
start away
must_be_whole away "$exact"
# A copy of all of it, as from a backup, is nothing new.
tip() { on "$1" status --json | sed -nE 's/.*"messages":([0-9]+).*/\1/p'; }
stop away
before=$(tip away)
cp -a -- "$work/away.logs" "$work/away.backup"
rm -r -- "$work/away.logs"
cp -a -- "$work/away.backup" "$work/away.logs"
start away
echo "$((wrote + 1)) a line of a service that logs much" >>"$work/away.logs/service.log"
wrote=$((wrote + 1))
must_be_whole away "$exact"
stop away
# What may be told late is no line, and each line came once.
[ "$exact" = told ] || [ "$(tip away)" -le $((before + 2)) ] || fail "a restored copy came in again: $before, now $(tip away) messages"
