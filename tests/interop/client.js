// SPDX-License-Identifier: MIT
// tests/interop/client.js - drives a daemon by the npm package ssb-client, as scripts for ssb-server do.
//
// usage: node client.js HOME OTHER-ID OTHER-ADDRESS. HOME's daemon runs, follows OTHER-ID and has published one log line
// and nothing else. Exit 1, with the name of what is wrong.
'use strict'
const assert = require('assert')
const path = require('path')
const client = require('ssb-client')
const ssbKeys = require('ssb-keys')
const pull = require('pull-stream')

const [home, other, otherAddress] = process.argv.slice(2)
const keys = ssbKeys.loadSync(path.join(home, 'secret'))
const call = (method, ...args) => new Promise((resolve, reject) =>
  method(...args, (error, value) => error ? reject(error instanceof Error ? error : new Error(String(error.message || error))) : resolve(value)))
const all = source => new Promise((resolve, reject) =>
  pull(source, pull.collect((error, items) => error ? reject(error) : resolve(items))))
const fails = (promise, pattern) => assert.rejects(promise, error => pattern.test(error.message) || assert.fail(error.message))

async function run (ssb) {
  assert.deepStrictEqual(await call(ssb.whoami), { id: keys.id })
  assert.match(await call(ssb.version), /^\d+\.\d+\.\d+$/)
  const manifest = await call(ssb.manifest)
  assert.strictEqual(manifest.createLogStream, 'source')
  assert.strictEqual(manifest.friends.hops, 'async')
  assert.ok(!manifest.ebt)

  // Live streams hear what is published while they are open.
  const live = []
  pull(ssb.createLogStream({ live: true }), pull.drain(item => { live.push(item) }, () => {}))

  const first = await call(ssb.publish, { type: 'log', text: ' from a program', n: 1.5, 'ключ': 'ü' })
  assert.match(first.key, /^%.{44}\.sha256$/)
  assert.strictEqual(first.value.author, keys.id)
  assert.strictEqual(first.value.content.n, 1.5)
  assert.ok(ssbKeys.verifyObj(keys, first.value), 'the signature holds')
  assert.strictEqual(first.key, '%' + ssbKeys.hash(JSON.stringify(first.value, null, 2)))
  const many = await Promise.all([...Array(20)].map((_, i) => call(ssb.publish, { type: 'test', i })))
  assert.strictEqual(new Set(many.map(m => m.key)).size, 20)
  await fails(call(ssb.publish, { text: 'no type' }), /type/)
  await fails(call(ssb.publish, 'private.box'), /object/)
  await fails(call(ssb.publish, { type: 'post', recps: [keys.id] }), /recps/)
  await fails(call(ssb.publish, { type: 'post', text: 'x'.repeat(9000) }), /8192|long/)

  const clock = await call(ssb.getVectorClock)
  const tip = clock[keys.id]
  assert.strictEqual(await call(ssb.latestSequence, keys.id), tip)
  await fails(call(ssb.latestSequence, other.replace(/^@../, '@ZZ')), /not found/)
  await fails(call(ssb.latestSequence, 7), /id of a feed/)
  const latest = await call(ssb.getLatest, keys.id)
  assert.strictEqual(latest.value.sequence, tip)
  const tips = await all(ssb.latest())
  assert.deepStrictEqual(tips.filter(t => t.id === keys.id), [{ id: keys.id, sequence: tip, ts: latest.value.timestamp }])

  assert.deepStrictEqual(await call(ssb.get, first.key), first.value)
  assert.deepStrictEqual(await call(ssb.get, { id: first.key, meta: true }), first)
  await fails(call(ssb.get, '%' + 'A'.repeat(43) + '=.sha256'), /Key not found in database/)
  await fails(call(ssb.get, 'nonsense'), /key/)

  const user = await all(ssb.createUserStream({ id: keys.id }))
  assert.deepStrictEqual(user.map(m => m.value.sequence), [...Array(tip)].map((_, i) => i + 1))
  assert.deepStrictEqual((await all(ssb.createUserStream({ id: keys.id, gt: 2, lte: 4, keys: false }))).map(m => m.sequence), [3, 4])
  assert.deepStrictEqual((await all(ssb.createUserStream({ id: keys.id, reverse: true, limit: 2 }))).map(m => m.value.sequence), [tip, tip - 1])
  await fails(all(ssb.createUserStream({ id: 'nobody' })), /id of a feed/)
  assert.deepStrictEqual((await all(ssb.createHistoryStream({ id: keys.id, seq: tip - 1 }))).map(m => m.value.sequence), [tip - 1, tip])
  assert.deepStrictEqual(await all(ssb.createHistoryStream({ id: keys.id, seq: tip, values: false })), [latest.key])

  const log = await all(ssb.createLogStream())
  assert.ok(log.length >= tip)
  assert.deepStrictEqual(log.filter(m => m.key === first.key), [first])
  assert.deepStrictEqual((await all(ssb.createLogStream({ reverse: true, limit: 3 }))).map(m => m.key), log.slice(-3).reverse().map(m => m.key))
  assert.deepStrictEqual(await all(ssb.createLogStream({ limit: 0 })), [])
  assert.deepStrictEqual(await all(ssb.createLogStream({ gt: Date.now() + 1000 })), [])
  assert.deepStrictEqual(await all(ssb.createLogStream({ keys: false, limit: 1 })), [log[0].value])
  await fails(all(ssb.createLogStream({ limit: 'many' })), /limit/)
  await fails(all(ssb.createLogStream({ live: 'yes' })), /live/)
  assert.strictEqual((await all(ssb.messagesByType({ type: 'test' }))).length, 20)
  assert.strictEqual((await all(ssb.messagesByType('contact'))).length, 1)
  await fails(all(ssb.messagesByType({})), /type/)

  const hops = await call(ssb.friends.hops)
  assert.strictEqual(hops[keys.id], 0)
  assert.strictEqual(hops[other], 1)
  assert.strictEqual(await call(ssb.friends.isFollowing, { source: keys.id, dest: other }), true)
  assert.strictEqual(await call(ssb.friends.isFollowing, { source: other, dest: keys.id }), false)
  await fails(call(ssb.friends.isFollowing, { source: keys.id }), /dest/)

  await fails(call(ssb.gossip.connect, 'nowhere'), /address/)
  await fails(call(ssb.gossip.connect, other), /no address/)
  await fails(call(ssb.gossip.connect, otherAddress.replace(/:\d+~/, ':1~')), /refused|connection/)
  await fails(call(ssb.gossip.connect, otherAddress.replace(/shs:.*/, 'shs:' + ssbKeys.generate().public.replace('.ed25519', ''))), /its key is not/)
  await call(ssb.gossip.connect, otherAddress)
  const connected = async () => (await call(ssb.gossip.peers)).find(p => p.key === other && p.state === 'connected')
  assert.ok(await connected(), 'gossip.connect answers when it is connected')
  await call(ssb.gossip.connect, other)
  const status = await call(ssb.status)
  assert.strictEqual(status.gossip[other].state, 'connected')

  // The live stream: what was there, a mark, what came.
  const mark = live.findIndex(item => item.sync === true)
  assert.ok(mark >= 1, 'a live stream says where the old ones end')
  assert.ok(live.findIndex(item => item.key === first.key) > mark, 'a live stream hears what is published')
  assert.strictEqual(live.filter(item => item.key).length, new Set(live.filter(item => item.key).map(item => item.key)).size)
}

client(keys, { remote: `unix:${path.join(home, 'socket')}~noauth`, caps: { shs: 'A'.repeat(43) + '=' }, path: home }, (error, ssb) => {
  if (error) throw error
  run(ssb).then(() => process.exit(0), failure => { console.error(failure); process.exit(1) })
})
