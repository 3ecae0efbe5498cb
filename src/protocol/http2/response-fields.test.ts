import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Headers } from '../../message/headers.ts'
import { OwnFields } from '../http1/own-fields.ts'
import { HpackDecoder } from './hpack-decoder.ts'
import { answerBlock, putAnswerBlock, renderBlock, roomFor, trailerBlock, usualFrames } from './response-fields.ts'

const DATE = 'Sat, 21 Nov 2026 12:00:00 GMT'
const OWN = new OwnFields(DATE, '')

function decoded(block: Uint8Array): string[] {
  return new HpackDecoder(4096).decode(block, { size: 1e6, fields: 1000 }) ?? []
}

test('an answer has its status, its date, its length and its own fields, names in lower case', () => {
  const fields = renderBlock(new Headers({ 'X-A': '1', 'Set-Cookie': ['a', 'b'] }))
  assert.deepEqual(decoded(answerBlock(404, fields, 12345, OWN)), [
    ...[':status', '404', 'date', DATE, 'content-length', '12345', 'x-a', '1', 'set-cookie', 'a', 'set-cookie', 'b'],
  ])
  assert.deepEqual(decoded(answerBlock(200, renderBlock(new Headers()), undefined, OWN)), [
    ':status',
    '200',
    'date',
    DATE,
  ])
})

test('a Date of its own is the only one', () => {
  const fields = renderBlock(
    new Headers([
      ['Date', 'mine'],
      ['Date', 'again'],
    ]),
  )
  assert.deepEqual(decoded(answerBlock(200, fields, undefined, OWN)), [':status', '200', 'date', 'mine'])
})

test('Server is told, unless the resource says it itself', () => {
  const own = new OwnFields(DATE, 'oriel/1')
  const told = (headers: Headers): string[] => decoded(answerBlock(204, renderBlock(headers), undefined, own)).slice(2)
  assert.deepEqual(told(new Headers()), ['date', DATE, 'server', 'oriel/1'])
  assert.deepEqual(told(new Headers({ Server: 'mine' })), ['date', DATE, 'server', 'mine'])
  assert.deepEqual(told(new Headers({ Date: 'then' })), ['server', 'oriel/1', 'date', 'then'])
  assert.deepEqual(told(new Headers({ Date: 'then', SERVER: 'mine' })), ['date', 'then', 'server', 'mine'])
})

test('what belongs to a connection does not go out, but is heard', () => {
  const names = ['Keep-Alive', 'Proxy-Connection', 'Transfer-Encoding', 'TE', 'Trailer', 'Upgrade']
  const headers = new Headers(Object.fromEntries(names.map((name) => [name, 'x'])))
  headers.set('Connection', 'a, Close')
  headers.set('Content-Length', '7')
  const fields = renderBlock(headers)
  assert.deepEqual([fields.bytes.byteLength, fields.close, fields.contentLength], [0, true, 7])
})

test('fields are rendered once until they change', () => {
  const headers = new Headers({ A: '1' })
  const first = renderBlock(headers)
  assert.equal(first.used, false)
  assert.equal(renderBlock(headers), first)
  assert.equal(first.used, true)
  headers.set('A', '2')
  assert.notEqual(renderBlock(headers), first)
  assert.equal(decoded(renderBlock(headers).bytes)[1], '2')
})

test('a block has room, whatever its status, date and length', () => {
  const fields = renderBlock(new Headers({ A: 'x'.repeat(500) }))
  const own = new OwnFields('W'.repeat(29), 'x'.repeat(200))
  const into = new Uint8Array(roomFor(fields, own) + 20).fill(255)
  const end = putAnswerBlock(into, 20, 599, fields, 999_999_999_999_999, own)
  assert.ok(end <= into.byteLength)
  assert.equal(decoded(into.subarray(20, end))[7], '999999999999999')
})

test('a usual answer is made again when the second, the content or the size is another', () => {
  const fields = renderBlock(new Headers({ A: '1' }))
  const content = Buffer.from('abc')
  const frames = usualFrames(fields, 3, OWN, content)
  assert.equal(usualFrames(fields, 3, OWN, content), frames)
  const text = Buffer.from(frames).toString('latin1')
  assert.ok(text.endsWith('abc'))
  const block = frames.subarray(9, fields.headSize)
  assert.deepEqual(decoded(block), [':status', '200', 'date', DATE, 'content-length', '3', 'a', '1'])
  assert.deepEqual([...frames.subarray(fields.headSize, fields.headSize + 9)], [0, 0, 3, 0, 1, 0, 0, 0, 0])
  assert.notEqual(usualFrames(fields, 3, new OwnFields('later', ''), content), frames)
  const other = usualFrames(fields, 3, new OwnFields('later', ''), Buffer.from('abd'))
  assert.ok(Buffer.from(other).toString('latin1').endsWith('abd'))
})

test('trailers go out without those that may not stand there', () => {
  assert.deepEqual(decoded(trailerBlock(new Headers({ 'X-Sum': '1', 'Content-Length': '2', Host: 'x' }))), [
    'x-sum',
    '1',
  ])
  assert.equal(trailerBlock(new Headers({ Host: 'x' })).byteLength, 0)
})
