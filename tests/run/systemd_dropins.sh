#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/systemd_dropins.sh SSBLOG - each drop-in of packaging/systemd under a real systemd: with it the service does what
# it is for, and without it does not; the keys that systemd keeps; the view.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/systemd_machine.sh
. "$(dirname -- "$0")/systemd_machine.sh"

inside ssblog init --system --name boot >"$work/id" 2>/dev/null || fail "init --system: $?"
inside systemctl enable ssblog 2>/dev/null
cp -- "$home/config.toml" "$work/config.toml"

# ---- the drop-ins, each without and with it ----

# With files.conf it reads what the group adm may.
echo "of the group adm" >"$root/var/log/adm.log"
chown root:adm "$root/var/log/adm.log"
chmod 640 "$root/var/log/adm.log"
printf '[[source]]\nname = "logs"\npaths = ["/var/log/*.log"]\n' | config
use
wait_until 20 said 'adm.log: Permission denied'
use files
wait_until 20 has_line 'of the group adm$'
# With what stands in it for the logs of root alone, and for those below /home.
echo "of root alone" >"$root/var/log/root.log"
mkdir -m 700 "$root/home/someone"
echo "below home" >"$root/home/someone/app.log"
chmod 600 "$root/var/log/root.log" "$root/home/someone/app.log"
printf '[[source]]\nname = "logs"\npaths = ["/var/log/*.log", "/home/*/*.log"]\n' | config
use files
wait_until 20 said 'root.log: Permission denied'
sed -i -E 's/^# ([A-Z][A-Za-z]+=)/\1/' "$system/ssblog.service.d/files.conf"
again "files, those of root too"
wait_until 20 has_line 'of root alone$'
wait_until 20 has_line 'below home$'

printf '[[source]]\nname = "journal"\nkind = "journal"\n' | config
use journal
inside logger -t probe "in the journal"
wait_until 20 has_line 'probe\[[0-9]*\]: in the journal$'

# The machine's kernel log, to be read alone.
if [ -c /dev/kmsg ] && [ -n "$(dmesg 2>/dev/null | head -c 1)" ]; then
  printf '[[source]]\nname = "kernel"\nkind = "kernel"\n' | config
  rm -- "$root/dev/kmsg"
  mknod -m 644 "$root/dev/kmsg" c 1 11
  use
  wait_until 20 said 'cannot read /dev/kmsg'
  use kernel
  wait_until 20 has . inside ssblog log -n 5 'stream:kernel*'
  rm -- "$root/dev/kmsg"
  mknod -m 666 "$root/dev/kmsg" c 1 3
else
  echo "skipped: kernel.conf: this machine shows no kernel log"
fi

printf '[[source]]\nname = "machines"\nkind = "syslog"\nlisten = ["unix:/run/ssblog/log", "udp:127.0.0.1:514", "tcp:127.0.0.1:514"]\n' | config
use
wait_until 20 said 'cannot listen on UDP 127.0.0.1:514: permission denied'
use ports
wait_until 20 said 'listening on tcp:127.0.0.1:514'
inside logger -u /run/ssblog/log -t probe "by unix socket"
inside logger -n 127.0.0.1 -P 514 -d -t probe "by UDP"
inside logger -n 127.0.0.1 -P 514 -T -t probe "by TCP"
for way in "unix socket" UDP TCP; do wait_until 20 has_line "by $way\$"; done

printf '[publish]\ngroup = "adm"\n' | config
use publish
adm=$(stat -c %g "$root/var/log/adm.log")
as "$adm" publish --job words --text "by the group" || fail "one of the group cannot publish: $?"
as "$adm" publish --path /var/lib/ssblog --job words --text "by the path" || fail "nor by the path: $?"
as "$adm" run --job nightly -- echo "by run" >/dev/null || fail "nor by run: $?"
for word in group path run; do has_line "by the $word\$" || has_line "by $word\$" || fail "by $word it is not in the feed"; done
ends_with 77 "takes no lines from here" as 4711 publish --job words --text "a stranger's"
ends_with 77 "Permission denied" as "$adm" log
has_line "stranger" && fail "a stranger publishes"

