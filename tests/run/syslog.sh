#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/syslog.sh SSBLOG - real syslog senders: logger in all its forms, rsyslog and syslog-ng that forward to us.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need logger

init a
dev_log=$work/dev-log
cat >>"$(home_of a)/config.toml" <<END

[[source]]
name = "machines"
kind = "syslog"
listen = ["unix:$dev_log", "udp:127.0.0.1:0", "tcp:127.0.0.1:0"]
END
expect 0 a config check
start a

# place KIND: the port that the daemon got.
place() { sed -nE "s/.*source machines: listening on $1:127\.0\.0\.1:([0-9]+).*/\1/p" "$work/a.log" | tail -n 1; }
has_places() { [ -n "$(place udp)" ] && [ -n "$(place tcp)" ] && [ -S "$dev_log" ]; }
wait_until 20 has_places
udp=$(place udp)
tcp=$(place tcp)
[ "$(stat -c %a "$dev_log")" = 666 ] || fail "the mode of the unix socket: $(stat -c %a "$dev_log")"

lines() { on a log -n 1000 2>/dev/null; }
# Words as basic regular expressions: a line of the stream says this, at its end.
has_line() { lines | grep -q -- "\[syslog\]: $1\$"; }
shown() { wait_until 20 has_line "$1"; }

# ---- logger ----

logger -u "$dev_log" -t plain "by unix socket"
shown 'plain: by unix socket'
logger -u "$dev_log" -t withpid --id=4711 -p auth.err "by unix socket"
shown 'withpid\[4711\]: by unix socket'
logger -u "$dev_log" --rfc3164 -t old "by unix socket"
shown 'old: by unix socket'
logger -u "$dev_log" --rfc5424=notime,nohost -t new "by unix socket"
shown 'new: .*by unix socket'
for form in --rfc3164 --rfc5424; do
  logger -n 127.0.0.1 -P "$udp" -d $form -t "udp$form" "by UDP"
  shown "udp$form: .*by UDP"
  logger -n 127.0.0.1 -P "$tcp" -T $form -t "tcp$form" "by TCP"
  shown "tcp$form: .*by TCP"
  logger -n 127.0.0.1 -P "$tcp" -T --octet-count $form -t "counted$form" "by TCP"
  shown "counted$form: .*by TCP"
done
logger -n 127.0.0.1 -P "$udp" -d --rfc5424 --msgid ID47 --sd-id ex@32473 --sd-param 'iut="3"' -t data "structured"
shown 'data: ID47 .*\[ex@32473 iut="3"\].* structured'
printf 'one\ntwo\n' | logger -n 127.0.0.1 -P "$tcp" -T --octet-count -t many
shown 'many: .*one'
shown 'many: .*two'
# Levels are kept.
on a log -n 1000 --json 2>/dev/null | grep 'withpid' | grep -q '"level":"err"' || fail "the level of auth.err: $(lines)"
printf '<11>raw: a\0b\377\033[31m' >"/dev/udp/127.0.0.1/$udp"
# shellcheck disable=SC1003 # backslashes are meant
shown 'raw: a\\x00b\\xff\\x1b\[31m'

# Secrets are masked before they are signed.
logger -u "$dev_log" -t secret "Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123456789"
shown 'secret: Authorization: Bearer \[redacted:[a-z]*\]\**'
lines | grep -q 'nopqrstuvwxyz' && fail "a token is in the feed"

# ---- rsyslog ----

# forwarded PROGRAM: lines of logger through a daemon that forwards.
forwarded() {
  logger -u "$work/$1.socket" -t "by$1" "forwarded by UDP and TCP"
}
if command -v rsyslogd >/dev/null; then
  cat >"$work/rsyslog.conf" <<END
global(workDirectory="$work")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="$work/rsyslog.socket" CreatePath="on")
action(type="omfwd" target="127.0.0.1" port="$udp" protocol="udp")
action(type="omfwd" target="127.0.0.1" port="$tcp" protocol="tcp" TCP_Framing="octet-counted")
action(type="omfwd" target="127.0.0.1" port="$tcp" protocol="tcp" template="RSYSLOG_SyslogProtocol23Format")
END
  rsyslogd -n -f "$work/rsyslog.conf" -i "$work/rsyslog-own.pid" >"$work/rsyslog.said" 2>&1 &
  printf '%s' $! >"$work/rsyslog.pid"
  wait_until 20 test -S "$work/rsyslog.socket"
  forwarded rsyslog
  three_times() { [ "$(lines | grep -c 'byrsyslog: .*forwarded')" = 3 ]; }
  wait_until 20 three_times
else
  echo "skipped: rsyslog is not installed"
fi

# ---- syslog-ng ----

if command -v syslog-ng >/dev/null; then
  cat >"$work/syslog-ng.conf" <<END
@version: 3.38
source here { unix-dgram("$work/syslogng.socket"); };
destination udp { network("127.0.0.1" port($udp) transport("udp")); };
destination tcp { syslog("127.0.0.1" port($tcp) transport("tcp")); };
log { source(here); destination(udp); destination(tcp); };
END
  syslog-ng -F --no-caps -f "$work/syslog-ng.conf" -R "$work/syslog-ng.persist" -p "$work/syslog-ng-own.pid" \
    -c "$work/syslog-ng.ctl" >"$work/syslog-ng.said" 2>&1 &
  printf '%s' $! >"$work/syslog-ng.pid"
  wait_until 20 test -S "$work/syslogng.socket"
  forwarded syslogng
  twice() { [ "$(lines | grep -c 'bysyslogng: .*forwarded')" = 2 ]; }
  wait_until 20 twice
else
  echo "skipped: syslog-ng is not installed"
fi

# ---- the socket ----

# A killed daemon leaves its socket; the next one takes its place, and takes it away at the end.
kill_daemon a
[ -S "$dev_log" ] || fail "a killed daemon cannot have removed its socket"
start a
again() { logger -u "$dev_log" -t again "after a kill" 2>/dev/null && has_line 'again: after a kill'; }
wait_until 20 again
stop a
[ ! -e "$dev_log" ] || fail "the socket is still there"
whole a
