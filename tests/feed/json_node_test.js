// SPDX-License-Identifier: MIT
// Random JSON texts and what ECMAScript makes of them, for json_node_test.cc.
//
// node json_node_test.js SEED COUNT writes, for each text, three blocks: the text, JSON.stringify of it
// with two blanks, and without. A block is its length (4 bytes, little endian) and its bytes: UTF-8, a lone
// surrogate as three bytes. The length 0xffffffff stands for a text that does not parse.
'use strict';

let state = Number(process.argv[2]) >>> 0;

// mulberry32
function below(limit) {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) % limit;
}
const oneOf = (list) => list[below(list.length)];
const many = (n, make) => Array.from({ length: n }, make).join('');

const space = () => (below(6) === 0 ? many(1 + below(3), () => oneOf([' ', '\n', '\r', '\t'])) : '');

const hex4 = (unit) => {
  const text = unit.toString(16).padStart(4, '0');
  return '\\u' + (below(2) ? text : text.toUpperCase());
};
const codeUnit = () => oneOf([() => below(0x80), () => below(0x20), () => below(0x800), () => below(0x10000),
  () => 0xd800 + below(0x400), () => 0xdc00 + below(0x400), () => 0x2027 + below(4)])();

function piece() {
  switch (below(9)) {
    case 0: return oneOf(['\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t']);
    case 1: return hex4(codeUnit());
    case 2: return hex4(0xd800 + below(0x400)) + hex4(0xdc00 + below(0x400));
    case 3: {
      const unit = codeUnit();
      return unit < 0x20 || unit === 0x22 || unit === 0x5c ? hex4(unit) : String.fromCharCode(unit);
    }
    case 4: return String.fromCodePoint(0x10000 + below(0x100000));
    case 5: return oneOf(['[', ']', '{', '}', ',', ':', ' ', '\x7f', '//']);
    case 6: return many(below(40), () => String.fromCharCode(0x23 + below(0x39)));
    default: return String.fromCharCode(0x61 + below(26));
  }
}
const string = () => '"' + many(below(6), piece) + '"';

const indexLike = () => oneOf([() => String(below(12)), () => String(below(0x100000000)), () => '0' + below(10),
  () => '-' + below(10), () => below(10) + '.5', () => '1e3', () => String(4294967290 + below(12)),
  () => '9007199254740991', () => '18446744073709551616', () => hex4(0x30 + below(10))])();
function key() {
  switch (below(4)) {
    case 0: return '"' + indexLike() + '"';
    case 1: return oneOf(['"a"', '"b"', '"\\u0061"', '"__proto__"', '"constructor"', '""', '"toJSON"', '"length"']);
    default: return string();
  }
}

const digits = (n) => many(1 + below(n), () => below(10));
function number() {
  if (below(4) === 0) {
    // Any bits: the shortest digits of every magnitude.
    const view = new DataView(new ArrayBuffer(8));
    view.setUint32(0, below(0x100000000));
    view.setUint32(4, below(0x100000000));
    const value = view.getFloat64(0);
    if (Number.isFinite(value)) return oneOf([String(value).replace('Infinity', '1'), value.toExponential(20), value.toPrecision(17)]);
  }
  let text = below(3) ? '' : '-';
  text += below(4) ? 1 + below(9) + (below(2) ? digits(below(5) ? 8 : 30) : '') : '0';
  if (below(3) === 0) text += '.' + digits(below(5) ? 8 : 30);
  if (below(3) === 0) text += oneOf(['e', 'E']) + oneOf(['', '+', '-']) + digits(3);
  return text;
}

function value(depth) {
  switch (below(depth === 0 ? 5 : 9)) {
    case 0: return oneOf(['true', 'false', 'null']);
    case 1: case 2: return number();
    case 3: case 4: return string();
    case 5: case 6: return list('[', ']', below(5), () => around(() => value(depth - 1)));
    default: return list('{', '}', below(15) ? below(7) : below(60), () => around(key) + ':' + around(() => value(depth - 1)));
  }
}
const around = (make) => space() + make() + space();
const list = (open, close, n, make) => open + (n ? Array.from({ length: n }, make).join(',') : space()) + close;

// Here and there a text that is damaged.
function text() {
  let made = around(() => value(1 + below(5)));
  if (below(3)) return made;
  const alphabet = '{}[]",:\\u0123456789abcdeEftrn+-. \n\t\u0001\u00a0\ufeff\u2028';
  for (let n = 1 + below(2); n > 0; --n) {
    const at = below(made.length + 1);
    made = made.slice(0, at) + (below(2) ? alphabet[below(alphabet.length)] : '') + made.slice(at + below(2));
  }
  return made;
}

function wtf8(from) {
  const whole = Buffer.from(from, 'utf8');
  if (!/\p{Surrogate}/u.test(from)) return whole;
  return Buffer.concat(Array.from(from, (c) => {
    const unit = c.codePointAt(0);
    if (unit < 0xd800 || unit > 0xdfff) return Buffer.from(c, 'utf8');
    return Buffer.from([0xed, 0x80 | (unit >> 6 & 0x3f), 0x80 | (unit & 0x3f)]);
  }));
}

const blocks = [];
function block(from) {
  const length = Buffer.alloc(4);
  if (from === null) {
    length.writeUInt32LE(0xffffffff);
    blocks.push(length);
    return;
  }
  const bytes = wtf8(from);
  length.writeUInt32LE(bytes.length);
  blocks.push(length, bytes);
}

for (let n = Number(process.argv[3]); n > 0; --n) {
  const made = text();
  block(made);
  let indented = null;
  let compact = null;
  try {
    const parsed = JSON.parse(made);
    indented = JSON.stringify(parsed, null, 2);
    compact = JSON.stringify(parsed);
  } catch (_) {
    // does not parse: null
  }
  block(indented);
  block(compact);
}
process.stdout.write(Buffer.concat(blocks));
