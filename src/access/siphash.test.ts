import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SipHash } from './siphash.ts'

const KEY = Uint8Array.from({ length: 16 }, (_, i) => i)

function tagOf(text: string): string {
  const hash = new SipHash(KEY)
  assert.ok(hash.hash(text))
  const tag = Buffer.alloc(16)
  ;[hash.a, hash.b, hash.c, hash.d].forEach((word, i) => {
    tag.writeInt32LE(word, i * 4)
  })
  return tag.toString('hex')
}

// Made by OpenSSL 3: openssl mac -macopt hexkey:000102…0f -macopt size:16 SIPHASH. The texts are the octets 0, 1, 2, …
const TAGS: readonly (readonly [number, string])[] = [
  [0, 'a3817f04ba25a8e66df67214c7550293'],
  [1, 'da87c1d86b99af44347659119b22fc45'],
  [7, 'a1f1ebbed8dbc153c0b84aa61ff08239'],
  [8, '3b62a9ba6258f5610f83e264f31497b4'],
  [9, '264499060ad9baabc47f8b02bb6d71ed'],
  [15, '5493e99933b0a8117e08ec0f97cfc3d9'],
  [16, '6ee2a4ca67b054bbfd3315bf85230577'],
  [30, 'ea5c7f471faf6bde2b1ad7d4686d2287'],
  [63, '5150d1772f50834a503e069a973fbd7c'],
  [200, '7c5853f4ed12ff9d836a79bc4047022d'],
  [256, '67a00304d3834c4612eaee7b5f579acb'],
  [300, 'ce005a406d14b36d5386b5f7a7e1b311'],
]

for (const [size, tag] of TAGS) {
  test(`the tag of ${size} octets is that of SipHash-2-4-128`, () => {
    assert.equal(tagOf(String.fromCharCode(...Array.from({ length: size }, (_, i) => i & 255))), tag)
  })
}

test('a text that is not of octets has no tag, wherever its other character stands', () => {
  const hash = new SipHash(KEY)
  for (const text of ['\u0142', '0123456\u0142', '0123456789\u0142']) assert.equal(hash.hash(text), false)
  assert.equal(hash.hash('\xff'), true)
})

test('a key has 16 octets', () => {
  for (const size of [0, 15, 17]) assert.throws(() => new SipHash(new Uint8Array(size)), TypeError)
})
