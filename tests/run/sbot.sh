# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# tests/run/sbot.sh - real ssb-server 16 peers beside the daemons of daemon.sh; the network key is in $work/caps.
#
# Sourced behind daemon.sh, which ends them too.
# shellcheck disable=SC2154 # $work is of common.sh
interop=$(cd -- "$(dirname -- "$0")/../interop" && pwd)
need node python3
[ -d "$interop/node_modules/ssb-server" ] || skip "ssb-server is not installed (npm ci in tests/interop)"

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
sbot() { # PEER VERB WORDS...
  local peer=$1 verb=$2
  shift 2
  at "$peer" timeout 60 node "$interop/sbot.js" "$verb" --path "$work/$peer/sbot" "$@"
}
# start_sbot PEER WORDS...: a real peer, on $sbot_port if that is set.
start_sbot() {
  local peer=$1
  shift
  mkdir -p -- "$work/$peer"
  : >"$work/$peer.out"
  HOME=$work/$peer node "$interop/sbot.js" start --path "$work/$peer/sbot" --port "${sbot_port:-$(free_port)}" \
    --caps-shs "$(cat "$work/caps")" "$@" >"$work/$peer.out" 2>"$work/$peer.log" &
  printf '%s' $! >"$work/$peer.pid"
  wait_until 30 grep -q '"ready":true' "$work/$peer.out"
}
of_sbot() { sed -nE "s/.*\"$2\":\"([^\"]*)\".*/\1/p" "$work/$1.out"; }
head -c 32 /dev/urandom | base64 >"$work/caps"
held() { [ "$(on "$1" verify --feed "$2" 2>/dev/null | sed -n 's/^ok .* //p')" = "$3" ]; }
