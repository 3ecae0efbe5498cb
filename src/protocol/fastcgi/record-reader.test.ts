import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BEGIN_REQUEST, END_REQUEST, GET_VALUES, STDERR, STDOUT } from './codes.ts'
import { FastCgiFault } from './fault.ts'
import { RecordReader, readEnd } from './record-reader.ts'
import { beginRequest, bytesOf, credit, endRequest, record, recordHead, unknownType } from './records.ts'

/** What is told of bytes that come in pieces of the given sizes; the parts of one stream record put together. */
function told(bytes: Uint8Array, sizes: readonly number[]): string[] {
  const list: { head: string; text: string }[] = []
  const reader = new RecordReader()
  let at = 0
  for (let i = 0; at < bytes.byteLength; i++) {
    const end = Math.min(bytes.byteLength, at + (sizes[i % sizes.length] ?? 1))
    reader.read(bytes.subarray(at, end), {
      record: (type, id, content) => {
        const text = Buffer.from(content).toString('latin1')
        const head = `${type} ${id} `
        const before = list.at(-1)
        const joins = type >= 4 && type <= 8 && text !== '' && before?.head === head && before.text !== ''
        if (joins) before.text += text
        else list.push({ head, text })
      },
    })
    at = end
  }
  assert.equal(reader.begun, false)
  return list.map(({ head, text }) => head + text)
}

test('records are told as they were sent, in whatever pieces they come (§3.3)', () => {
  const sent = fc.record({
    type: fc.constantFrom(1, 3, 6, 7, 9, 11, 64, 250),
    id: fc.nat(65535),
    content: fc.string({ unit: fc.nat(255).map((n) => String.fromCharCode(n)), maxLength: 40 }),
    padding: fc.nat(255),
  })
  fc.assert(
    fc.property(
      fc.array(sent, { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
      (all, sizes) => {
        const bytes = all.map(
          ({ type, id, content, padding }) =>
            recordHead(type, id, content.length, padding) + content + '\xff'.repeat(padding),
        )
        assert.deepEqual(told(bytesOf(bytes.join('')), sizes), told(bytesOf(bytes.join('')), [1e9]))
      },
    ),
  )
})

test('the records of the specification read back', () => {
  const bytes = bytesOf(
    beginRequest(1, 2, 1) + record(STDOUT, 1, 'hello') + endRequest(1, -1, 2) + unknownType(77) + credit(3, 70000),
  )
  assert.deepEqual(told(bytes, [3]), [
    '1 1 \0\x02\x01\0\0\0\0\0',
    '6 1 hello',
    '3 1 \xff\xff\xff\xff\x02\0\0\0',
    '11 0 \x4d\0\0\0\0\0\0\0',
    '64 3 \0\x01\x11\x70',
  ])
})

test('a stream is told as it comes, other records when they are whole', () => {
  const seen: string[] = []
  const reader = new RecordReader()
  const receiver = {
    record: (type: number, _: number, content: Uint8Array) => seen.push(`${type}:${Buffer.from(content)}`),
  }
  const bytes = bytesOf(record(STDERR, 1, 'stream') + record(GET_VALUES, 0, 'values'))
  reader.read(bytes.subarray(0, 10), receiver)
  assert.deepEqual(seen, ['7:st'])
  reader.read(bytes.subarray(10, 28), receiver)
  assert.deepEqual(seen, ['7:st', '7:ream'])
  assert.equal(reader.begun, true)
  reader.read(bytes.subarray(28), receiver)
  assert.deepEqual(seen, ['7:st', '7:ream', '9:values'])
})

test('another version is a fault, and nothing is told of it', () => {
  const bytes = bytesOf(record(STDOUT, 1, 'x'))
  bytes[0] = 2
  const reader = new RecordReader()
  assert.throws(() => reader.read(bytes, { record: () => assert.fail('told') }), FastCgiFault)
})

test('a reader that was stopped tells nothing more of the bytes in hand', () => {
  const seen: number[] = []
  const reader = new RecordReader()
  reader.read(bytesOf(beginRequest(1, 1, 0) + endRequest(1, 0, 0)), {
    record: (type) => {
      seen.push(type)
      reader.stop()
    },
  })
  assert.deepEqual(seen, [BEGIN_REQUEST])
})

test('END_REQUEST: the status of the application has a sign; one that is too short is a fault', () => {
  const [end] = [bytesOf(endRequest(1, -7, 3)).subarray(8)]
  assert.deepEqual(readEnd(end), { appStatus: -7, protocolStatus: 3 })
  assert.throws(() => readEnd(end.subarray(0, 7)), FastCgiFault)
  assert.equal(END_REQUEST, 3)
})
