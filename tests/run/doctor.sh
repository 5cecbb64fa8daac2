#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/doctor.sh SSBLOG - each thing that can be wrong with a host is found, with what to do; a host that is well
# is called well; the bundle holds no secret.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"

# examined CODE HOST WORDS...: the doctor's exit code; what it found is in $work/out.
examined() {
  local code=$1 host=$2
  shift 2
  expect "$code" "$host" doctor --root "$root" "$@"
}
finds() { grep -q -- "$1" "$work/out" || fail "it should find \"$1\": $(cat "$work/out")"; }
finds_not() { ! grep -q -- "$1" "$work/out" || fail "it should not find \"$1\": $(cat "$work/out")"; }

root=$work/machine
mkdir -p "$root/etc/logrotate.d" "$work/logs"

# Nothing is there.
examined 1 nobody
finds 'no ssblog home yet'
finds 'ssblog init'

init a
home=$(home_of a)

# Without a daemon; with one nothing is wrong. (The clock of the machine is its own.)
examined 1 a
finds 'no daemon runs'
start a || fail "the daemon does not start: $(cat "$work/a.log")"
examined 0 a --all
finds '^good   store     this host may publish'
finds 'it runs (pid '
finds 'follows no other'
finds_not '^wrong'

# Modes.
chmod 644 "$home/config.toml"
chmod 770 "$home"
examined 1 a
finds 'other users may read the network key'
finds "chmod go-w $home"
chmod 600 "$home/config.toml"
chmod 700 "$home"

# A mistake in config.toml, a source that matches nothing, a file that logrotate cuts off.
printf 'include /etc/logrotate.d\n' >"$root/etc/logrotate.conf"
printf '%s/logs/*.log {\n  copytruncate\n}\n' "$work" >"$root/etc/logrotate.d/app"
printf 'a line\n' >"$work/logs/app.log"
key=$(sed -n 's/^key = "\(.*\)"$/\1/p' "$home/config.toml")
[ "${#key}" = 44 ] || fail "no network key in config.toml"
cp "$home/config.toml" "$work/good.toml"
cat >>"$home/config.toml" <<EOF
[[source]]
name = "app"
paths = ["$work/logs/*.log"]
[[source]]
name = "ghost"
paths = ["$work/ghosts/*.log"]
[[source]]
name = "apps"
kind = "datagrams"
listen = ["udp:0"]
secret-file = "$work/no-secret"
EOF
examined 1 a
finds 'logrotate.d/app has copytruncate'
finds 'source ghost'
finds 'no-secret cannot be read'
printf 'nonsense = 1\n' >>"$home/config.toml"
examined 1 a
finds 'nonsense'

# A network key in a feed, as sbot's command line put it there, and a firewall.
cp "$work/good.toml" "$home/config.toml"
on a publish --type post --text "the key is $key" >/dev/null
examined 1 a
finds 'the network key stands in 1 message'
mkdir -p "$root/etc/ufw"
printf 'ENABLED=yes\n' >"$root/etc/ufw/ufw.conf"
examined 1 a
finds 'ufw is on'

# A peer with another network key.
init b
start b || fail "the daemon of b does not start: $(cat "$work/b.log")"
on a connect "$(address b)" >/dev/null 2>&1 || true
finds_other_key() {
  on a doctor --root "$root" >"$work/out" 2>/dev/null || true
  grep -q 'compare caps.shs' "$work/out"
}
wait_until 30 finds_other_key

# The bundle: nobody else's to read, never over a file, without the key and the password.
printf '[network]\nkey = "%s"\n# token = "hunter2hunter2"\n' "$key" >"$home/config.toml"
chmod 600 "$home/config.toml"
examined 1 a --bundle "$work/bundle.txt"
[ "$(stat -c %a "$work/bundle.txt")" = 600 ] || fail "the bundle may be read by others"
for word in '==== system' '==== config.toml' '==== status' 'version '; do
  grep -qF "$word" "$work/bundle.txt" || fail "the bundle has no $word"
done
secret=$(sed -n 's/.*"private": "\([^.]*\)\.ed25519".*/\1/p' "$home/secret")
[ "${#secret}" -gt 80 ] || fail "no secret found to look for"
for word in "${key%=}" hunter2 "${secret:0:40}"; do
  ! grep -qF -- "$word" "$work/bundle.txt" || fail "the bundle holds a secret"
done
expect 73 a doctor --bundle "$work/bundle.txt"
says 'bundle.txt'

# For programs.
at a "$ssblog" doctor --json --root "$root" >"$work/json" 2>/dev/null || true
python3 -c '
import json, sys
grades = {json.loads(line)["grade"] for line in open(sys.argv[1])}
assert grades >= {"good", "wrong"}, grades' "$work/json" || fail "--json cannot be read"

# A home that was restored without its store.
stop a
rm -f "$home"/ssblog.db*
examined 1 a
finds 'there is no .*ssblog.db'
[ ! -e "$home/ssblog.db" ] || fail "the doctor made a store"
