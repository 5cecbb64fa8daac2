// SPDX-License-Identifier: MIT
// What ECMAScript makes of JSON texts, for json_fuzz.cc, as long as standard input is open.
//
// A question: one character, the number of blanks to indent by; the length of the text (4 bytes, big endian); the text
// in UTF-8. An answer: the length and the text, or the length 0xffffffff for what does not parse.
'use strict';

const fs = require('fs');

// All of `size` bytes; nothing at the end of the input.
function take(size) {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size;) {
    const read = fs.readSync(0, bytes, at, size - at, null);
    if (read === 0) return null;
    at += read;
  }
  return bytes;
}

function say(bytes) {
  for (let at = 0; at < bytes.length;) at += fs.writeSync(1, bytes, at);
}

for (let head = take(5); head !== null; head = take(5)) {
  const text = take(head.readUInt32BE(1)).toString('utf8');
  let answer = null;
  try {
    answer = Buffer.from(JSON.stringify(JSON.parse(text), null, Number(String.fromCharCode(head[0]))), 'utf8');
  } catch (_) {
    // does not parse: null
  }
  const length = Buffer.alloc(4);
  length.writeUInt32BE(answer === null ? 0xffffffff : answer.length);
  say(answer === null ? length : Buffer.concat([length, answer]));
}
