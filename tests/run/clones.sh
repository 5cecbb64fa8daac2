#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/clones.sh SSBLOG - a host and its clone, with the same store, guard and machine id, in two network namespaces:
# both hold publishing when they meet, nothing is lost, nothing forks. Announcements without proof, and the way back to
# oneself through another machine, hold nothing. Needs root and namespaces; elsewhere it is skipped.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
if [ -z "${SSBLOG_NS_4:-}" ]; then
  rm -rf -- "$work"
  interop=$(cd -- "$(dirname -- "$0")/../interop" && pwd)
  need python3 unshare
  exec "$interop/lan.sh" --once --no-default-route --no-prefix --timeout 110 4 "$0" "$@"
fi
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
unshare -m true 2>/dev/null || skip "no mount namespaces here"

declare -A space=([a]=$SSBLOG_NS_1 [b]=$SSBLOG_NS_2 [c]=$SSBLOG_NS_3 [s]=$SSBLOG_NS_4)
declare -A address=([a]=$SSBLOG_ADDR_1 [b]=$SSBLOG_ADDR_2 [c]=$SSBLOG_ADDR_3 [s]=$SSBLOG_ADDR_4)
inside() { # HOST COMMAND...
  local host=$1
  shift
  ip netns exec "${space[$host]}" "$@"
}
# c is a clone of a: it has the same paths. What is a's home elsewhere is c's in its own view of the files.
at() { # HOST COMMAND...
  local host=$1 home=$work/$1
  shift
  mkdir -p -- "$home"
  if [ "$host" = c ]; then
    home=$work/a
    # shellcheck disable=SC2016 # for the inner shell
    set -- unshare -m sh -c 'mount --bind "$0/c" "$0/a" && exec "$@"' "$work" "$@"
  fi
  env HOME="$home" XDG_STATE_HOME="$home/state" XDG_DATA_HOME="$home/data" "$@"
}
start_there() {
  inside "$1" bash -c "$(declare -f at on); $(declare -p work ssblog); on $1 daemon" 2>>"$work/$1.log" &
  printf '%s' $! >"$work/$1.pid"
}
started() { wait_until 20 has_address "$1"; }
id() { cat "$work/$1.id"; }
hold_of() { on "$1" restore --json 2>/dev/null | sed -nE "s/.*\"$2\":(\"([^\"]*)\"|([0-9a-z]+)).*/\2\3/p"; }
is_held() { [ "$(hold_of "$1" reason)" = cloned ]; }
goes_on() { [ "$(hold_of "$1" reason)" = null ]; }
one_is_held() { is_held a || is_held c; }
texts() { on "$1" log --json --feed "$(id a)" 2>/dev/null | sed -nE 's/.*"job":"([^"]*)".*/\1/p' | tr '\n' ' '; }
b_has() { [ "$(texts b)" = "$1" ]; }
publish() { echo "$2" | on "$1" publish --job "$2" 2>"$work/said"; }
no_fork() { on b status --json | grep -q '"forks":\[\]' || fail "a's feed is forked at b: $(on b status --json)"; }

for host in a b; do on "$host" init --name "$host" --caps.shs "@/dev/stdin" <<<"$(printf '%032d' 7 | base64)" >"$work/$host.id" 2>/dev/null; done
printf '\n[lan]\nlegacy = true\n' >>"$(home_of a)/config.toml"
on a follow "$(id b)" 2>/dev/null
on b follow "$(id a)" 2>/dev/null
publish a one
start_there b
started b
start_there a
started a
wait_until 15 b_has "one "
stop a

# The clone. Whoever looks at files alone sees the same machine.
cp -a -- "$work/a" "$work/c"
goes_on a || fail "a is held before there is a clone"
goes_on c || fail "c is held before it runs"
start_there a
start_there c
begun=$(date +%s%3N)
wait_until 10 one_is_held
echo "held $(($(date +%s%3N) - begun)) ms after both were started"
wait_until 10 is_held a
wait_until 10 is_held c
[ "$(hold_of a copyAt)" = "${address[c]}" ] || fail "a names $(hold_of a copyAt)"
[ "$(hold_of c copyAt)" = "${address[a]}" ] || fail "c names $(hold_of c copyAt)"
on a status | grep -q "held: another copy of this host runs.*${address[c]}" || fail "status: $(on a status)"
expect 1 a doctor
grep -q "another copy of this host runs.*${address[c]}" "$work/out" || fail "doctor: $(cat "$work/out")"
wait_until 5 grep -q "another copy of this host runs at ${address[c]}" "$work/a.log"
publish a two || fail "a line of a held host is refused"
says 'to be signed later: another copy of this host runs'
publish c three || fail "a line of a held clone is refused"
says 'to be signed later'

