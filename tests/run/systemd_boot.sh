#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/systemd_boot.sh SSBLOG - the units of packaging/systemd under a real systemd: the service starts as its own user,
# does its work, and is held by its unit; it is killed, hangs, is reloaded and ended; a home that root restores; a user's own.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/systemd_machine.sh
. "$(dirname -- "$0")/systemd_machine.sh"

# A machine without a home has nothing to start, and that is no failure.
inside systemctl start ssblog
must_be ConditionResult no
must_be ActiveState inactive

inside ssblog init --system --name boot >"$work/id" 2>/dev/null || fail "init --system: $?"
cp -- "$home/config.toml" "$work/config.toml"
inside systemctl enable --now ssblog 2>"$work/said" || fail "it does not start: $(cat "$work/said"); $(said_all)"
must_be ActiveState active
must_be SubState running
[ "$(show StatusText)" = "0 peers" ] || fail "it says of itself: $(show StatusText)"

# Who it is.
read -r uid _ <<<"$(status_of Uid)"
((uid >= 61184 && uid <= 65519)) || fail "it is the user $uid, and no dynamic one"
[ "$(status_of NoNewPrivs)" = 1 ] || fail "it can get new privileges"
[ "$(status_of Seccomp)" = 2 ] || fail "no filter of system calls is in force"
for set in CapInh CapPrm CapEff CapBnd CapAmb; do
  [ "$(status_of $set)" = 0000000000000000 ] || fail "it has capabilities: $set $(status_of $set)"
done
read -r _ _ range <"$root/proc/$(show MainPID)/uid_map"
[ "$range" = 1 ] || fail "it sees more users than its own: $range"
said '^sandbox: no new privileges, limits on files, a filter of system calls$' || echo "its own sandbox is only: $(said_all | grep sandbox)"

# What it does. Commands on its home are root's, and what they make there is the service's to use.
inside ssblog publish --job words --text "from root" || fail "publish: $?"
has_line 'from root' || fail "the line is not in the feed"
inside ssblog status >"$work/status" || fail "status: $(cat "$work/status")"
grep -q '^daemon  *runs (pid ' "$work/status" || fail "status does not see it: $(cat "$work/status")"
inside ssblog search --index 2>/dev/null
inside ssblog view token add probe >/dev/null
inside ssblog backup /root/backup 2>/dev/null || fail "backup: $?"
none_of_roots() {
  inside find -L /var/lib/ssblog /var/lib/ssblog-guard -user root >"$work/roots"
  [ ! -s "$work/roots" ] || fail "$1 leaves to root what is the service's: $(cat "$work/roots")"
}
none_of_roots "what root does while it runs"

# ---- killed, hung, reloaded, ended ----

printf '[publish]\nmode = "0666"\n' | config
again "the plain unit"
must_be NRestarts 0
seq -f 'number %.0f' 1 500 | as 4711 publish --job numbers || fail "another user cannot publish: $?"
pid=$(show MainPID)
inside kill -9 "$pid"
is_another() { is ActiveState active && ! is MainPID "$pid" && ! is MainPID 0; }
wait_until 30 is_another
must_be NRestarts 1
inside ssblog log -n all job:numbers | sed 's/.*: //' >"$work/got"
seq -f 'number %.0f' 1 500 >"$work/wanted"
same "$work/wanted" "$work/got" "what was acknowledged before it was killed is not all there, once and in order"
as 4711 publish --job words --text "after the kill" || fail "nothing can be published after the kill: $?"
inside ssblog verify >"$work/said" || fail "verify: $(cat "$work/said")"

pid=$(show MainPID)
inside systemctl reload ssblog || fail "reload: $?"
must_be ActiveState active
must_be MainPID "$pid"
inside systemctl stop ssblog
ended_in_order
# As at a start of the machine.
inside systemctl start multi-user.target
must_be ActiveState active

# Without the sandbox of its own, what holds it is the unit's alone. One that hangs is started anew.
cat >"$system/ssblog.service.d/test.conf" <<'END'
[Service]
ExecStart=
ExecStart=/usr/local/bin/ssblog daemon --path /var/lib/ssblog --no-sandbox
WatchdogSec=2
RestartSec=100ms
END
again "--no-sandbox"
[ "$(status_of Seccomp)" = 2 ] || fail "the unit's filter of system calls is not in force"
pid=$(show MainPID)
inside kill -STOP "$pid"
wait_until 30 is_another
inside journalctl --no-pager -q -o cat -u ssblog >"$work/all"
grep -q "Failed with result 'watchdog'" "$work/all" || fail "it was not the watchdog that ended it: $(tail -n 5 "$work/all")"

