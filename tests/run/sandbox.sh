#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/sandbox.sh SSBLOG - a daemon with all it does works in its sandbox, and reads nothing that no source names.
# (That single calls are refused is in tests/cli/sandbox_test.cc.)
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need logger openssl
sanitized && skip "a build with a sanitizer has no sandbox"

init a
on b init --name b --caps.shs "@$(home_of a)/config.toml" >"$work/b.id" 2>/dev/null
home=$(home_of a)
mkdir "$work/logs" "$work/run" "$work/elsewhere" "$work/keys" "$work/pstore"
mkfifo "$work/kmsg"
openssl rand -hex 32 >"$work/keys/app"
chmod 600 "$work/keys/app"
printf 'first\n' >"$work/logs/app.log"
printf 'linked\n' >"$work/elsewhere/real.log"
ln -s "$work/elsewhere/real.log" "$work/logs/link.log"
cat >>"$home/config.toml" <<END

[publish]

[[source]]
name = "files"
paths = ["$work/logs/*.log", "$work/logs/later/*.log"]

[[source]]
name = "machines"
kind = "syslog"
listen = ["unix:$work/run/dev-log", "udp:127.0.0.1:0"]

[[source]]
name = "apps"
kind = "datagrams"
listen = ["udp:127.0.0.1:0"]
secret-file = "$work/keys/app"
END
expect 0 a config check

status_of() { sed -nE "s/^$2:[[:space:]]*//p" "/proc/$(daemon_pid "$1")/status"; }
# has HOST TEXT: a line that ends so is in its log.
has() { on "$1" log -n 1000 2>/dev/null >"$work/lines" && grep -q -- ": $2\$" "$work/lines"; }

start a
sandbox=$(on a status | sed -n 's/^sandbox  *//p')
case $sandbox in
  *"limits on files, a filter of system calls") ;;
  "") fail "the daemon does not say what is in force: $(cat "$work/a.log")" ;;
  *) skip "this kernel has no whole sandbox: $sandbox" ;;
esac
grep -q "^ssblog: sandbox: $sandbox\$" "$work/a.log" || fail "the log does not say: $sandbox"
on a status --json | grep -q "\"sandbox\":\"$sandbox\"" || fail "status --json: $(on a status --json)"
[ "$(status_of a Seccomp)" = 2 ] || fail "no filter of system calls is in force"
[ "$(status_of a NoNewPrivs)" = 1 ] || fail "there can be new privileges"
[ "$(find "/proc/$(daemon_pid a)/task" -mindepth 1 -maxdepth 1 | wc -l)" -gt 1 ] || fail "there is one thread alone"
for task in "/proc/$(daemon_pid a)"/task/*/status; do
  grep -q '^Seccomp:.2$' "$task" || fail "a thread has no filter: $task"
done

# What an io_uring does goes past the filter. Newer versions of libuv make one with a loop, where they may.
if find "/proc/$(daemon_pid a)/fd" -lname '*io_uring*' | grep .; then fail "the daemon has an io_uring"; fi

# ---- what it does, it does in the sandbox ----

wait_until 20 has a 'first'
wait_until 20 has a 'linked'
printf 'second\n' >>"$work/logs/app.log"
wait_until 20 has a 'second'
mv -- "$work/logs/app.log" "$work/logs/app.log.1"
printf 'after the rotation\n' >"$work/logs/app.log"
wait_until 20 has a 'after the rotation'
mkdir "$work/logs/later"
printf 'a folder that came later\n' >"$work/logs/later/new.log"
wait_until 40 has a 'a folder that came later'
wait_until 20 test -S "$work/run/dev-log"
logger -u "$work/run/dev-log" -t sandboxed "by syslog"
wait_until 20 has a 'by syslog'
# A secret that is replaced is read again.
openssl rand -hex 32 >"$work/keys/new"
chmod 600 "$work/keys/new"
mv -- "$work/keys/new" "$work/keys/app"
wait_until 20 grep -q 'keys/app has changed' "$work/a.log"
on a publish --text "by a command" --job x
on a call whoami >"$work/out" || fail "the local socket: $?"
[ -S "$home/publish.socket" ] || fail "there is no publish.socket"

on b follow "$(cat "$work/a.id")" 2>/dev/null
on a follow "$(cat "$work/b.id")" 2>/dev/null
start b
on b connect "$(address a)" >/dev/null 2>&1 || fail "connect: $?"
on b publish --text "from b" --job x
wait_until 30 has b 'by a command'
wait_until 30 has a 'from b'

# ---- what no source named at its start is not read ----

printf 'a secret of another\n' >"$work/outside"
ln -s "$work/outside" "$work/logs/planted.log"
wait_until 40 grep -q 'planted.log.*Permission denied' "$work/a.log"
has a 'a secret of another' && fail "a symlink led out of the sandbox"
stop a
stop b
grep -h 'sandbox refused' "$work"/*.log && fail "the daemon makes a call that its sandbox refuses"

# ---- without ----

start a --no-sandbox
[ "$(status_of a Seccomp)" = 0 ] || fail "--no-sandbox has a filter"
[ "$(on a status | sed -n 's/^sandbox  *//p')" = "none; it was switched off" ] || fail "status: $(on a status)"
wait_until 40 has a 'a secret of another'
stop a

# A folder that is nowhere yet: all may be read, and that is said; written is no more than before.
printf '\n[[source]]\nname = "nowhere"\npaths = ["/no-such-folder-here/*.log"]\n' >>"$home/config.toml"
start a
on a status | grep -q '^sandbox .*limits on written files' || fail "status: $(on a status)"
stop a
