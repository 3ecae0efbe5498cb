import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Server, serve } from '../../src/index.ts'
import { ask } from '../support/client.ts'
import { filesSite } from '../support/files-site.ts'
import { LONG_AGO, makeFolder, patterned } from '../support/folder.ts'
import { multipartRanges } from '../support/multipart-ranges.ts'

const SMALL = Buffer.from('0123456789abcdefghijklmnopqrstuvwxyz')
const LARGE = patterned(1024 * 1024 * 2 + 345)
const root = makeFolder({ 'small.txt': SMALL, 'large.txt': LARGE, 'empty.txt': '' })
/** One file that is kept in memory, one that is read from the disk each time. */
const FILES = [
  ['/small.txt', SMALL],
  ['/large.txt', LARGE],
] as const
const site = filesSite(root)

function get(path: string, range: string, headers: Record<string, string> = {}) {
  return site.request(path, { headers: { Range: range, ...headers } })
}

test('one range is a 206 with its place in the whole', async () => {
  for (const [path, content] of FILES) {
    const size = content.byteLength
    const cases = [
      ['bytes=0-0', 0, 1],
      ['bytes=0-9', 0, 10],
      ['bytes=5-', 5, size],
      ['bytes=0-', 0, size],
      ['bytes=-1', size - 1, size],
      ['bytes=-5', size - 5, size],
      [`bytes=-${size * 2}`, 0, size],
      [`bytes=3-${size * 2}`, 3, size],
      [`bytes=${size - 1}-`, size - 1, size],
      [`bytes=${size - 1}-${size}`, size - 1, size],
      ['bytes=2-4,4-6', 2, 7],
      ['bytes=2-4,5-6', 2, 7],
      [`bytes=2-4,${size}-`, 2, 5],
      ['Bytes=0-0', 0, 1],
      ['bytes= 0-0 , ', 0, 1],
      ['bytes=0-99999999999999999999999', 0, size],
    ] as const
    for (const [range, start, end] of cases) {
      const answer = await get(path, range)
      assert.equal(answer.status, 206, range)
      assert.equal(answer.headers.get('content-range'), `bytes ${start}-${end - 1}/${size}`, range)
      assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8')
      assert.ok(answer.headers.get('etag') !== null && answer.headers.get('last-modified') !== null)
      assert.ok(content.subarray(start, end).equals(await answer.bytes()), range)
    }
  }
})

test('a range that cannot be read as one is ignored, and the whole is sent', async () => {
  const ignored = [
    'bytes=',
    'bytes=-',
    'bytes',
    '0-4',
    'items=0-4',
    'bytes=a-b',
    'bytes=4-2',
    'bytes=0-4,x',
    'bytes=0x1-2',
    'bytes=1.5-2',
    'bytes=--1',
    'bytes=0-1-2',
    'bytes=0 -1',
    `bytes=${Array.from({ length: 17 }, (_, i) => `${i * 2}-${i * 2}`).join()}`,
  ]
  for (const [path, content] of FILES) {
    for (const range of ignored) {
      const answer = await get(path, range)
      assert.equal(answer.status, 200, range)
      assert.equal(answer.headers.get('content-range'), null)
      assert.equal((await answer.bytes()).byteLength, content.byteLength, range)
    }
  }
})

test('a range outside of the file is 416 and tells the size', async () => {
  for (const [path, content] of [...FILES, ['/empty.txt', Buffer.alloc(0)] as const]) {
    const size = content.byteLength
    for (const range of [`bytes=${size}-`, `bytes=${size}-${size + 1}`, 'bytes=-0', `bytes=${size + 5}-,${size}-`]) {
      const answer = await get(path, range)
      assert.equal(answer.status, 416, range)
      assert.equal(answer.headers.get('content-range'), `bytes */${size}`)
      assert.equal(answer.headers.get('etag'), null)
    }
  }
})

test('several ranges are multipart/byteranges, in the order asked, the near ones merged', async () => {
  for (const [path, content] of FILES) {
    const size = content.byteLength
    const cases: readonly (readonly [string, readonly (readonly [number, number])[]])[] = [
      [
        'bytes=0-1,5-6',
        [
          [0, 2],
          [5, 7],
        ],
      ],
      [
        'bytes=20-21,0-1',
        [
          [20, 22],
          [0, 2],
        ],
      ],
      [
        'bytes=0-1,-2',
        [
          [0, 2],
          [size - 2, size],
        ],
      ],
      [
        'bytes=0-1,5-6,1-2,900000000-',
        [
          [0, 3],
          [5, 7],
        ],
      ],
      [
        'bytes=10-11,30-31,9-10',
        [
          [9, 12],
          [30, 32],
        ],
      ],
    ]
    for (const [range, expected] of cases) {
      const answer = await get(path, range)
      assert.equal(answer.status, 206)
      assert.equal(answer.headers.get('content-range'), null)
      assert.equal(answer.headers.get('content-length'), null)
      const type = answer.headers.get('content-type') ?? ''
      const parts = multipartRanges(type, Buffer.from(await answer.bytes()))
      assert.deepEqual(
        parts.map(({ headers }) => [headers['content-type'], headers['content-range']]),
        expected.map(([from, to]) => ['text/plain; charset=utf-8', `bytes ${from}-${to - 1}/${size}`]),
      )
      for (const [i, [from, to]] of expected.entries())
        assert.ok(content.subarray(from, to).equals(parts[i]?.content ?? Buffer.alloc(0)))
    }
  }
})

