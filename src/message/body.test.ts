import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type Body,
  type BodyInit,
  cancelBody,
  isAsyncIterable,
  isSized,
  knownSize,
  readAll,
  release,
  toBody,
  toBytes,
  utf8Size,
} from './body.ts'

async function* chunks(...given: readonly unknown[]): AsyncGenerator<Uint8Array> {
  for (const chunk of given) yield chunk as Uint8Array
}

async function text(body: Body): Promise<string> {
  return Buffer.from(await readAll(body)).toString()
}

const backing = Buffer.from('xabcx')

for (const [what, init, size] of [
  ['text', 'abc', 3],
  ['bytes', new Uint8Array(Buffer.from('abc')), 3],
  ['a part of a buffer', backing.subarray(1, 4), 3],
  ['an ArrayBuffer', new Uint8Array(Buffer.from('abc')).buffer, 3],
  ['a DataView', new DataView(backing.buffer, backing.byteOffset + 1, 3), 3],
  ['a Blob', new Blob(['a', 'bc']), 3],
  ['an async iterable', chunks(Buffer.from('ab'), Buffer.from('c')), undefined],
  ['an async iterable of text', chunks('ab', 'c'), undefined],
  ['a Node stream', Readable.from([Buffer.from('abc')]), undefined],
  ['a Web stream', new Blob(['abc']).stream() as unknown as BodyInit, undefined],
] as const) {
  test(`${what} is a body, its size ${size === undefined ? 'not known beforehand' : 'known'}`, async () => {
    const body = toBody(init as BodyInit)
    assert.equal(knownSize(body), size)
    assert.equal(await text(body), 'abc')
  })
}

test('URLSearchParams are a body, null is none', async () => {
  assert.equal(toBody(new URLSearchParams({ a: 'b c' })), 'a=b+c')
  assert.equal(toBody(null), null)
  assert.equal(knownSize(null), 0)
  assert.equal(await text(null), '')
})

for (const init of [5, true, {}, [], () => 'x', Symbol('x'), new Date()]) {
  test(`${typeof init} ${Array.isArray(init) ? '[]' : ''} is no body`, () => {
    assert.throws(() => toBody(init as unknown as BodyInit), TypeError)
  })
}

test('a Blob is a sized body, of which any part can be read', async () => {
  const body = toBody(new Blob(['0123456789']))
  assert.ok(isSized(body))
  assert.equal(body.size, 10)
  const part = body.slice(2, 8).slice(1, 3)
  assert.equal(part.size, 2)
  assert.equal(await text(part), '34')
})

test('a stream is not taken for a sized body', () => {
  assert.equal(isSized(Readable.from([])), false)
  assert.equal(isSized('abc'), false)
  assert.equal(isSized(new Uint8Array(3)), false)
  assert.equal(isSized(null), false)
  assert.equal(isAsyncIterable('abc'), false)
  assert.equal(isAsyncIterable(null), false)
  assert.equal(isAsyncIterable(chunks()), true)
})

test('the size of a text is that of its UTF-8 form', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (s) => assert.equal(utf8Size(s), Buffer.byteLength(s))))
  const surrogates = fc.string({ unit: fc.constantFrom('\ud800', '\udc00', '\udbff', 'a', 'ü', '本') })
  fc.assert(fc.property(surrogates, (s) => assert.equal(utf8Size(s), Buffer.byteLength(s))))
})

test('a chunk may be bytes, a view, a buffer or text', () => {
  const abc = new Uint8Array(Buffer.from('abc'))
  assert.deepEqual(Buffer.from(toBytes('abc')), Buffer.from('abc'))
  assert.equal(toBytes(abc), abc)
  assert.deepEqual(toBytes(new DataView(abc.buffer, 1, 2)), abc.subarray(1))
  assert.deepEqual(toBytes(abc.buffer), abc)
})

for (const [chunk, name] of [
  [null, 'null'],
  [undefined, 'undefined'],
  [5, 'number'],
  [{}, 'object'],
] as const) {
  test(`a body that yields ${name} fails with a TypeError that says so`, async () => {
    assert.throws(() => toBytes(chunk), new RegExp(`TypeError: a body yielded ${name}`))
    await assert.rejects(readAll(chunks(chunk)), TypeError)
  })
}

test('reading all puts the chunks together', async () => {
  const lists = fc.array(fc.uint8Array({ maxLength: 20 }))
  await fc.assert(
    fc.asyncProperty(lists, async (given) => {
      assert.deepEqual(Buffer.from(await readAll(chunks(...given))), Buffer.concat(given))
    }),
  )
})

test('a generator that was not begun is let go of without running', async () => {
  let ran = false
  async function* body(): AsyncGenerator<Uint8Array> {
    ran = true
    yield new Uint8Array(1)
  }
  const iterator = body()
  cancelBody(iterator)
  assert.equal((await iterator.next()).done, true)
  assert.equal(ran, false)
})

test('a Node stream is destroyed, a Web stream cancelled', () => {
  const stream = Readable.from([Buffer.from('x')])
  cancelBody(stream)
  assert.equal(stream.destroyed, true)
  let cancelled = 0
  cancelBody(new ReadableStream({ cancel: () => void cancelled++ }) as unknown as Body)
  assert.equal(cancelled, 1)
})

test('a Web stream that somebody reads is left to him', () => {
  let cancelled = 0
  const stream = new ReadableStream({ cancel: () => void cancelled++ })
  stream.getReader()
  cancelBody(stream as unknown as Body)
  assert.equal(cancelled, 0)
})

test('letting go of text, bytes or nothing does nothing', () => {
  for (const body of ['abc', new Uint8Array(3), null]) assert.doesNotThrow(() => cancelBody(body))
})

for (const [what, fail] of [
  ['throws', () => assert.fail('while it ends')],
  ['rejects', () => Promise.reject(new Error('while it ends'))],
  ['is not there', undefined],
] as const) {
  test(`a source whose return ${what} has nobody left to tell`, async () => {
    const source = { next: () => assert.fail(), ...(fail !== undefined && { return: fail }) }
    assert.doesNotThrow(() => release(source as unknown as AsyncIterator<Uint8Array>))
    await new Promise(setImmediate)
  })
}

test('a Web stream that fails while it is cancelled has nobody left to tell', async () => {
  const stream = new ReadableStream({ cancel: () => Promise.reject(new Error('while it ends')) })
  cancelBody(stream as unknown as Body)
  await new Promise(setImmediate)
})

test('a source that cannot even be begun has nobody left to tell', () => {
  assert.doesNotThrow(() => cancelBody({ [Symbol.asyncIterator]: () => assert.fail('while it begins') }))
})
