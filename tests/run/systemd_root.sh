#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/systemd_root.sh DIR CGROUP - becomes a real systemd with a root of its own. Run by systemd_boot.sh as the first
# process of new namespaces (mount, pid, net, uts, ipc); makes one of cgroups itself.
#
# The root lies in memory, over that of the machine: what is written goes with the namespace. What the machine has of its own
# below /var, /home, /root, /run, /tmp and /etc/systemd is not there at all.
# Its exit status before systemd runs: 77, when this kernel does not let us.
set -euo pipefail
dir=$1
cgroup=$2
root=$dir/root

# or_skip COMMAND...
or_skip() {
  "$@" 2>"$dir/refused" && return
  printf 'skipped: no root for a systemd can be made here: %s: %s\n' "$*" "$(tail -n 1 "$dir/refused")"
  exit 77
}

if [ "${3:-}" != inside ]; then
  # 0 is this process, by whatever number others know it.
  or_skip tee "$cgroup/cgroup.procs" <<<0 >/dev/null
  exec unshare --cgroup "$0" "$dir" "$cgroup" inside
fi

or_skip mount -t tmpfs -o mode=755 tmpfs "$dir"
mkdir "$dir/upper" "$dir/work" "$root"
or_skip mount -t overlay -o "lowerdir=/,upperdir=$dir/upper,workdir=$dir/work" overlay "$root"
for place in dev etc/systemd home root run var; do or_skip mount -t tmpfs -o mode=755 tmpfs "$root/$place"; done
or_skip mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
or_skip mount -t proc proc "$root/proc"
or_skip mount -t sysfs -o ro sysfs "$root/sys"
or_skip mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"

# The devices of every container. What is called kmsg is not the machine's log, which nobody shall write to.
while read -r name major minor; do
  or_skip mknod -m 666 "$root/dev/$name" c "$major" "$minor"
done <<'DEVICES'
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
kmsg 1 3
DEVICES
mkdir "$root/dev/pts" "$root/dev/shm"
or_skip mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
or_skip mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
for link in fd:fd stdin:fd/0 stdout:fd/1 stderr:fd/2; do ln -s "/proc/self/${link#*:}" "$root/dev/${link%%:*}"; done
mkdir -p "$root/var/lib" "$root/var/log" "$root/var/tmp"
ln -s /run "$root/var/run"

# No unit of the machine is known but its journal's; the others that ours lean on are empty.
system=$root/etc/systemd/system
units=$root/etc/systemd/machine
mkdir -p "$system" "$units" "$root/old"
for target in network paths shutdown sockets sysinit timers umount; do
  printf '[Unit]\nDescription=%s\n' "$target" >"$units/$target.target"
done
printf '[Unit]\nDescription=basic\nRequires=sysinit.target\nAfter=sysinit.target\n' >"$units/basic.target"
printf '[Unit]\nDescription=multi-user\nRequires=basic.target\nAfter=basic.target\n' >"$units/multi-user.target"
for unit in systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket; do
  for place in /usr/lib/systemd/system /lib/systemd/system; do
    [ ! -e "$place/$unit" ] || cp -- "$place/$unit" "$units/"
  done
done
mkdir "$units/sysinit.target.wants"
for unit in systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket; do
  ln -s "../$unit" "$units/sysinit.target.wants/"
done
printf '[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\nRateLimitBurst=0\n' >"$root/etc/systemd/journald.conf"
rm -f -- "$root/etc/machine-id"
od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$root/etc/machine-id"
# As Debian's tmpfiles.d has it: what journald makes there is readable for that group.
mkdir -p "$root/run/log"
install -d -m 2755 -g systemd-journal "$root/run/log/journal"
# A sender of an older systemd looks for /dev/log itself: the socket unit links it.
ip link set lo up

cd "$root"
or_skip pivot_root . old
umount -l /old
# A systemd in a container leaves that to who made the container; credentials come into the service by it.
mount --make-rshared /
for systemd in /usr/lib/systemd/systemd /lib/systemd/systemd; do [ ! -x "$systemd" ] || break; done
exec env -i container=ssblog-test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  SYSTEMD_UNIT_PATH=/etc/systemd/system:/etc/systemd/machine \
  "$systemd" --unit=multi-user.target --log-target=journal
