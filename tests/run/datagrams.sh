#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/datagrams.sh SSBLOG - signed datagrams: the examples of docs/datagrams.md as they stand there, the client
# header, what is dropped, a changed secret, and a flood of which nothing is lost in silence.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need python3 openssl
root=$(realpath -- "$(dirname -- "$0")/../..")

init a
export SECRET=$work/secret
umask 077
openssl rand -hex 32 >"$SECRET"
umask 022
cat >>"$(home_of a)/config.toml" <<END

[[source]]
name = "applications"
kind = "datagrams"
listen = ["udp:127.0.0.1:0"]
secret-file = "$SECRET"
ttl = "20s"
END
expect 0 a config check
start a
port() { sed -nE 's/.*source applications: listening on udp:127\.0\.0\.1:([0-9]+).*/\1/p' "$work/a.log" | tail -n 1; }
has_port() { [ -n "$(port)" ]; }
wait_until 20 has_port
TO=127.0.0.1:$(port)
export TO

has_line() { on a log -n 1000 2>/dev/null | grep -q -- "\[datagrams\]: $1\$"; }
shown() { wait_until 20 has_line "$1"; }
has_said() { grep -q -- "$1" "$work/a.log"; }
said() { wait_until 20 has_said "$1"; }

# example LANGUAGE: the block of that language in the documentation.
example() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/{//!p}" "$root/docs/datagrams.md"; }
example python >"$work/example.py"
python3 "$work/example.py"
shown 'backup: the disk is full'
example bash >"$work/example.sh"
bash "$work/example.sh"
shown 'shell: the backup is done'
on a log -n 1000 --json 2>/dev/null | grep 'the disk is full' | grep -q '"level":"err"' || fail "the level of the example"

if command -v g++ >/dev/null; then
  cat >"$work/client.cc" <<'END'
#include "ssblog/client.hpp"
int main(int, char** words) {
  ssblog::client::Options options;
  options.to = words[1];
  options.secret_file = words[2];
  options.svc = "shop";
  options.from = "shop-1";
  options.env = "test";
  options.echo = true;
  ssblog::client::Logger log(options);
  return log.err("payment failed", ssblog::client::Where{"pay", "at pay()\nat main()"}) ? 0 : 1;
}
END
  g++ -std=c++17 -Wall -Wextra -Werror -I"$root/include" "$work/client.cc" -o "$work/client"
  "$work/client" "$TO" "$SECRET" >"$work/echo" || fail "the client could not send"
  grep -qx 'err: payment failed' "$work/echo" || fail "echo: $(cat "$work/echo")"
  shown 'shop from=shop-1 env=test fn=pay: payment failed'
else
  echo "skipped: the client header: there is no g++"
fi

# ---- what is dropped ----

cat >"$work/send.py" <<'END'
import hashlib, hmac, json, os, socket, sys, time

secret = open(os.environ["SECRET"], "rb").read().rstrip(b"\r\n")
host, port = os.environ["TO"].rsplit(":", 1)
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

def signed(ago=0, key=secret, **fields):
    text = json.dumps({"time": int((time.time() - ago) * 1000), "text": "hello", **fields}).encode()
    return b"ssblog1 " + hmac.new(key, text, hashlib.sha256).hexdigest().encode() + b" " + text

def send(datagram):
    sender.sendto(datagram, (host, int(port)))

what = sys.argv[1]
if what == "wrong":
    good = signed(**{"from": "once", "seq": 1})
    for _ in range(5):
        send(good)
    send(signed(key=b"not the secret at all"))
    send(signed(ago=60, **{"from": "behind"}))
    send(signed(ago=-60, **{"from": "ahead"}))
    send(good[:40])
    send(good[:-3])
    send(b"ssblog1 " + b"x" * 60000)
    send(b"")
    send(signed(**{"from": "once", "seq": 12}))
elif what == "one":
    send(signed(**{"from": sys.argv[2]}))
END
python3 "$work/send.py" wrong
said 'dropped 1 datagram from once: it came before'
said 'dropped 1 datagram from 127.0.0.1: its signature is wrong'
said 'dropped 1 datagram from behind: its time is further than 20000 ms from ours'
said 'dropped 1 datagram from ahead: its time is further'
said 'dropped 1 datagram from 127.0.0.1: it is no signed datagram'
[ "$(grep -c 'it came before' "$work/a.log")" = 1 ] || fail "a repeated datagram is said more than once a minute"
shown 'once: hello'
has_loss() { on a log -n 1000 2>/dev/null | grep -q '10 .*datagrams of once that never came'; }
wait_until 20 has_loss
[ "$(on a log -n 1000 2>/dev/null | grep -c 'once: hello')" = 2 ] || fail "it was taken more than once"

# ---- the secret ----

umask 077
cp -- "$SECRET" "$work/old"
openssl rand -hex 32 >"$work/next"
mv -- "$work/next" "$SECRET"
umask 022
said 'has changed; the one before is good for 60 s more'
python3 "$work/send.py" one with-new
SECRET=$work/old python3 "$work/send.py" one with-old
shown 'with-new: hello'
shown 'with-old: hello'
chmod 644 "$SECRET"
kill -HUP "$(cat "$work/a.pid")"
said 'is open to others'
chmod 600 "$SECRET"

# ---- a flood ----

python3 "$root/tests/run/flood.py" "$TO" "$SECRET" "${SSBLOG_FLOOD_SECONDS:-2}" >"$work/flood" &
flood=$!
timeout 20 env HOME="$work/a" XDG_DATA_HOME="$work/a/data" "$ssblog" status >"$work/status" 2>&1 ||
  fail "status during a flood: $(cat "$work/status")"
wait "$flood" || fail "the flood: $(cat "$work/flood")"
sent=$(cut -d' ' -f1 "$work/flood")
# What was published of it, and what is counted as lost.
count() {
  on a log -n 10000000 --json 2>/dev/null | python3 "$root/tests/run/flood.py" --count
}
settled() { count >"$work/count" && [ "$(cat "$work/count")" = "$sent" ]; }
wait_until 60 settled
room=$(sed -nE 's/^VmHWM:[[:space:]]*([0-9]+) kB/\1/p' "/proc/$(cat "$work/a.pid")/status")
sanitized || [ "$room" -lt 200000 ] || fail "the flood took $room kB of memory"
printf 'flood: %s datagrams a second, %s kB at most\n' "$(cut -d' ' -f2 "$work/flood")" "$room"
stop a
whole a