mkdir "$root/srv/ssblog-probe"
cat <<'END' | config
[[sink]]
name = "home"
from = "beginning"
exec = "cat >>/var/lib/ssblog/taken"

[[sink]]
name = "logs"
from = "beginning"
write = ["/var/log/ssblog"]
exec = "cat >>/var/log/ssblog/taken"

[[sink]]
name = "elsewhere"
from = "beginning"
ack = "exit"
exec = "! echo >>/srv/ssblog-probe/taken"
END
use sinks
sed -i 's/^# LogsDirectory=/LogsDirectory=/' "$system/ssblog.service.d/sinks.conf"
again "sinks with LogsDirectory"
took() { grep -q 'by the group$' "$home/taken" && grep -q 'by the group$' "$root/var/log/ssblog/taken"; }
wait_until 20 took
[ ! -e "$root/srv/ssblog-probe/taken" ] || fail "the program of a sink writes where the unit does not let it"
inside systemctl stop ssblog
ended_in_order

# The keys that systemd keeps: neither is in the home then.
mkdir "$root/etc/ssblog"
sed -nE 's/^key = "(.*)"$/\1/p' "$work/config.toml" >"$root/etc/ssblog/network-key"
[ -s "$root/etc/ssblog/network-key" ] || fail "no network key is in config.toml"
printf '[publish]\nmode = "0666"\n' | config
sed -i '/^key = /d' "$home/config.toml"
mv -- "$home/secret" "$root/etc/ssblog/secret"
chmod 600 "$root/etc/ssblog"/*
use credentials
inside ssblog call whoami >"$work/said" || fail "call whoami with credentials: $?"
grep -qF "$(cat "$work/id")" "$work/said" || fail "it is another host: $(cat "$work/said")"
as 4711 publish --job words --text "through the socket" || fail "publish by a credential: $?"
ends_with 78 "CREDENTIALS_DIRECTORY" inside ssblog publish --job words --text "without a key"
inside env CREDENTIALS_DIRECTORY=/run/credentials/ssblog.service ssblog publish --job words --text "with the key" ||
  fail "publish by root with the credential: $?"
for words in "through the socket" "with the key"; do has_line "$words\$" || fail "not in the feed: $words"; done
mv -- "$root/etc/ssblog/secret" "$home/secret"
cp -- "$home/secret" "$root/etc/ssblog/secret"
chmod 600 "$root/etc/ssblog/secret"
config </dev/null
use credentials files journal kernel ports publish sinks
inside systemctl stop ssblog
ended_in_order
use

# ---- the view ----

view=$(dirname -- "$ssblog")/../view/ssblog-view
if [ -x "$view" ] && command -v curl >/dev/null; then
  install -D -m 755 -- "$view" "$root/usr/local/libexec/ssblog/ssblog-view"
  printf '[view]\n' | config
  use
  wait_until 20 said 'view: serving at http://127.0.0.1:3032/'
  # Beside the token that the service made for itself.
  inside ssblog view token add probe >"$work/token" || fail "view token add: $?"
  asked() { inside curl -s -o /dev/null -w '%{http_code}' "$@"; }
  [ "$(asked http://127.0.0.1:3032/)" = 200 ] || fail "the page is not served: $(said_all | tail -n 3)"
  [ "$(asked http://127.0.0.1:3032/hosts/)" = 401 ] || fail "without a token there should be 401"
  code=$(asked -H "Authorization: Bearer $(awk '{ print $NF; exit }' "$work/token")" http://127.0.0.1:3032/hosts/)
  [ "$code" = 200 ] || fail "a token that root made opens nothing: $code"
  inside systemctl stop ssblog
  ended_in_order
else
  echo "skipped: the view: ssblog-view is not built, or there is no curl"
fi
