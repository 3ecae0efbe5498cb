import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import { FRAME_HEAD, PREFACE, putFrameHead, putUint32, uint31, uint32 } from './frames.ts'

test('the head of a frame has its size, type, flags and stream', () => {
  const head = new Uint8Array(11)
  assert.equal(putFrameHead(head, 1, 0x010203, 4, 5, 0x7fabcdef), 1 + FRAME_HEAD)
  assert.deepEqual([...head], [0, 1, 2, 3, 4, 5, 0x7f, 0xab, 0xcd, 0xef, 0])
})

test('numbers are read as they were written, and the reserved bit is passed over', () => {
  const check = fc.property(fc.nat({ max: 2 ** 32 - 1 }), (value) => {
    const bytes = new Uint8Array(6)
    assert.equal(putUint32(bytes, 1, value), 5)
    assert.equal(uint32(bytes, 1), value)
    assert.equal(uint31(bytes, 1), value % 2 ** 31)
  })
  fc.assert(check, runs(300))
  for (const value of [0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
    const bytes = new Uint8Array(4)
    putUint32(bytes, 0, value)
    assert.deepEqual([uint32(bytes, 0), uint31(bytes, 0)], [value, value % 2 ** 31])
  }
})

test('the preface has 24 bytes, and is no request of HTTP/1 that anybody would answer', () => {
  assert.equal(PREFACE.length, 24)
  assert.match(PREFACE, /^PRI \* HTTP\/2\.0\r\n\r\nSM\r\n\r\n$/)
})
