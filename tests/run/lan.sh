#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/lan.sh SSBLOG - hosts in network namespaces that find each other: nothing is configured but the network key
# and who follows whom. Needs root and namespaces; elsewhere it is skipped.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
interop=$(cd -- "$(dirname -- "$0")/../interop" && pwd)
if [ -z "${SSBLOG_NS_4:-}" ]; then
  rm -rf -- "$work"
  exec "$interop/lan.sh" --once --no-default-route --no-prefix --timeout 110 4 "$0" "$@"
fi
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
# shellcheck source=tests/run/sbot.sh
. "$(dirname -- "$0")/sbot.sh"

# Each host lives in a namespace of its own.
declare -A place=([a]=$SSBLOG_NS_1 [b]=$SSBLOG_NS_2 [c]=$SSBLOG_NS_3 [j]=$SSBLOG_NS_4 [d]=$SSBLOG_NS_4)
inside() { # HOST COMMAND...
  local host=$1
  shift
  ip netns exec "${place[$host]}" "$@"
}
start_there() { # HOST WORDS...
  local host=$1
  shift
  inside "$host" env HOME="$work/$host" XDG_STATE_HOME="$work/$host/state" XDG_DATA_HOME="$work/$host/data" \
    "$ssblog" daemon "$@" 2>>"$work/$host.log" &
  printf '%s' $! >"$work/$host.pid"
  wait_until 20 has_address "$host"
}
id() { cat "$work/$1.id"; }
line() { on "$1" log --json --feed "$(id "$2")" -n 1 2>/dev/null; }
has_all() { [ "$(line "$1" "$2")" = "$(line "$2" "$2")" ]; }
connected() { on "$1" peers --json 2>/dev/null | grep -q "\"id\":\"$(id "$2")\".*\"state\":\"connected\""; }
disconnected() { ! connected "$@"; }
ms() { date +%s%3N; }

for host in a b c d; do on "$host" init --name "$host" --caps.shs "@$work/caps" >"$work/$host.id" 2>/dev/null; done

# In a row: b follows a, c follows b alone. a and b are on a link of their own, b and c on another: b has two.
b=${place[b]}
ip -n "$SSBLOG_NS_SWITCH" link add br1 type bridge
ip -n "$SSBLOG_NS_SWITCH" link set br1 up
ip -n "$SSBLOG_NS_SWITCH" link add port2b type veth peer name eth1 netns "$b"
ip -n "$SSBLOG_NS_SWITCH" link set port2b master br1 up
ip -n "$SSBLOG_NS_SWITCH" link set port3 master br1
# A /28 here, a /16 there.
ip -n "$b" addr add 192.168.7.17/28 broadcast 192.168.7.31 dev eth1
ip -n "$b" link set eth1 up
ip -n "${place[c]}" addr flush dev eth0
ip -n "${place[c]}" addr add 192.168.7.18/28 broadcast 192.168.7.31 dev eth0
for host in a b; do
  ip -n "${place[$host]}" addr flush dev eth0
  ip -n "${place[$host]}" addr add "10.83.$([ $host = a ] && echo 1 || echo 200).9/16" broadcast 10.83.255.255 dev eth0
done
on b follow "$(id a)" 2>/dev/null
on a follow "$(id b)" 2>/dev/null
on c follow "$(id b)" 2>/dev/null
seq 1 2000 | on a publish --job numbers --line-per-message
for host in a b c; do start_there "$host"; done
wait_until 15 has_all b a
wait_until 15 has_all c a
connected c a && fail "c and a see each other"

# A link that goes down and comes up is used again: within two seconds, where the machine has the time (it is told).
for link in "$SSBLOG_NS_SWITCH port1" "${place[a]} eth0"; do
  read -r space device <<<"$link"
  ip -n "$space" link set "$device" down
  echo "while $device is down" | on a publish --job live
  wait_until 10 disconnected a b
  ip -n "$space" link set "$device" up
  begun=$(ms)
  wait_until 10 has_all b a
  took=$(($(ms) - begun))
  echo "back $took ms after the link of $device came up"
done

# Hosts that meet for a minute exchange everything that they said while they were apart.
ip -n "$SSBLOG_NS_SWITCH" link set port1 down
wait_until 60 disconnected a b
count=10000
! sanitized || count=1000
for host in a b; do seq 1 "$count" | on "$host" publish --job apart --line-per-message; done
ip -n "$SSBLOG_NS_SWITCH" link set port1 up
begun=$(ms)
wait_until 55 has_all b a
wait_until 55 has_all a b
wait_until 55 has_all c a
took=$(($(ms) - begun))
echo "$((2 * count)) messages were everywhere $took ms after two hosts met"

