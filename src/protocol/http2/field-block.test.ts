import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionFault, ENHANCE_YOUR_CALM } from './codes.ts'
import { FieldBlock } from './field-block.ts'

const calm = (error: unknown): boolean => error instanceof ConnectionFault && error.code === ENHANCE_YOUR_CALM

test('a block is the sum of its parts, which are copied, and is there once', () => {
  const block = new FieldBlock()
  const bytes = Buffer.from('-abcd-')
  block.begin(7, true, bytes, 1, 3)
  block.add(bytes, 3, 3, 100)
  block.add(bytes, 3, 5, 100)
  bytes.fill('!')
  assert.deepEqual([block.stream, block.ended], [7, true])
  assert.equal(Buffer.from(block.take()).toString(), 'abcd')
  assert.equal(block.stream, 0)
  block.begin(9, false, Buffer.from('e'), 0, 1)
  assert.deepEqual([block.ended, Buffer.from(block.take()).toString()], [false, 'e'])
})

test('a block of too many frames is refused, be they empty', () => {
  const block = new FieldBlock()
  block.begin(1, false, Buffer.alloc(0), 0, 0)
  assert.throws(() => {
    for (let i = 0; i < 1000; i++) block.add(Buffer.alloc(0), 0, 0, 16384)
  }, calm)
})

test('a block of more bytes than its fields may have is refused', () => {
  const block = new FieldBlock()
  const part = Buffer.alloc(10_000)
  block.begin(1, false, part, 0, 10_000)
  block.add(part, 0, 10_000, 2000)
  assert.throws(() => block.add(part, 0, 400, 2000), calm)
})
