#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/shs.sh SSBLOG - the doors of the Secret Handshake against each other, and against wrong bytes.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"

# The first handshake of tests/vectors/handshake.json: network key, the server's keys.
network=d4a1cb88a66f02f8db635ce26441cc5dac1b08420ceaac230839b755845a9ffb
public=5f9e5a24709ac62967d18874d74e87dbffe6463b7567c7a78b12e6391215f129
secret=4dacf052352a8152c6a8019e27b0393f92ee901c690b1feda022847e5049cd57$public
other_network=${network/d4/d5}
zeros=${network//?/0}

# hex FILE FROM COUNT: some bytes of a file.
hex() { od -An -v -tx1 -j "$2" -N "$3" "$1" | tr -d ' \n'; }

# Both doors through fifos; what each wrote is kept. The fifos stay open, so that nobody can wait for their end.
mkfifo -- "$work/up" "$work/down"
exec 7<>"$work/up" 8<>"$work/down"
door() { # SIDE WORDS...
  local side=$1 status=0
  shift
  "$ssblog" debug "shs-$side" "$@" 2>"$work/$side.err" || status=$?
  printf '%s\n' "$status" >"$work/$side.status"
}
door server "$network" "$secret" "$public" <"$work/up" | tee "$work/server.out" >"$work/down" &
door client "$network" "$public" <"$work/down" | tee "$work/client.out" >"$work/up"
wait
exec 7<&- 8<&-
for side in client server; do
  [ "$(cat "$work/$side.status")" = 0 ] || fail "the $side: $(cat "$work/$side.err")"
done
[ "$(wc -c <"$work/client.out")" = $((64 + 112 + 112)) ] || fail "the client wrote $(wc -c <"$work/client.out") bytes"
[ "$(wc -c <"$work/server.out")" = $((64 + 80 + 112)) ] || fail "the server wrote $(wc -c <"$work/server.out") bytes"
# One side encrypts as the other decrypts; the nonces begin the MACs of the first messages.
[ "$(hex "$work/client.out" 176 56)" = "$(hex "$work/server.out" 200 56)" ] || fail "client to server: other keys"
[ "$(hex "$work/client.out" 232 56)" = "$(hex "$work/server.out" 144 56)" ] || fail "server to client: other keys"
[ "$(hex "$work/client.out" 208 24)" = "$(hex "$work/server.out" 0 24)" ] || fail "the client's first nonce"
[ "$(hex "$work/server.out" 176 24)" = "$(hex "$work/client.out" 0 24)" ] || fail "the server's first nonce"

# refused PATTERN WORDS...: the door ends with an error that says so, with $wrote bytes of output.
refused() {
  local pattern=$1 status=0
  shift
  "$ssblog" debug "$@" <"$work/in" >"$work/out" 2>"$work/err" || status=$?
  [ "$status" != 0 ] || fail "debug $1 took what is wrong"
  grep -qF -- "$pattern" "$work/err" || fail "debug $1 does not say \"$pattern\": $(cat "$work/err")"
  [ "$(wc -c <"$work/out")" = "$wrote" ] || fail "debug $1 wrote $(wc -c <"$work/out") bytes instead of $wrote"
}

# A wrong message: at once, with bytes still to be read behind it, and not a word more.
head -c 1000 /dev/zero >"$work/in"
wrote=0 refused 'another network' shs-server "$network" "$secret" "$public"
wrote=64 refused 'another network' shs-client "$network" "$public"
head -c 64 "$work/client.out" >"$work/in"
wrote=0 refused 'another network' shs-server "$other_network" "$secret" "$public"
wrote=64 refused 'hung up' shs-server "$network" "$secret" "$public"
head -c 112 /dev/zero >>"$work/in"
wrote=64 refused 'another key' shs-server "$network" "$secret" "$public"
head -c 176 "$work/client.out" >"$work/in" # a replay, to a server with another ephemeral key
wrote=64 refused 'another key' shs-server "$network" "$secret" "$public"
head -c 144 "$work/server.out" >"$work/in"
wrote=176 refused 'does not open' shs-client "$network" "$public"
: >"$work/in"
wrote=64 refused 'hung up' shs-client "$network" "$public"

# A byte short is waited for, and a byte more is left for others.
head -c 65 "$work/client.out" >"$work/in"
{ "$ssblog" debug shs-server "$network" "$secret" "$public" 2>/dev/null || true; } <"$work/in" | wc -c >"$work/out"
[ "$(cat "$work/out")" = 64 ] || fail "the server did not answer the first message"

# Words.
wrote=0
refused 'SERVER_PUBLIC_HEX' shs-client "$network"
refused '32 bytes in hex' shs-client "${network}00" "$public"
refused '32 bytes in hex' shs-client "$network" zz
refused 'SECRET_HEX' shs-server "$network"
refused 'belong together' shs-server "$network" "$secret" "$network"
refused '64' shs-server "$network" "$public" "$public"
refused 'no key that anybody could hold' shs-client "$network" "01${zeros:2}"
