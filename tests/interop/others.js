// SPDX-License-Identifier: MIT
// tests/interop/others.js - what the daemon lets those do who are not its user: other users at the second socket, and a
// login with the own key over TCP.
//
// usage: node others.js HOME HOST:PORT. HOME's daemon runs with [publish]. Exit 1, with the name of what is wrong.
'use strict'
const assert = require('assert')
const path = require('path')
const client = require('ssb-client')
const ssbKeys = require('ssb-keys')
const pull = require('pull-stream')

const [home, place] = process.argv.slice(2)
const keys = ssbKeys.loadSync(path.join(home, 'secret'))
const [host, port] = place.split(':')
const caps = { shs: require('fs').readFileSync(path.join(home, 'config.toml'), 'utf8').match(/key = "(.*)"/)[1] }
const manifest = { publish: 'async', whoami: 'sync', get: 'async', createLogStream: 'source', invite: { create: 'async' }, ebt: { replicate: 'duplex' } }
const open = remote => new Promise((resolve, reject) =>
  client(keys, { remote, caps, manifest }, (error, ssb) => error ? reject(error) : resolve(ssb)))
const call = (method, ...args) => new Promise((resolve, reject) =>
  method(...args, (error, value) => error ? reject(new Error(String(error.message || error))) : resolve(value)))
const all = source => new Promise((resolve, reject) =>
  pull(source, pull.collect((error, items) => error ? reject(new Error(String(error.message || error))) : resolve(items))))

async function refuses (ssb, where) {
  for (const method of [ssb.whoami, ssb.get, ssb.invite.create]) {
    await assert.rejects(call(method), /no async|not in list/, `${where}: a method that is not for them`)
  }
  await assert.rejects(all(ssb.createLogStream()), /no source|not in list/, `${where}: createLogStream`)
}

async function run () {
  const others = await open(`unix:${path.join(home, 'publish.socket')}~noauth`)
  await refuses(others, 'publish.socket')
  const message = await call(others.publish, { type: 'log', text: 'from a program of another user' })
  assert.strictEqual(message.value.content.text, 'from a program of another user')
  for (const content of [{ type: 'contact', contact: keys.id, following: true }, { type: 'about', about: keys.id, name: 'x' }, { text: 'no type' }, 'x.box', null, []]) {
    await assert.rejects(call(others.publish, content), /log and job|object|type/, 'a type that is not for them')
  }
  await call(others.close.bind(others), true)

  const self = await open(`net:${host}:${port}~shs:${keys.public.replace('.ed25519', '')}`)
  await refuses(self, 'a login with the own key')
  await assert.rejects(call(self.publish, { type: 'log', text: 'x' }), /no async|not in list/)
  // Not even when it says to know more of our feed than there is: it is a program of this machine.
  const heard = await new Promise((resolve, reject) => pull(
    pull.once({ [keys.id]: 2 * 100000 }),
    self.ebt.replicate({ version: 3 }),
    pull.take(1), pull.collect((error, items) => error ? reject(error) : resolve(items))))
  assert.ok(keys.id in heard[0], 'replication is there for everybody')
}
run().then(() => process.exit(0), error => { console.error(error.message); process.exit(1) })
