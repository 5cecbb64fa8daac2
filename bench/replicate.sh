#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench/replicate.sh - how fast feeds get from host to host over loopback, beside ssb-server 16 and rsyslog.
#
# usage: bench/replicate.sh [SSBLOG]   (ROUNDS=3 LINES_PACKED=1000000 LINES_REPLICATED=50000 ARRIVALS=100 IDLE_SECONDS=60)
# ssb-server is taken from tests/interop/node_modules (npm ci), rsyslog from the system; what is missing is left out, and
# said so.
# shellcheck source=bench/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

singles=${LINES_REPLICATED:-50000}
arrivals=${ARRIVALS:-100}
idle_seconds=${IDLE_SECONDS:-60}
started=()
end_all() {
  local process
  for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf -- "$work"
}
trap end_all EXIT

await() { # SECONDS COMMAND...
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || {
      echo "waited in vain for: $*" >&2
      exit 75
    }
    sleep 0.02
  done
}
home() { printf '%s/%s' "$work" "$1"; }
host() { # NAME FOLLOWS...: a fresh host in the network of the first one
  local name=$1 other
  rm -rf -- "$(home "$name")"
  if [ -e "$work/caps" ]; then
    "$ssblog" init --path "$(home "$name")" --name "$name" --caps.shs "@$work/caps" >"$work/$name.id" 2>/dev/null
  else
    "$ssblog" init --path "$(home "$name")" --name "$name" >"$work/$name.id" 2>/dev/null
    cp -- "$(home "$name")/config.toml" "$work/caps"
  fi
  # Nothing leaves this machine.
  printf '\n[lan]\ndiscover = false\n' >>"$(home "$name")/config.toml"
  shift
  for other in "$@"; do "$ssblog" follow --path "$(home "$name")" "$(cat "$work/$other.id")" 2>/dev/null; done
}
daemon() { # NAME
  "$ssblog" daemon --path "$(home "$1")" --host 127.0.0.1 --port 0 2>"$work/$1.log" &
  printf '%s' $! >"$work/$1.pid"
  started+=($!)
  await 10 has_address "$1"
}
stop() {
  kill "$(cat "$work/$1.pid")"
  wait "$(cat "$work/$1.pid")" 2>/dev/null || true
}
address() { sed -nE 's/.*"listening":\["([^"]*)".*/\1/p' "$(home "$1")/daemon.json"; }
has_address() { [ -s "$(home "$1")/daemon.json" ] && [ -n "$(address "$1")" ]; }
messages() { "$ssblog" status --path "$(home "$1")" --json | grep -o '"hops":0,"messages":[0-9]*' | grep -o '[0-9]*$'; }
knows() { "$ssblog" connect --path "$(home "$1")" --save "$(address "$2")" 2>/dev/null; }

