#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/ssb_invites.sh SSBLOG - invites between us and a real ssb-server 16: it accepts ours, we use its own, and what
# is used up is refused in both directions.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
# shellcheck source=tests/run/sbot.sh
. "$(dirname -- "$0")/sbot.sh"

on a init --name a --caps.shs "@$work/caps" >"$work/a.id" 2>/dev/null
a=$(cat "$work/a.id")
start a
start_sbot j --hops 2
j=$(of_sbot j id)

# ssb-server is our guest. Its own words follow: contact and pub; then feeds go both ways.
line=$(on a invite create 2>"$work/said") || fail "invite create: $(cat "$work/said")"
used=$line
sbot j invite-accept "$line" >"$work/accepted" || fail "ssb-server does not accept our invite: $(cat "$work/a.log")"
grep -q "\"accepted\":\"$a\"" "$work/accepted" || fail "ssb-server followed another: $(cat "$work/accepted")"
echo "a line of a" | on a publish --job lines
sbot j publish --count 3 >/dev/null
sbot j wait "$a" 3 --timeout 30 >/dev/null || fail "ssb-server did not get our feed: $(cat "$work/a.log")"
wait_until 30 held a "$j" 5
sbot j dump "$a" --values 2>/dev/null |
  grep -qF "\"content\":{\"type\":\"contact\",\"contact\":\"$j\",\"following\":true,\"pub\":true}" ||
  fail "our contact message is another than ssb-server's"
on a invite list --json | grep -qF "\"state\":\"used up\",\"uses\":1,\"used\":1" || fail "$(on a invite list)"

# A guest may use its invite and nothing else; of four calls at once on one use, one passes; then it is told to stop.
line=$(on a invite create 2>/dev/null)
NODE_PATH=$interop/node_modules node - "${line%%#*}" "$(cat "$work/caps")" >"$work/guest" 2>&1 <<'JS' || fail "guest: $(cat "$work/guest")"
const [line, shs] = process.argv.slice(2)
const ssbKeys = require('ssb-keys')
const at = line.lastIndexOf(':')
const keys = ssbKeys.generate('ed25519', Buffer.from(line.slice(at + 1), 'base64'))
const manifest = { manifest: 'async', whoami: 'async', getAddress: 'async', createHistoryStream: 'source', invite: { use: 'async' } }
const call = f => new Promise(resolve => f((err, value) => resolve(err ? err.message : value)))
require('ssb-client/client')({ keys, remote: line.slice(0, at), caps: { shs }, config: { caps: { shs } }, manifest }, async (err, rpc) => {
  if (err) throw err
  for (const name of ['manifest', 'whoami', 'getAddress']) {
    const said = await call(cb => rpc[name](cb))
    if (said !== `method:${name} is not in list of allowed methods`) throw new Error(`${name}: ${said}`)
  }
  const said = await call(cb => rpc.createHistoryStream({ id: keys.id })(null, end => cb(end)))
  if (!/not in list of allowed methods/.test(said)) throw new Error('createHistoryStream: ' + said)
  const uses = await Promise.all([1, 2, 3, 4].map(() => call(cb => rpc.invite.use({ feed: ssbKeys.generate().id }, cb))))
  if (uses.filter(one => one.value).length !== 1) throw new Error('uses: ' + JSON.stringify(uses))
  if (uses.filter(one => one === 'invite was used up').length !== 3) throw new Error('uses: ' + JSON.stringify(uses))
  const wrong = [[{}, 'feed to follow is missing'], ['x', 'Param 0 must by of type object'], [{ feed: 'foo' }, 'feed to follow is no id of a feed'],
    [{ feed: 5 }, 'feed to follow is no id of a feed'], [{ feed: 'foo' }, 'too many calls']]
  for (const [arg, words] of wrong) {
    const said = await call(cb => rpc.invite.use(arg, cb))
    if (said !== words) throw new Error(JSON.stringify(arg) + ': ' + said)
  }
  process.exit(0)
})
JS

# Again: it is followed already. Another one: refused; ssb-server publishes nothing then.
start_sbot k --hops 2
k=$(of_sbot k id)
sbot k invite-accept "$used" >"$work/accepted" 2>"$work/said" && fail "ssb-server used an invite that was used up"
grep -q 'invite not accepted' "$work/said" || fail "ssb-server says: $(cat "$work/said")"
refused() { grep -q "refused to $k.*used up" "$work/a.log"; }
wait_until 10 refused
[ "$(sbot k latest "$k")" = 0 ] || fail "ssb-server published in spite of a refusal"

# We are the guest of ssb-server, by its own code, which says nothing of the network.
code=$(sbot k invite-create --uses 1 | tr -d '"')
expect 78 b join "$code"
on b join "$code" --caps.shs "@$work/caps" --name b >"$work/b.id" 2>"$work/said" ||
  fail "our join: $(cat "$work/said" "$work/k.log")"
b=$(cat "$work/b.id")
start b
echo "a line of b" | on b publish --job lines
sbot k publish --count 2 >/dev/null
sbot k wait "$b" 3 --timeout 30 >/dev/null || fail "ssb-server did not get our feed: $(cat "$work/b.log")"
wait_until 30 held b "$k" 3
sbot k dump "$b" --values 2>/dev/null |
  grep -qF "\"content\":{\"type\":\"contact\",\"following\":true,\"autofollow\":true,\"contact\":\"$k\"}" ||
  fail "our contact message is another than ssb-server's"

# Used up, and the same once more in the other form.
expect 77 c join "$code" --caps.shs "@$work/caps" --name c
says 'knows no such invite, or it was used up'
code=$(sbot k invite-create --uses 2 | tr -d '"')
modern=$(sed -E 's/^(.*):@(.*)\.ed25519~(.*)$/net:\1~shs:\2:\3/' <<<"$code")
expect 0 c join "$modern"
expect 0 b join "$modern"
says 'joined before'
for host in a b c; do whole "$host"; done
