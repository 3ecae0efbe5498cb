import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Body, readAll, type SizedBody } from './body.ts'
import { ByteRanges, cut, PartOf } from './byteranges.ts'
import type { ByteRange } from './ranges.ts'

/** A body that can be cut, given out in small pieces. */
function sized(bytes: Uint8Array): SizedBody {
  return {
    size: bytes.length,
    slice: (start, end) => sized(bytes.subarray(start, end)),
    async *[Symbol.asyncIterator]() {
      for (let at = 0; at < bytes.length; at += 3) yield bytes.subarray(at, at + 3)
    },
  }
}

test('text, bytes and sized bodies can be cut, others cannot', async () => {
  const range = { start: 1, end: 3 }
  assert.deepEqual(cut('aüb', range), new Uint8Array([0xc3, 0xbc]))
  assert.deepEqual(cut(new Uint8Array([1, 2, 3, 4]), range), new Uint8Array([2, 3]))
  assert.deepEqual(await readAll(cut(sized(new Uint8Array([1, 2, 3, 4])), range) ?? null), new Uint8Array([2, 3]))
  assert.equal(cut(null, range), undefined)
  assert.equal(cut(new Blob(['abc']).stream() as unknown as AsyncIterable<Uint8Array>, range), undefined)
})

test('several ranges are written as RFC 9110 §14.6 shows them', async () => {
  const ranges = [
    { start: 0, end: 2 },
    { start: 4, end: 6 },
  ]
  const parts = new ByteRanges('abcdefgh', ranges, 8, 'text/plain')
  const boundary = /^multipart\/byteranges; boundary=([0-9A-Za-z]{1,70})$/.exec(parts.type)?.[1]
  assert.ok(boundary !== undefined, parts.type)
  const lines = [
    `--${boundary}`,
    'Content-Type: text/plain',
    'Content-Range: bytes 0-1/8',
    '',
    'ab',
    `--${boundary}`,
    'Content-Type: text/plain',
    'Content-Range: bytes 4-5/8',
    '',
    'ef',
    `--${boundary}--`,
    '',
  ]
  assert.equal(Buffer.from(await readAll(parts)).toString(), lines.join('\r\n'))
})

test('parts of a content without a type have none', async () => {
  const parts = new ByteRanges('abc', [{ start: 0, end: 1 }], 3, null)
  assert.doesNotMatch(Buffer.from(await readAll(parts)).toString(), /Content-Type/)
})

test('no two answers have the same boundary, so that nobody can put one into the content', () => {
  const types = Array.from({ length: 100 }, () => new ByteRanges('a', [], 1, null).type)
  assert.equal(new Set(types).size, 100)
})

test('who stops reading lets go of the part that was open', async () => {
  let released = 0
  const body: SizedBody = {
    size: 100,
    slice: () => ({
      ...body,
      async *[Symbol.asyncIterator]() {
        try {
          for (;;) yield new Uint8Array(1)
        } finally {
          released++
        }
      },
    }),
    async *[Symbol.asyncIterator]() {},
  }
  const ranges = [
    { start: 0, end: 10 },
    { start: 20, end: 30 },
  ]
  let chunks = 0
  for await (const _ of new ByteRanges(body, ranges, 100, null)) if (++chunks === 3) break
  assert.equal(released, 1)
})

/** Takes a multipart/byteranges body apart, by its delimiters alone. */
function parse(type: string, body: Buffer): { type: string | undefined; range: string; content: Buffer }[] {
  const delimiter = `--${type.replace(/^.*boundary=/, '')}`
  const text = body.toString('latin1')
  assert.ok(text.startsWith(`${delimiter}\r\n`) && text.endsWith(`\r\n${delimiter}--\r\n`))
  return text
    .slice(delimiter.length + 2, -delimiter.length - 6)
    .split(`\r\n${delimiter}\r\n`)
    .map((part) => {
      const end = part.indexOf('\r\n\r\n')
      const fields = part.slice(0, end).split('\r\n')
      const value = (name: string): string | undefined =>
        fields.find((line) => line.startsWith(name))?.slice(name.length)
      return {
        type: value('Content-Type: '),
        range: value('Content-Range: ') ?? '',
        content: Buffer.from(part.slice(end + 4), 'latin1'),
      }
    })
}

test('a body of byte ranges has just the size it tells, and parses back', async () => {
  const given = fc.uint8Array({ minLength: 1, maxLength: 60 }).chain((bytes) => {
    const range = fc
      .tuple(fc.nat(bytes.length - 1), fc.nat(bytes.length - 1))
      .map(([a, b]): ByteRange => ({ start: Math.min(a, b), end: Math.max(a, b) + 1 }))
    return fc.tuple(fc.constant(bytes), fc.array(range, { minLength: 1, maxLength: 5 }))
  })
  const kind = fc.constantFrom<(bytes: Uint8Array) => Body>((bytes) => bytes, sized)
  await fc.assert(
    fc.asyncProperty(
      given,
      kind,
      fc.constantFrom(null, 'text/plain;charset=utf-8'),
      async ([bytes, ranges], as, type) => {
        const made = new ByteRanges(as(bytes), ranges, bytes.length, type)
        const body = Buffer.from(await readAll(made))
        assert.equal(body.length, made.size)
        assert.deepEqual(
          parse(made.type, body),
          ranges.map(({ start, end }) => ({
            type: type ?? undefined,
            range: `bytes ${start}-${end - 1}/${bytes.length}`,
            content: Buffer.from(bytes.subarray(start, end)),
          })),
        )
      },
    ),
  )
})

test('a part of a stream is what the same part of its bytes is, whatever its pieces', async () => {
  const pieces = fc.array(fc.uint8Array({ minLength: 0, maxLength: 9 }), { maxLength: 9 })
  await fc.assert(
    fc.asyncProperty(pieces, fc.nat(), fc.nat(), async (given, a, b) => {
      const all = Buffer.concat(given)
      if (all.length === 0) return
      const start = a % all.length
      const end = start + 1 + (b % (all.length - start))
      let ended = 0
      async function* source(): AsyncGenerator<Uint8Array> {
        try {
          yield* given
        } finally {
          ended++
        }
      }
      const part = new PartOf(source(), { start, end }, all.length)
      assert.equal(part.size, end - start)
      assert.deepEqual(Buffer.from(await readAll(part)), all.subarray(start, end))
      assert.equal(ended, 1)
    }),
  )
})

test('the source of a part is let go, read or not, and one that ends early ends the part', async () => {
  for (const read of [false, true]) {
    let released = 0
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false as const, value: new Uint8Array(4) }),
        return: () => {
          released++
          return Promise.resolve({ done: true as const, value: undefined })
        },
      }),
    }
    const part = new PartOf(source, { start: 2, end: 9 }, 20)[Symbol.asyncIterator]()
    if (read) assert.equal((await part.next()).value?.byteLength, 2)
    await part.return?.()
    assert.equal(released, 1)
  }
  async function* short(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(3)
  }
  assert.equal((await readAll(new PartOf(short(), { start: 1, end: 9 }, 20))).byteLength, 2)
})