# Another program in its place tries what any user may, and the unit refuses.
mkdir -m 755 "$root/home/someone"
mkdir -m 777 "$root/srv/open"
cat >"$root/run/probe.sh" <<'END'
tried() { "$@" >/dev/null 2>&1 && echo "may: $*"; }
cd "${STATE_DIRECTORY%%:*}" || exit
echo word >kept && cp kept /tmp/kept || echo "cannot write to its own folders"
tried touch /srv/open/new
tried ls /home/someone
tried cat /dev/kmsg
tried cat /proc/1/status
tried chmod u+s kept
tried chown "$(id -u)" kept
tried setarch --addr-no-randomize true
tried chrt --batch 0 true
tried unshare --user true
rm -f kept /srv/open/new
echo tried
END
inside setpriv --reuid=4711 --regid=4711 --clear-groups env STATE_DIRECTORY=/srv/open sh /run/probe.sh >"$work/may" || true
# Some kernels let no user make namespaces.
[ "$(grep -cv unshare "$work/may")" = 9 ] || fail "the probe is not let do what any user may: $(cat "$work/may")"
cat >"$system/ssblog.service.d/test.conf" <<'END'
[Service]
Type=oneshot
WatchdogSec=0
Restart=no
RemainAfterExit=yes
ExecStart=
ExecStart=/bin/sh /run/probe.sh
END
again "a probe"
wait_until 10 said '^tried$'
[ "$(said_all | grep -cE '^(may|cannot)')" = 0 ] || fail "the unit allows too much, or too little: $(said_all | tail -n 10)"
rm -- "$system/ssblog.service.d/test.conf"
inside systemctl daemon-reload

# ---- a home that comes back ----

inside systemctl stop ssblog
rm -rf -- "${home:?}"/* "$root/var/lib/ssblog-guard"/*
inside ssblog restore --from /root/backup --system >/dev/null 2>&1 || fail "restore: $?"
none_of_roots "restore"
again "the plain unit"
has_line 'from root' || fail "the line is not in the restored feed"
inside systemctl stop ssblog

# ---- a user's own ----

# A systemd of that user, as logind would start it.
echo 'lena:x:4712:4712::/home/lena:/bin/sh' >>"$root/etc/passwd"
echo 'lena:x:4712:' >>"$root/etc/group"
install -d -m 700 -o 4712 -g 4712 "$root/home/lena"
cat >"$system/lena.service" <<'END'
[Service]
# A systemd of a user sometimes finds its cgroup not yet its own, and ends.
User=lena
Type=notify
Environment=XDG_RUNTIME_DIR=/run/lena
RuntimeDirectory=lena
Delegate=yes
ExecStart=systemd --user
END
sed -i "s|^ExecStart=|&$(dirname -- "$(readlink "/proc/$init/exe")")/|" "$system/lena.service"
inside systemctl daemon-reload
lena_is_up() { inside systemctl start lena; }
wait_until 20 lena_is_up
by_lena() { inside setpriv --reuid=4712 --regid=4712 --clear-groups env HOME=/home/lena XDG_RUNTIME_DIR=/run/lena "$@"; }
by_lena mkdir -p /home/lena/.config/systemd/user
cp -- "$units/user/ssblog.service" "$root/home/lena/.config/systemd/user/"
by_lena ssblog init --name lena >/dev/null 2>&1 || fail "init of a user: $?"
by_lena systemctl --user daemon-reload
by_lena systemctl --user enable --now ssblog 2>"$work/said" || fail "the unit of a user does not start: $(cat "$work/said")"
[ "$(by_lena systemctl --user is-active ssblog)" = active ] || fail "the unit of a user is not active"
by_lena ssblog publish --job words --text "from lena" || fail "publish by a user: $?"
has '^daemon  *runs (pid ' by_lena ssblog status || fail "status of a user: $(by_lena ssblog status)"
pid=$(by_lena systemctl --user show ssblog -P MainPID)
[ "$(sed -nE 's/^Seccomp:[[:space:]]*//p' "$root/proc/$pid/status")" = 2 ] || fail "no filter of system calls holds the one of a user"
by_lena systemctl --user stop ssblog
[ "$(by_lena systemctl --user show ssblog -P Result -P ExecMainStatus | tr '\n' ' ')" = "success 0 " ] ||
  fail "the one of a user does not end in order: $(by_lena systemctl --user show ssblog -P Result -P ExecMainStatus)"