interop=$root/tests/interop
have_sbot=no
[ ! -d "$interop/node_modules/ssb-server" ] || ! command -v node >/dev/null || have_sbot=yes
sbot_caps=$(head -c 32 /dev/urandom | base64)
sbot() { # PEER VERB WORDS...
  local peer=$1 verb=$2
  shift 2
  node "$interop/sbot.js" "$verb" --path "$work/$peer/sbot" "$@"
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
start_sbot() {
  local port
  port=$(free_port)
  mkdir -p -- "$work/$1/sbot"
  printf '{"port":%s}\n' "$port" >"$work/$1/sbot/bench.json"
  HOME=$work/$1 node "$interop/sbot.js" start --path "$work/$1/sbot" --port "$port" --caps-shs "$sbot_caps" --hops 2 \
    >"$work/$1.out" 2>"$work/$1.log" &
  printf '%s' $! >"$work/$1.pid"
  started+=($!)
  await 30 grep -q '"ready":true' "$work/$1.out"
}
of_sbot() { sed -nE "s/.*\"$2\":\"([^\"]*)\".*/\1/p" "$work/$1.out"; }

setting
"$bench/bench_make_lines" "$lines" >"$work/lines"
head -n "$singles" "$work/lines" >"$work/some"
echo "input:   $lines lines of 120 bytes; one a message: $singles of them"
echo

# A host that has everything, twice: one line a message, and packed.
host single
"$ssblog" publish --path "$(home single)" --job bench --line-per-message <"$work/some"
host packed
"$ssblog" publish --path "$(home packed)" --job bench <"$work/lines"
daemon single
daemon packed
if [ "$have_sbot" = yes ]; then
  start_sbot jsfrom
  sbot jsfrom publish --count "$singles" >/dev/null
fi

# fetch NAME FROM: a fresh host gets all of FROM; what the clock says goes to the file of NAME.
fetch() {
  host fresh "$2"
  knows fresh "$2"
  measure "$1" "$ssblog" sync --path "$(home fresh)" --timeout 10m --wait "$(cat "$work/$2.id")@$(messages "$2")"
}
fetch_js() {
  local begun
  rm -rf -- "$work/jsfresh"
  start_sbot jsfresh
  sbot jsfresh follow "$(of_sbot jsfrom id)" >/dev/null
  begun=$(date +%s%N)
  sbot jsfresh connect "$(of_sbot jsfrom address)" >/dev/null
  sbot jsfresh wait "$(of_sbot jsfrom id)" "$singles" --timeout 600 >/dev/null
  echo "$((($(date +%s%N) - begun) / 1000000)) 0 0 0 0" >>"$work/times.js"
  stop jsfresh
}
for ((round = 0; round < rounds; ++round)); do
  fetch single single
  fetch packed packed
  [ "$have_sbot" = no ] || fetch_js
done
stop single
stop packed
row single "$singles" messages "fresh host, one line a message (its own CPU)"
row packed "$lines" lines "fresh host, packed (its own CPU)"
if [ "$have_sbot" = yes ]; then
  row js "$singles" messages "ssb-server to ssb-server (CPU not measured)"
  awk -v a="$(column single 1)" -v b="$(column js 1)" 'BEGIN { printf "ratio:   %.2f times ssb-server'"'"'s rate\n", b / a }'
else
  echo "ssb-server is not installed: left out (npm ci in tests/interop)"
fi

# A line that somebody waits for.
host here
host there here
"$ssblog" follow --path "$(home here)" "$(cat "$work/there.id")" 2>/dev/null
daemon here
knows there here
daemon there
"$ssblog" publish --path "$(home here)" --text begin --wait-copies 1 2>/dev/null
echo
printf 'publish to arrival, ms (median, p99, longest of %s):   ssblog %s\n' "$arrivals" \
  "$("$bench/bench_arrival" "$(home here)" "$(home there)" "$arrivals")"
if [ "$have_sbot" = yes ]; then
  rm -rf -- "$work/jsfresh"
  start_sbot jsfresh
  sbot jsfresh follow "$(of_sbot jsfrom id)" >/dev/null
  sbot jsfresh connect "$(of_sbot jsfrom address)" >/dev/null
  sbot jsfresh wait "$(of_sbot jsfrom id)" "$singles" --timeout 600 >/dev/null
  printf 'publish to arrival, ms (median, p99, longest of %s):   ssb-server %s\n' "$arrivals" \
    "$(node "$(dirname -- "${BASH_SOURCE[0]}")/arrival.js" "$work/jsfrom/sbot" "$work/jsfresh/sbot" "$arrivals" "$sbot_caps" || echo "not measured")"
  stop jsfresh
  stop jsfrom
fi

# A file on one host, as text on the other.
end_to_end() {
  "$ssblog" publish --path "$(home here)" --job bench <"$work/lines"
  "$ssblog" sync --path "$(home there)" --timeout 10m --wait "$(cat "$work/here.id")@$(messages here)"
  "$ssblog" assemble --path "$(home there)" -o "$work/merged"
}
by_rsyslog() {
  local port
  port=$(free_port)
  rm -rf -- "$work/rs" "$work/rs.text"
  mkdir -p -- "$work/rs/to" "$work/rs/from"
  cat >"$work/rs/to.conf" <<CONF
global(workDirectory="$work/rs/to")
module(load="imtcp")
input(type="imtcp" port="$port" address="127.0.0.1")
template(name="plain" type="string" string="%msg%\n")
action(type="omfile" file="$work/rs.text" template="plain")
CONF
  cat >"$work/rs/from.conf" <<CONF
global(workDirectory="$work/rs/from")
module(load="imfile")
input(type="imfile" file="$work/lines" tag="bench:")
action(type="omfwd" target="127.0.0.1" port="$port" protocol="tcp")
CONF
  rsyslogd -n -i "$work/rs/to.pid" -f "$work/rs/to.conf" >/dev/null 2>&1 &
  local to=$!
  started+=("$to")
  await 10 listens "$port"
  local begun
  begun=$(date +%s%N)
  rsyslogd -n -i "$work/rs/from.pid" -f "$work/rs/from.conf" >/dev/null 2>&1 &
  local from=$!
  started+=("$from")
  await 300 has_lines "$work/rs.text"
  echo "$((($(date +%s%N) - begun) / 1000000)) 0 0 0 0" >>"$work/times.rsyslog"
  kill "$from" "$to"
  wait "$from" "$to" 2>/dev/null || true
}
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
has_lines() { [ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -ge "$(stat -c %s "$work/lines")" ]; }

have_rsyslog=no
! command -v rsyslogd >/dev/null || have_rsyslog=yes
for ((round = 0; round < rounds; ++round)); do
  begun=$(date +%s%N)
  end_to_end
  echo "$((($(date +%s%N) - begun) / 1000000)) 0 0 0 0" >>"$work/times.end"
  [ "$have_rsyslog" = no ] || by_rsyslog
done
echo
row end "$lines" lines "file, publish, replicate, assembled there"
if [ "$have_rsyslog" = yes ]; then
  row rsyslog "$lines" lines "file, rsyslog over TCP, file there"
  awk -v a="$(column end 1)" -v b="$(column rsyslog 1)" 'BEGIN { printf "ratio:   %.2f times rsyslog'"'"'s rate\n", b / a }'
else
  echo "rsyslog is not installed: left out"
fi

# A daemon with five peers and nothing to do.
stop here
stop there
host calm
daemon calm
for i in 1 2 3 4 5; do
  host "p$i" calm
  "$ssblog" follow --path "$(home calm)" "$(cat "$work/p$i.id")" 2>/dev/null
  knows "p$i" calm
  daemon "p$i"
done
five() { [ "$("$ssblog" peers --path "$(home calm)" --json 2>/dev/null | grep -c '"state":"connected"')" = 5 ]; }
await 30 five
"$ssblog" sync --path "$(home calm)" 2>/dev/null
sleep 2
pid=$(cat "$work/calm.pid")
# A tick is a fiftieth of a percent of such a minute: the scheduler counts ns, for each thread.
used_ns() { cat "/proc/$pid/task"/*/schedstat | awk '{ s += $1 } END { printf "%d\n", s }'; }
switches() { awk '/ctxt_switches/ { s += $2 } END { print s }' "/proc/$pid/status"; }
before=$(used_ns)
switched=$(switches)
sleep "$idle_seconds"
echo
awk -v ns="$(($(used_ns) - before))" -v s="$idle_seconds" -v w="$(($(switches) - switched))" \
  -v kib="$(awk '/VmRSS/ { print $2 }' "/proc/$pid/status")" 'BEGIN {
  printf "idle daemon, 5 peers, %d s: %.4f %% of a core (%.1f ms, %d context switches), %.1f MiB\n", s, ns / 1e7 / s, ns / 1e6, w, kib / 1024 }'
floor
