import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpError } from '../../message/errors.ts'
import { ArrivingBody } from './body.ts'

const LIMITS = { head: 16384, fields: 200 }

function feed(body: ArrivingBody, text: string): string {
  const bytes = Buffer.from(text, 'latin1')
  return bytes.subarray(body.feed(bytes, 0)).toString('latin1')
}

async function readText(body: ArrivingBody): Promise<string> {
  let text = ''
  for await (const chunk of body) text += Buffer.from(chunk).toString('latin1')
  return text
}

function status(expected: number): (error: unknown) => boolean {
  return (error) => error instanceof HttpError && error.status === expected
}

test('a body of a known size ends there, and what is behind it is not taken', async () => {
  const body = new ArrivingBody(5, LIMITS)
  assert.equal(feed(body, 'he'), '')
  assert.equal(body.complete, false)
  assert.equal(feed(body, 'lloGET'), 'GET')
  assert.deepEqual([body.complete, body.received, body.declared], [true, 5, 5])
  assert.equal(await readText(body), 'hello')
})

test('a chunked body ends with its last chunk and tells its trailers only then', async () => {
  const body = new ArrivingBody('chunked', LIMITS)
  feed(body, '2\r\nhe\r\n3\r\nllo\r\n0\r\nX: y\r\n')
  assert.equal(String(body.trailers), 'undefined')
  assert.equal(feed(body, '\r\nGET'), 'GET')
  assert.deepEqual([body.complete, body.received, body.declared], [true, 5, undefined])
  assert.equal(await readText(body), 'hello')
  assert.equal(body.trailers?.get('x'), 'y')
})

test('a body of no bytes is complete from the beginning', async () => {
  const body = new ArrivingBody(0, LIMITS)
  assert.equal(body.complete, true)
  assert.equal(feed(body, 'GET'), 'GET')
  assert.equal(await readText(body), '')
})

test('a reader that waits says so, once for each time, and gets what comes', async () => {
  const body = new ArrivingBody(4, LIMITS)
  let asked = 0
  body.source = {
    wanted: () => {
      asked++
    },
  }
  const reader = body[Symbol.asyncIterator]()
  const first = reader.next()
  await Promise.resolve()
  assert.deepEqual([asked, body.waiting], [1, true])
  feed(body, 'ab')
  assert.equal(Buffer.from((await first).value ?? []).toString(), 'ab')
  assert.equal(body.waiting, false)
  feed(body, 'cd')
  assert.equal(Buffer.from((await reader.next()).value ?? []).toString(), 'cd')
  assert.equal((await reader.next()).done, true)
  assert.equal(asked, 1)
})

test('reading a second time is an error of the program', async () => {
  const body = new ArrivingBody(0, LIMITS)
  await readText(body)
  assert.throws(() => body[Symbol.asyncIterator](), TypeError)
})

test('a body beyond its limit is 413, before any of it is given away', async () => {
  const body = new ArrivingBody('chunked', LIMITS)
  body.limit = 4
  feed(body, '5\r\nhello\r\n')
  await assert.rejects(readText(body), status(413))
})

test('what came before a body fails is still read, then the reader gets the error', async () => {
  const body = new ArrivingBody(10, LIMITS)
  feed(body, 'hello')
  body.fail(new HttpError(408))
  const reader = body[Symbol.asyncIterator]()
  assert.equal(Buffer.from((await reader.next()).value ?? []).toString(), 'hello')
  await assert.rejects(reader.next(), status(408))
})

test('a malformed chunk fails the body with the status of its fault, and all behind it is dropped', async () => {
  const body = new ArrivingBody('chunked', LIMITS)
  assert.equal(feed(body, '5\r\nhello!\r\n0\r\n\r\nGET / HTTP/1.1\r\n'), '')
  assert.equal(body.complete, false)
  await assert.rejects(readText(body), status(400))
  const long = new ArrivingBody('chunked', { head: 10, fields: 1 })
  feed(long, '0\r\nA: 1\r\nB: 2\r\n')
  await assert.rejects(readText(long), status(431))
})

test('a reader that stops early drops the rest, and nothing more is held', async () => {
  const body = new ArrivingBody(200_000, LIMITS)
  feed(body, 'x'.repeat(100_000))
  assert.equal(body.full, true)
  for await (const _ of body) break
  assert.equal(body.full, false)
  feed(body, 'x'.repeat(90_000))
  assert.equal(body.full, false)
})

test('a body is full with 64 KiB, or sooner where they come in tiny pieces, and reading makes room', async () => {
  const body = new ArrivingBody(1_000_000, LIMITS)
  let pieces = 0
  while (!body.full) {
    feed(body, 'x')
    pieces++
  }
  assert.ok(pieces < 1000, `${pieces} pieces of one byte were held`)
  const reader = body[Symbol.asyncIterator]()
  for (let i = 0; i < pieces; i++) await reader.next()
  assert.equal(body.full, false)
  feed(body, 'x'.repeat(65_000))
  assert.equal(body.full, false)
  feed(body, 'x'.repeat(536))
  assert.equal(body.full, true)
})

test('the content of many small chunks is held as one piece', async () => {
  const body = new ArrivingBody('chunked', LIMITS)
  feed(body, '1\r\nx\r\n'.repeat(10_000))
  const reader = body[Symbol.asyncIterator]()
  assert.equal((await reader.next()).value?.byteLength, 10_000)
})

test('only time in which somebody waits makes a client too slow: silence, or less than the rate', async () => {
  const body = new ArrivingBody(1000, LIMITS)
  const tooSlow = (ticks: number): boolean => {
    let slow = false
    for (let i = 0; i < ticks; i++) slow = body.tooSlow(3, 10)
    return slow
  }
  assert.equal(tooSlow(100), false)
  const reader = body[Symbol.asyncIterator]()
  const wait = async (): Promise<void> => {
    void reader.next()
    await Promise.resolve()
  }
  await wait()
  assert.equal(tooSlow(3), false)
  feed(body, 'x'.repeat(40))
  await wait()
  // Seven ticks in all, of which four count: forty bytes are just enough, and less than that at the next one.
  assert.equal(tooSlow(3), false)
  feed(body, 'x')
  await wait()
  assert.equal(tooSlow(1), false)
  assert.equal(tooSlow(1), true)
})

test('silence alone is too slow, however much came before', async () => {
  const body = new ArrivingBody(100_000, LIMITS)
  feed(body, 'x'.repeat(50_000))
  const reader = body[Symbol.asyncIterator]()
  await reader.next()
  void reader.next()
  await Promise.resolve()
  const verdicts = Array.from({ length: 5 }, () => body.tooSlow(3, 1))
  assert.deepEqual(verdicts, [false, false, false, true, true])
})
