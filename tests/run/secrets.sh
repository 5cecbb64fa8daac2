#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/secrets.sh SSBLOG - no key is seen from outside: not in the list of processes, an environment, a log, a core
# file, nor its text in memory; a key file that others can read is refused; systemd's credentials.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need python3

init a
home=$(home_of a)
private=$(sed -nE 's/.*"private": "(.*)\.ed25519".*/\1/p' "$home/secret")
network=$(sed -nE 's/^key = "(.*)"$/\1/p' "$home/config.toml")
[ "${#private} ${#network}" = "88 44" ] || fail "the keys of a are not found"
hex() { printf '%s' "$1" | base64 -d | od -An -v -tx1 | tr -d ' \n'; }

# shows FILE KEY: the file has the key (in base64) in some form. The first 32 bytes of a secret are all of it.
shows() {
  python3 - "$1" "$2" <<'PY'
import base64, sys
data, text = open(sys.argv[1], "rb").read(), sys.argv[2]
raw = base64.b64decode(text)[:32]
forms = [raw, text[:42].encode(), raw.hex().encode(), raw.hex().upper().encode()]
sys.exit(0 if any(form in data for form in forms) else 1)
PY
}
hidden() { # FILE WHAT
  local key
  for key in "$private" "$network"; do
    if shows "$1" "$key"; then fail "$2 shows a key"; fi
  done
}
# The check itself finds what is there.
shows "$home/secret" "$private" || fail "the check does not find the key in its file"
printf '%s' "$network" | base64 -d >"$work/raw"
shows "$work/raw" "$network" || fail "the check does not find raw bytes"
hex "$private" >"$work/hex"
shows "$work/hex" "$private" || fail "the check does not find hex"

# seen PID WHAT: what others, or this user, see of a process.
seen() {
  cp -- "/proc/$1/cmdline" "$work/seen"
  hidden "$work/seen" "the list of processes, of $2,"
  if cp -- "/proc/$1/environ" "$work/seen" 2>/dev/null; then hidden "$work/seen" "the environment of $2"; fi
}

# ---- processes ----

start a --caps.shs "$network"
grep -q 'warning: a network key among the words' "$work/a.log" || fail "no warning of a key among the words"
seen "$(daemon_pid a)" "the daemon"
tr '\0' ' ' <"/proc/$(daemon_pid a)/cmdline" | grep -q -- '--caps.shs xxx' || fail "the words are not overwritten in place"
printf 'x\n' | on a publish --job x
on a status >"$work/said" 2>&1
hidden "$work/said" "status"
on a call whoami >"$work/said" 2>&1
hidden "$work/said" "whoami"
[ "$(sed -nE 's/^Max core file size *([^ ]+) .*/\1/p' "/proc/$(daemon_pid a)/limits")" = 0 ] || fail "the daemon may write a core file"

# The secret is in memory as raw bytes, where they are used; its text, read from the file, is wiped.
if [ "$(id -u)" = 0 ] && ! sanitized; then
  python3 - "$(daemon_pid a)" "$private" <<'PY' || fail "the text of the secret is left in the daemon's memory"
import base64, sys
pid, text = sys.argv[1:]
seed = base64.b64decode(text)[:32]
found = {"raw": 0, "text": 0, "hex": 0}
with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
    for line in maps:
        words = line.split()
        if "r" not in words[1] or words[-1] in ("[vvar]", "[vsyscall]", "[vvar_vclock]"):
            continue
        begin, end = (int(word, 16) for word in words[0].split("-"))
        try:
            memory.seek(begin)
            data = memory.read(end - begin)
        except OSError:
            continue
        found["raw"] += data.count(seed)
        found["text"] += data.count(text[:42].encode())
        found["hex"] += data.count(seed.hex().encode())
print("in the daemon's memory:", found)
# The raw key shows that the search finds what is there.
sys.exit(0 if found["raw"] >= 1 and found["text"] == found["hex"] == 0 else 1)
PY
fi
stop a
hidden "$work/a.log" "the log"