started a
started c

# Restarts do not forget it, nor does the end of the other one.
stop a
stop c
publish a four
for host in a c; do is_held "$host" || fail "$host forgot the copy: $(hold_of "$host" reason)"; done
start_there a
started a
[ "$(hold_of a waiting)" = 2 ] || fail "$(hold_of a waiting) lines wait"
no_fork

# A person decides for a: what waited is signed and goes to b.
expect 0 a restore --force
wait_until 20 b_has "one two four "
no_fork
grep -q 'publishing is held no more' "$work/a.log" || fail "the daemon does not know that the hold is over"

# The clone comes back: both are held again, and its line still waits there.
start_there c
wait_until 20 is_held a
started c
[ "$(hold_of c waiting)" = 1 ] || fail "the clone's line is lost"
# While it is connected, nobody's word helps for long.
expect 0 a restore --force
wait_until 10 is_held a
stop c
publish a five
expect 0 a restore --force
wait_until 20 b_has "one two four five "
no_fork

# Announced, and not proven: one dial of the address in a minute, and no hold.
cat >"$work/elsewhere.py" <<'PY'
# elsewhere.py KEY FROM TO SILENT_PORT ECHO_PORT: announces KEY at two ports of FROM. One takes connections and says
# nothing; the other one leads to TO. Prints how many connections each got.
import socket, sys, threading, time
key, here, to, silent_port, echo_port = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
count = {silent_port: 0, echo_port: 0}
kept = []

def pump(a, b):
    try:
        while data := a.recv(65536):
            b.sendall(data)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass

def serve(port):
    listener = socket.create_server((here, port))
    while True:
        one, _ = listener.accept()
        count[port] += 1
        kept.append(one)
        if port == echo_port:
            other = socket.create_connection((to, 8008))
            threading.Thread(target=pump, args=(one, other), daemon=True).start()
            threading.Thread(target=pump, args=(other, one), daemon=True).start()

for port in count:
    threading.Thread(target=serve, args=(port,), daemon=True).start()
ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ear.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
end = time.time() + 3
while time.time() < end:
    for port in count:
        ear.sendto(f"net:{here}:{port}~shs:{key[1:-8]}".encode(), (to, 8008))
    time.sleep(0.1)
print(count[silent_port], count[echo_port])
PY
inside s python3 "$work/elsewhere.py" "$(id a)" "${address[s]}" "${address[a]}" 9001 9002 >"$work/counts"
[ "$(cat "$work/counts")" = "1 1" ] || fail "connections to announced addresses: $(cat "$work/counts")"
wait_until 10 grep -q "${address[s]}:9002 leads back to this host itself" "$work/a.log"
goes_on a || fail "a is held for $(hold_of a reason) by an announcement or by itself"
publish a six
wait_until 20 b_has "one two four five six "
! grep -q "runs at ${address[s]}" "$work/a.log" || fail "a copy is told of where none is"
stop a

# Two homes with one key by a link: the other one's store stays the only one that signs.
mkdir -p "$work/d/data/ssblog"
chmod 700 "$work/d/data/ssblog"
ln -s "$(home_of a)/secret" "$work/d/data/ssblog/secret"
cp -p -- "$(home_of a)/config.toml" "$work/d/data/ssblog/"
for words in daemon "publish --text x" "restore --status"; do
  # shellcheck disable=SC2086 # words
  expect 78 d $words
  says 'two stores that sign with one key'
done
# Both link to a place that has no store: one daemon at a time.
mkdir -m 700 "$work/keys"
for host in e f; do
  on "$host" init --name "$host" >"$work/$host.id" 2>/dev/null
  mv -- "$(home_of "$host")/secret" "$work/keys/secret.$host"
  ln -s "$work/keys/secret.e" "$(home_of "$host")/secret"
done
start e
expect 75 f daemon --host 127.0.0.1 --port 0
says "there is a daemon for $work/keys already (pid $(daemon_pid e))"
expect 0 e publish --text 'signed by the home that runs'
stop e