# Another program on the same machine listens on the same discovery port; and who is not followed is shown, not dialled.
on a peers 2>/dev/null | grep -q 'heard in the LAN' && fail "somebody is heard who is not there"
ip -n "${place[d]}" addr add 10.83.4.4/16 broadcast 10.83.255.255 dev eth0
start_there d
heard() { on a peers 2>/dev/null | grep -q 'heard in the LAN; to have it: ssblog follow @'; }
wait_until 15 heard
connected a d && fail "a host that nobody follows is connected"
inside a env HOME="$work/e" "$ssblog" init --path "$work/e/home" --caps.shs "@$work/caps" >"$work/e.id" 2>/dev/null
inside a "$ssblog" follow --path "$work/e/home" "$(id d)" 2>/dev/null
on d follow "$(id e)" 2>/dev/null
inside a env HOME="$work/e" "$ssblog" daemon --path "$work/e/home" --port 8018 2>"$work/e.log" &
printf '%s' $! >"$work/e.pid"
wait_until 15 grep -q 'connected: ' "$work/e.log"
kill "$(cat "$work/e.pid")"

# An address of one link alone is dialled on the link that was named, and shown with it.
link_local=$(ip -n "${place[a]}" -6 -o addr show dev eth0 scope link | awk '{ sub("/.*", "", $4); print $4; exit }')
if [ -n "$link_local" ]; then
  on d connect --save "net:$link_local%eth0:8008~shs:$(id a | sed 's/^@//; s/\.ed25519$//')"
  over_link() { on d peers --json | grep -F "[$link_local%eth0]:8008" | grep -q '"state":"connected"'; }
  wait_until 10 over_link
else
  left_out="no IPv6 here, so addresses of one link were left out"
fi
stop d

# Garbage, floods and spoofed announcements do nothing.
python3 - "${place[b]}" "$(id a)" <<'PY' &
import os, socket, subprocess, sys, time
space, host = sys.argv[1:]
fd = os.open(f"/var/run/netns/{space}", os.O_RDONLY)
import ctypes
ctypes.CDLL(None).setns(fd, 0)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
end = time.time() + 3
n = 0
while time.time() < end:
    for data in (b"", os.urandom(60), os.urandom(1400), f"net:10.83.9.{n % 250}:8008~shs:{host[1:-8]}".encode()):
        s.sendto(data, ("10.83.255.255", 26830))
        n += 1
    time.sleep(0.001)
PY
flood=$!
echo "in the flood" | on a publish --job live
wait_until 5 has_all b a
wait "$flood"
for host in a b c; do
  rss=$(awk '/VmRSS/ { print $2 }' "/proc/$(daemon_pid "$host")/status")
  [ "$rss" -lt 60000 ] || [ "$(sanitized && echo yes)" = yes ] || fail "the daemon of $host has $rss KiB after the flood"
  [ "$(wc -l <"$work/$host.log")" -lt 40 ] || fail "the log of $host grew: $(wc -l <"$work/$host.log") lines"
done

# A real ssb-server, in the old form.
for host in a b c; do stop "$host"; done
if [ -d "$interop/node_modules/ssb-server" ] && command -v node >/dev/null; then
  printf '\n[lan]\nlegacy = true\n' >>"$(home_of a)/config.toml"
  ip -n "${place[j]}" addr flush dev eth0
  ip -n "${place[j]}" addr add 10.83.4.4/16 broadcast 10.83.255.255 dev eth0
  ip -n "${place[j]}" route add default dev eth0
  sbot() { # PEER VERB WORDS...
    local peer=$1 verb=$2
    shift 2
    inside "$peer" env HOME="$work/$peer" timeout 60 node "$interop/sbot.js" "$verb" --path "$work/$peer/sbot" "$@"
  }
  mkdir -p -- "$work/j"
  : >"$work/j.out"
  inside j env HOME="$work/j" node "$interop/sbot.js" start --path "$work/j/sbot" --lan --port 8008 \
    --caps-shs "$(cat "$work/caps")" >"$work/j.out" 2>"$work/j.log" &
  printf '%s' $! >"$work/j.pid"
  wait_until 30 grep -q '"ready":true' "$work/j.out"
  j=$(of_sbot j id)
  sbot j publish --count 200 >/dev/null
  sbot j follow "$(id a)" >/dev/null
  on a follow "$j" 2>/dev/null
  start_there a
  wait_until 30 held a "$j" 201
  sbot j wait "$(id a)" 2000 --timeout 30 >/dev/null || fail "ssb-server did not get the feed"
  stop a
else
  skip "ssb-server is not installed (npm ci in tests/interop); everything before it passed"
fi
[ -z "${left_out:-}" ] || skip "$left_out; everything else passed"
