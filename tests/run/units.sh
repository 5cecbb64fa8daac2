#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/units.sh SSBLOG - the units of packaging/systemd: how much they leave open, alone and with each drop-in; that
# systemd understands them; that they allow the calls that a daemon makes. No systemd runs for that: see systemd_boot.sh.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need systemd-analyze
units=$(cd -- "$(dirname -- "$0")/../../packaging/systemd" && pwd)
systemd-analyze security --offline=true "$units/user/ssblog.service" >/dev/null 2>&1 || skip "this systemd-analyze cannot look at files"

# unit NAME DROP-INS...: a folder with the unit and these alone, as $unit.
unit() {
  local name=$1 part
  shift
  mkdir -p "$work/$name/ssblog.service.d"
  unit=$work/$name/ssblog.service
  sed "s|^ExecStart=/usr/local/bin/ssblog|ExecStart=$ssblog|; /^Documentation=/d" "$units/ssblog.service" >"$unit"
  for part; do cp -- "$units/ssblog.service.d/$part.conf" "$work/$name/ssblog.service.d/"; done
}
# exposure UNIT: in tenths, as systemd-analyze counts it.
exposure() { systemd-analyze security --offline=true --no-pager "$1" | sed -nE 's/.*exposure level for [^:]*: ([0-9]+)\.([0-9]).*/\1\2/p'; }
verified() {
  systemd-analyze verify --man=no "$1" >"$work/said" 2>&1 || fail "verify of $1: $(cat "$work/said")"
  # It warns of what it does not know, and leaves that out.
  if grep -F "$(dirname -- "$1")" "$work/said"; then fail "$1 is not understood"; fi
}
# left_open UNIT NAME: systemd-analyze counts this against it.
left_open() {
  LC_ALL=C.UTF-8 systemd-analyze security --offline=true --no-pager "$1" >"$work/report" 2>/dev/null || fail "no report of $1"
  grep -qF -- "$2" "$work/report" || fail "systemd-analyze has no check $2"
  grep -F -- "$2" "$work/report" | LC_ALL=C.UTF-8 grep '✗' >"$work/marked"
}

unit plain
verified "$unit"
plain=$(exposure "$unit")
echo "exposure of the plain unit: $plain tenths"
[ "$plain" -le 20 ] || fail "the plain unit leaves too much open: $plain tenths, not 20"
# The check sees a unit that is open.
sed '/^SystemCallFilter\|^DynamicUser\|^User=\|^Protect\|^Private/d' "$unit" >"$work/open.service"
[ "$(exposure "$work/open.service")" -gt 20 ] || fail "an open unit has an exposure of $(exposure "$work/open.service") tenths"

for part in "$units"/ssblog.service.d/*.conf; do
  name=$(basename -- "$part" .conf)
  unit "with-$name" "$name"
  verified "$unit"
  echo "with $name.conf: $(exposure "$unit") tenths"
  [ "$(exposure "$unit")" -le 30 ] || fail "with $name.conf the unit leaves too much open"
done

# Each drop-in opens what its kind needs, and the plain unit does not.
opens() { # DROP-IN NAME-OF-THE-CHECK
  unit plain
  if left_open "$unit" "$2"; then fail "the plain unit leaves open: $2"; fi
  left_open "$work/with-$1/ssblog.service" "$2" || fail "$1.conf does not open: $2"
}
opens kernel 'CapabilityBoundingSet=~CAP_SYSLOG'
opens kernel 'ProtectKernelLogs='
opens kernel 'PrivateDevices='
opens kernel 'PrivateUsers='
opens ports 'CapabilityBoundingSet=~CAP_NET_(BIND_SERVICE|BROADCAST|RAW)'
opens ports 'PrivateUsers='
opens publish 'PrivateUsers='
for part in files journal publish; do
  grep -q '^SupplementaryGroups=' "$units/ssblog.service.d/$part.conf" || fail "$part.conf gives no group"
done
unit all credentials files journal kernel ports publish
verified "$unit"

mkdir "$work/user"
sed "s|^ExecStart=/usr/local/bin/ssblog|ExecStart=$ssblog|; /^Documentation=/d" "$units/user/ssblog.service" >"$work/user/ssblog.service"
verified "$work/user/ssblog.service"

# ---- the calls that a daemon makes, held against the filter ----

need_strace
sanitized && skip "a build with a sanitizer makes calls of its own"
# expand WORDS...: the names of calls of groups and names.
expand() {
  local word
  for word; do
    case $word in
      @*) # shellcheck disable=SC2046 # one word a name
        expand $(systemd-analyze --no-pager syscall-filter "$word" | sed -nE 's/^    ([@a-z0-9_-]+).*/\1/p') ;;
      *) echo "$word" ;;
    esac
  done
}
# allowed UNIT: what its lines of SystemCallFilter leave, one name a line.
allowed() {
  local -a taken=() denied=()
  mapfile -t taken < <(sed -n 's/^SystemCallFilter=\([^~]\)/\1/p' "$1" | tr ' ' '\n')
  mapfile -t denied < <(sed -n 's/^SystemCallFilter=~//p' "$1" | tr ' ' '\n')
  comm -23 <(expand "${taken[@]}" | sort -u) <(expand "${denied[@]}" | sort -u)
}
init a
on b init --name b --caps.shs "@$(home_of a)/config.toml" >"$work/b.id" 2>/dev/null
mkdir "$work/logs"
printf 'a line\n' >"$work/logs/x.log"
cat >>"$(home_of a)/config.toml" <<END

[[source]]
name = "files"
paths = ["$work/logs/*.log"]

[[source]]
name = "machines"
kind = "syslog"
listen = ["unix:$work/dev-log", "udp:127.0.0.1:0", "tcp:127.0.0.1:0"]

[[source]]
name = "journal"
kind = "journal"
END
on b follow "$(cat "$work/a.id")" 2>/dev/null
start b
at a strace -f -qq -o "$work/calls" "$ssblog" daemon --host 127.0.0.1 --port 0 2>>"$work/a.log" &
printf '%s' $! >"$work/a.pid"
wait_until 30 has_address a
on a connect "$(address b)" >/dev/null 2>&1 || fail "connect: $?"
has_line() { on b log -n 100 2>/dev/null | grep -q "$1"; }
wait_until 60 has_line 'a line$'
stop a
stop b
sed -nE 's/^[0-9]+ +(<\.\.\. )?([a-z][a-z0-9_]*)(\(| resumed).*/\2/p' "$work/calls" | sort -u >"$work/made"
[ "$(wc -l <"$work/made")" -gt 40 ] || fail "strace saw $(wc -l <"$work/made") calls"
# The program itself is started by systemd before the filter counts.
for file in ssblog.service user/ssblog.service; do
  allowed "$units/$file" >"$work/allowed"
  [ "$(wc -l <"$work/allowed")" -gt 150 ] || fail "$file allows $(wc -l <"$work/allowed") calls"
  refused=$(comm -13 "$work/allowed" "$work/made" | tr '\n' ' ')
  # SQLite gives files to the owner of the store where it runs as root, as it does here and not in the unit.
  refused=${refused/fchown /}
  [ -z "${refused// /}" ] || fail "$file refuses what the daemon calls: $refused"
done
echo "$(wc -l <"$work/made") calls, all of them allowed by the units"