test('sixteen ranges are answered, which is the most', async () => {
  const sixteen = Array.from({ length: 16 }, (_, i) => `${i * 2}-${i * 2}`)
  const answer = await get('/small.txt', `bytes=${sixteen.join()}`)
  assert.equal(answer.status, 206)
  const parts = multipartRanges(answer.headers.get('content-type') ?? '', Buffer.from(await answer.bytes()))
  assert.equal(parts.length, 16)
})

test('any ranges give exactly the bytes that they name', async () => {
  const place = fc.nat(LARGE.byteLength - 1)
  const ranges = fc.array(fc.tuple(place, fc.nat(40_000)), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(ranges, async (asked) => {
      const list = asked.map(([from, length]) => `${from}-${from + length}`).join()
      const answer = await get('/large.txt', `bytes=${list}`)
      assert.equal(answer.status, 206)
      const bytes = Buffer.from(await answer.bytes())
      const type = answer.headers.get('content-type') ?? ''
      const parts = type.startsWith('multipart/')
        ? multipartRanges(type, bytes)
        : [{ headers: { 'content-range': answer.headers.get('content-range') ?? '' }, content: bytes }]
      const covered = new Set<string>()
      for (const { headers, content } of parts) {
        const m = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers['content-range'] ?? '')
        assert.ok(m !== null && Number(m[3]) === LARGE.byteLength)
        const [from, to] = [Number(m[1]), Number(m[2]) + 1]
        assert.ok(LARGE.subarray(from, to).equals(content))
        for (const [start, length] of asked) {
          if (from <= start && Math.min(start + length + 1, LARGE.byteLength) <= to) covered.add(`${start}+${length}`)
        }
      }
      assert.equal(covered.size, new Set(asked.map(([start, length]) => `${start}+${length}`)).size)
    }),
    { numRuns: 40 },
  )
})

test('If-Range makes a range count only for the very same file (RFC 9110 §13.1.5)', async () => {
  for (const [path] of FILES) {
    const tag = (await site.request(path)).headers.get('etag') ?? ''
    const cases = [
      [tag, 206],
      [`W/${tag}`, 200],
      ['"other"', 200],
      [`${tag}, "other"`, 200],
      ['*', 200],
      ['nonsense', 200],
      [LONG_AGO.toUTCString(), 206],
      [new Date(LONG_AGO.getTime() - 1000).toUTCString(), 200],
      [new Date(LONG_AGO.getTime() + 1000).toUTCString(), 200],
    ] as const
    for (const [ifRange, status] of cases) {
      const answer = await get(path, 'bytes=1-2', { 'If-Range': ifRange })
      assert.equal(answer.status, status, ifRange)
      await answer.bytes()
      // A range that is out of bounds is not 416 where it does not count.
      const outside = await get(path, 'bytes=99999999-', { 'If-Range': ifRange })
      assert.equal(outside.status, status === 206 ? 416 : 200, ifRange)
      await outside.bytes()
    }
  }
})

test('HEAD and OPTIONS take no ranges', async () => {
  const head = await site.request('/small.txt', { method: 'HEAD', headers: { Range: 'bytes=0-1' } })
  assert.equal(head.status, 200)
  assert.equal(head.headers.get('content-length'), String(SMALL.byteLength))
  const options = await site.request('/small.txt', { method: 'OPTIONS', headers: { Range: 'bytes=0-1' } })
  assert.equal(options.status, 204)
})

async function withServer(use: (server: Server) => Promise<void>): Promise<void> {
  const server = await serve({ port: 0, routes: [{ match: '/*', files: root }] })
  await use(server)
  await server.close()
}

test('over a socket every range comes with its length, several ones too', async () => {
  await withServer(async ({ url }) => {
    for (const [path, content] of FILES) {
      const one = await ask(url, path, { headers: { Range: 'bytes=3-30' } })
      assert.equal(one.status, 206)
      assert.equal(one.headers['content-length'], '28')
      assert.ok(content.subarray(3, 31).equals(one.body))
      const several = await ask(url, path, { headers: { Range: 'bytes=0-9,20-29,-3' } })
      assert.equal(several.status, 206)
      assert.equal(several.headers['transfer-encoding'], undefined)
      assert.equal(several.headers['content-length'], String(several.body.byteLength))
      const parts = multipartRanges(several.headers['content-type'] ?? '', several.body)
      const expected = [content.subarray(0, 10), content.subarray(20, 30), content.subarray(-3)]
      assert.deepEqual(
        parts.map((part) => Buffer.from(part.content)),
        expected.map((part) => Buffer.from(part)),
      )
    }
  })
})

test('a file put together from ranges is the file', async () => {
  await withServer(async ({ url }) => {
    const pieces: Buffer[] = []
    const step = 300_001
    for (let at = 0; at < LARGE.byteLength; at += step) {
      const got = await ask(url, '/large.txt', { headers: { Range: `bytes=${at}-${at + step - 1}` } })
      assert.equal(got.status, 206)
      pieces.push(got.body)
    }
    assert.ok(LARGE.equals(Buffer.concat(pieces)))
  })
})
