// SPDX-License-Identifier: MIT
// bench/arrival.js - what bench_arrival measures, between two ssb-servers (tests/interop/sbot.js start).
//
// usage: node arrival.js PATH PATH_OF_THE_OTHER COUNT CAPS. Prints the median, the 99th percentile and the longest time
// in ms from a call of publish to the message in the live stream of the other.
'use strict'
const path = require('path')
const modules = path.join(__dirname, '..', 'tests', 'interop', 'node_modules')
const client = require(path.join(modules, 'ssb-client'))
const ssbKeys = require(path.join(modules, 'ssb-keys'))
const pull = require(path.join(modules, 'pull-stream'))

const [here, there, count, caps] = process.argv.slice(2)

function open (directory, done) {
  const keys = ssbKeys.loadSync(path.join(directory, 'secret'))
  const manifest = require(path.join(directory, 'manifest.json'))
  const { port } = JSON.parse(require('fs').readFileSync(path.join(directory, 'bench.json')))
  const remote = `net:127.0.0.1:${port}~shs:${keys.public.replace('.ed25519', '')}`
  client(keys, { remote, caps: { shs: caps }, manifest }, (error, rpc) => {
    if (error) throw error
    done(rpc)
  })
}

setTimeout(() => {
  console.error('arrival.js: nothing arrives')
  process.exit(75)
}, 60000)

open(path.resolve(here), a => open(path.resolve(there), b => {
  const times = []
  let begun = 0
  let waiting = null
  function publish () {
    begun = process.hrtime.bigint()
    a.publish({ type: 'log', text: ' a line that somebody waits for', n: times.length }, (error, message) => {
      if (error) throw error
    })
    waiting = times.length
  }
  pull(
    b.createLogStream({ live: true, old: false, keys: true, values: true }),
    pull.drain(message => {
      if (!message.value || message.value.content.n !== waiting) return
      times.push(Number(process.hrtime.bigint() - begun) / 1e6)
      if (times.length < Number(count)) return setTimeout(publish, 20)
      times.sort((x, y) => x - y)
      const at = share => times[Math.min(times.length - 1, Math.floor(times.length * share))]
      console.log(`${at(0.5).toFixed(2)} ${at(0.99).toFixed(2)} ${times[times.length - 1].toFixed(2)}`)
      process.exit(0)
    })
  )
  setTimeout(publish, 200)
}))