# Other programs that hold keys, while they wait for their input.
waits() { # WORDS...: its process id is in $waiting
  mkfifo "$work/input"
  on a "$@" <"$work/input" >"$work/said" 2>&1 &
  exec 9>"$work/input"
  wait_until 10 is_started
  waiting=$(pgrep -P $!) || waiting=$!
  rm -- "$work/input"
}
is_started() { pgrep -f "^$ssblog" -P "$!" >/dev/null || grep -aqs "^$ssblog" "/proc/$!/cmdline"; }
overwritten() { ! shows "/proc/$waiting/cmdline" "$network" && ! shows "/proc/$waiting/cmdline" "$private"; }
# A moment passes between the start of a program and its first line of code.
waits publish --caps.shs="$network" --job x
wait_until 10 overwritten
seen "$waiting" "publish"
exec 9>&-
wait
hidden "$work/said" "what publish said"
waits debug shs-server "$(hex "$network")" "$(hex "$private")" "$(hex "$(sed 's/^@//; s/\.ed25519$//' "$work/a.id")")"
wait_until 10 overwritten
seen "$waiting" "the door of the handshake"
exec 9>&-
wait

# ---- core files, and other programs of the same user ----

# A core file would be made of any other program, and is not of this one.
python3 - "$ssblog" "$work" "$home" <<'PY' || fail "a core file was written"
import os, resource, signal, subprocess, sys, time
ssblog, work, home = sys.argv[1:]
try:
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
except (ValueError, PermissionError):
    sys.exit(0)
os.makedirs(work + "/cores", exist_ok=True)
def dumps(words, ready):
    child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=work + "/cores")
    ready(child)
    child.send_signal(signal.SIGABRT)
    child.stdout.close()
    _, status = os.waitpid(child.pid, 0)
    return os.WCOREDUMP(status)
def answers(child):
    child.stdin.write(b"{}\n")
    child.stdin.flush()
    child.stdout.readline()
    # "validate" has answered: it is past its start.
print("of cat: a core file" if dumps(["cat"], answers) else "of cat: no core file, so this shows little")
sys.exit(1 if dumps([ssblog, "debug", "validate"], answers) else 0)
PY
rm -rf -- "$work/cores"

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
  chmod 711 "$work"
  cp -- "$ssblog" "$work/ssblog"
  mkdir "$work/nobody"
  chown 65534 "$work/nobody"
  as_nobody env HOME="$work/nobody" "$work/ssblog" init --path "$work/nobody/home" >/dev/null 2>&1 || fail "init as nobody: $?"
  mkfifo "$work/input"
  # Without a shell between, so that the process id is the program's.
  setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$work/nobody" "$work/ssblog" publish --path "$work/nobody/home" --job x <"$work/input" &
  theirs=$!
  exec 9>"$work/input"
  runs_it() { [ "$(readlink "/proc/$theirs/exe")" = "$work/ssblog" ] && ! as_nobody cat "/proc/$theirs/environ" >/dev/null 2>&1; }
  wait_until 10 runs_it
  if as_nobody head -c 1 "/proc/$theirs/mem" 2>/dev/null; then fail "another program of the user reads its memory"; fi
  exec 9>&-
  wait
  rm -- "$work/input"
fi

# ---- key files ----

chmod 640 "$home/secret"
expect 77 a whoami
says "chmod 600"
hidden "$work/said" "the refusal"
chmod 400 "$home/secret"
expect 0 a whoami
chmod 644 "$home/config.toml"
start a
grep -q "config.toml can be read by everybody" "$work/a.log" || fail "an open config.toml is not told of"
stop a
chmod 600 "$home/config.toml" "$home/secret"
umask 000
init c
umask 022
[ "$(stat -c %a "$(home_of c)" "$(home_of c)/secret" "$(home_of c)/config.toml" "$(home_of c)/ssblog.db" | tr '\n' ' ')" = "700 600 600 600 " ] ||
  fail "what init made under umask 000: $(stat -c '%a %n' "$(home_of c)" "$(home_of c)"/*)"

# ---- systemd's credentials ----

mkdir "$work/credentials"
mv -- "$home/secret" "$work/credentials/secret"
chmod 440 "$work/credentials/secret"  # as systemd's access lists show
printf '%s\n' "$network" >"$work/credentials/network-key"
chmod 440 "$work/credentials/network-key"
expect 78 a whoami
says "no identity"
export CREDENTIALS_DIRECTORY=$work/credentials
expect 0 a whoami
[ "$(cat "$work/out")" = "$(cat "$work/a.id")" ] || fail "the credential is another host: $(cat "$work/out")"
sed -i '/^key = /d' "$home/config.toml"
start a
on a publish --text "by credential" --job x || fail "publish with a credential: $?"
seen "$(daemon_pid a)" "the daemon with credentials"
stop a
chmod 444 "$work/credentials/secret"
expect 77 a whoami
says "chmod 600"
chmod 400 "$work/credentials/secret"
cp -- "$(home_of c)/secret" "$home/secret"
expect 78 a whoami
says "are of two hosts"
