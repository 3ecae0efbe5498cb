import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Headers } from '../../message/headers.ts'
import { STREAM_WINDOW, StreamBody } from './body.ts'

interface Made {
  readonly body: StreamBody
  /** What the client was allowed, in the order it was told. */
  readonly allowed: number[]
}

function made(declared?: number): Made {
  const allowed: number[] = []
  const body = new StreamBody(declared, 7, {
    allow(stream, bytes) {
      assert.equal(stream, 7)
      allowed.push(bytes)
    },
  })
  return { body, allowed }
}

function feed(body: StreamBody, text: string, overhead: number = 0): boolean {
  const bytes = Buffer.from(`-${text}-`)
  const fed = body.feed(bytes, 1, bytes.length - 1, overhead)
  bytes.fill('!')
  return fed
}

async function texts(body: StreamBody): Promise<string[]> {
  const pieces: string[] = []
  for await (const piece of body) pieces.push(Buffer.from(piece).toString())
  return pieces
}

test('what comes is held as a copy, and read in order', async () => {
  const { body } = made(7)
  feed(body, 'abc')
  feed(body, 'defg')
  assert.deepEqual([body.complete, body.received, body.declared], [false, 7, 7])
  body.end(undefined)
  assert.deepEqual(await texts(body), ['abcdefg'])
  assert.equal(body.trailers, undefined)
})

test('small pieces share a room, large ones have their own', async () => {
  const { body } = made()
  for (const text of ['a', 'b', 'x'.repeat(5000), 'c', 'd', 'y'.repeat(4095), 'e']) feed(body, text)
  body.end(undefined)
  const pieces = await texts(body)
  assert.deepEqual(
    pieces.map((piece) => piece.length),
    [2, 5000, 2, 4096],
  )
  assert.equal(pieces.join(''), `ab${'x'.repeat(5000)}cd${'y'.repeat(4095)}e`)
})

test('a reader that waits gets what comes at once', async () => {
  const { body } = made()
  const reader = body[Symbol.asyncIterator]()
  for (const text of ['a', 'b']) {
    const next = reader.next()
    await Promise.resolve()
    feed(body, text)
    assert.equal(Buffer.from((await next).value ?? []).toString(), text)
  }
  const last = reader.next()
  body.end(new Headers({ X: 'y' }))
  assert.equal((await last).done, true)
  assert.equal(body.trailers?.get('x'), 'y')
})

test('more than the window is told, padding counted', () => {
  const { body } = made()
  assert.equal(feed(body, 'x'.repeat(STREAM_WINDOW - 10), 10), true)
  assert.equal(feed(body, '', 0), true)
  assert.equal(feed(body, 'x'), false)
})

test('the client is allowed what was read, half a window at a time, and what was only padding', async () => {
  const { body, allowed } = made()
  const reader = body[Symbol.asyncIterator]()
  for (let i = 0; i < 4; i++) feed(body, 'x'.repeat(16384))
  assert.deepEqual(allowed, [])
  await reader.next()
  assert.deepEqual(allowed, [])
  await reader.next()
  assert.deepEqual(allowed, [32768])
  for (let i = 0; i < 200; i++) feed(body, '', 100)
  assert.deepEqual(allowed, [32768])
  await reader.next()
  assert.deepEqual(allowed, [32768, 20_000 + 16384])
})

test('once nobody reads, or all has come, nothing more is allowed', async () => {
  const dropped = made()
  feed(dropped.body, 'x'.repeat(60_000))
  dropped.body.drop()
  feed(dropped.body, 'x', 5000)
  assert.deepEqual(dropped.allowed, [])
  const whole = made()
  feed(whole.body, 'x'.repeat(60_000))
  whole.body.end(undefined)
  await texts(whole.body)
  assert.deepEqual(whole.allowed, [])
})
