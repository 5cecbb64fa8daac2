# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# tests/run/systemd_machine.sh - a real systemd with ssblog and the unit of packaging/systemd installed, not yet started.
#
# Sourced behind common.sh. systemd is the first process of namespaces of its own, with a root of its own (systemd_root.sh),
# so that nothing of the machine is touched; it ends with the test. Where there is no root, no namespaces or no systemd, the
# test is skipped.
# shellcheck disable=SC2154 # $work and $ssblog are of common.sh
[ "$(id -u)" = 0 ] || skip "namespaces need root"
need systemctl journalctl unshare nsenter setpriv ip findmnt pgrep logger
sanitized && skip "a sanitizer makes calls that the units forbid"
here=$(cd -- "$(dirname -- "$0")" && pwd)
units=$(cd -- "$here/../../packaging/systemd" && pwd)
hierarchy=$(findmnt -n -o TARGET -t cgroup2 | head -n 1)
[ -n "$hierarchy" ] || skip "there is no hierarchy of cgroups, version 2"

# ---- the machine ----

cgroup=$hierarchy/ssblog-test-$$
maker=
init=
ours_is_gone() { ! kill -0 "$1" 2>/dev/null; }
no_cgroup() {
  find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true
  [ ! -e "$cgroup" ]
}
end_machine() {
  local status=$?
  if [ "$status" != 0 ] && [ "$status" != 77 ] && [ -n "$init" ]; then
    inside journalctl --no-pager -q -o cat -n 12 >&2 || true
  fi
  # With the first process of a namespace all others go, and the mounts.
  if [ -n "$init" ]; then kill -9 "$init" 2>/dev/null || true; fi
  if [ -n "$maker" ]; then
    kill -9 "$maker" 2>/dev/null || true # it may not have come as far, and takes the first process along
    wait "$maker" 2>/dev/null || true
  fi
  (wait_until 10 no_cgroup) || status=1 # what it says of that does not keep the rest from going
  rm -rf -- "$work"
  exit "$status"
}
trap end_machine EXIT
unshare --mount --pid --fork --uts --ipc --net --cgroup true 2>/dev/null || skip "this kernel makes no namespaces for us"
mkdir -- "$cgroup" 2>/dev/null || skip "no cgroup can be made below $hierarchy"
mkdir "$work/machine"
unshare --mount --pid --fork --kill-child=KILL --uts --ipc --net \
  "$here/systemd_root.sh" "$work/machine" "$cgroup" >"$work/root.log" 2>&1 </dev/null &
maker=$!

# inside COMMAND...: as root there.
inside() {
  nsenter -t "$init" -m -u -i -n -p -C -- env -i HOME=/root LC_ALL=C PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin "$@"
}
is_up() {
  init=$(pgrep -P "$maker") || return 1
  [ "$(cat "/proc/$init/comm")" = systemd ] && [ "$(inside systemctl is-system-running)" = running ]
}
up_or_ended() { ours_is_gone "$maker" || is_up; }
wait_until 30 up_or_ended
if ours_is_gone "$maker"; then
  status=0
  wait "$maker" || status=$?
  maker=
  [ "$status" != 77 ] || skip "$(sed -n 's/^skipped: //p' "$work/root.log" | tail -n 1)"
  fail "no systemd began: exit $status: $(tail -n 3 "$work/root.log")"
fi
root=/proc/$init/root
system=$root/etc/systemd/system
home=$root/var/lib/ssblog

# Whether it can hold any service at all as ours wants to be held: a machine may lack what that takes. Not by our unit, whose
# faults are what is looked for.
cat >"$system/probe.service" <<'END'
[Service]
Type=oneshot
ExecStart=/bin/true
DynamicUser=yes
User=probe
StateDirectory=probe
RuntimeDirectory=probe
PrivateUsers=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectSystem=strict
ProtectHome=yes
ProtectKernelTunables=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectProc=invisible
RestrictNamespaces=yes
MemoryDenyWriteExecute=yes
SystemCallFilter=@system-service
END
inside systemctl daemon-reload
inside systemctl start probe 2>/dev/null ||
  skip "systemd cannot hold even /bin/true as the unit wants it: $(inside journalctl --no-pager -q -o cat -u probe -n 2 2>&1 | tr '\n' ' ')"

# ---- the service in it ----

show() { inside systemctl show ssblog -P "$1"; }
is() { [ "$(show "$1")" = "$2" ]; }
must_be() { is "$1" "$2" || fail "$1 of the service is $(show "$1"), not $2: $(said_all | tail -n 3)"; }
# What this start of the service said; each start has an id of its own.
said_all() { inside journalctl --no-pager -q -o cat _SYSTEMD_INVOCATION_ID="$(show InvocationID)" 2>/dev/null; }
# has PATTERN COMMAND...: not by a pipe to `grep -q`, which would end the writer.
has() {
  local pattern=$1
  shift
  "$@" >"$work/has" 2>/dev/null && grep -q -- "$pattern" "$work/has"
}
said() { has "$1" said_all; }
has_line() { has "$1" inside ssblog log -n all; }
status_of() { sed -nE "s/^$1:[[:space:]]*//p" "$root/proc/$(show MainPID)/status"; }
# config: the configuration as `init` made it, with what comes in.
config() { cat -- "$work/config.toml" - >"$home/config.toml"; }
# use DROP-INS...: starts the service with these, as packaging/ has them.
use() {
  local part
  rm -f -- "$system"/ssblog.service.d/*.conf
  for part; do cp -- "$units/ssblog.service.d/$part.conf" "$system/ssblog.service.d/"; done
  again "$*"
}
again() {
  inside systemctl daemon-reload
  inside systemctl restart ssblog 2>"$work/said" || fail "with '$1' it does not start: $(said_all | tail -n 5)"
  must_be ActiveState active
}
# as GROUP WORDS...: ssblog, as another user who is in that group alone.
as() {
  local group=$1
  shift
  inside setpriv --reuid=4711 --regid="$group" --clear-groups env HOME=/nonexistent ssblog "$@"
}
ended_in_order() {
  must_be ActiveState inactive
  must_be Result success
  must_be ExecMainCode 1  # it ended, and was not killed, so within TimeoutStopSec
  must_be ExecMainStatus 0
  [ "$(inside pgrep -c '^ssblog')" = 0 ] || fail "processes are left: $(inside pgrep -a '^ssblog')"
}

install -D -m 755 -- "$ssblog" "$root/usr/local/bin/ssblog"
mkdir -p "$system/ssblog.service.d"
cp -- "$units/ssblog.service" "$system/"
inside systemctl daemon-reload

