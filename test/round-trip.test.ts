import assert from 'node:assert/strict'
import { request as nodeRequest } from 'node:http'
import { test } from 'node:test'
import { Headers } from '../src/message/headers.ts'
import type { Request } from '../src/message/request.ts'
import { Response } from '../src/message/response.ts'
import { isBodiless } from '../src/message/status.ts'
import { readAnswers } from './support/answers.ts'
import { EngineUnderTest, startEngine } from './support/engine.ts'
import { connectInMemory, settled } from './support/memory-socket.ts'
import { fc, pieces, runs, seeded } from './support/property.ts'
import { RawClient } from './support/raw-client.ts'

const SOON = { timeout: 120_000 }

const octets = (from: number, to: number): fc.Arbitrary<string> =>
  fc.integer({ min: from, max: to }).map((c) => String.fromCharCode(c))
const token = fc.string({ unit: fc.constantFrom(..."azAZ09!#$%&'*+-.^_`|~"), minLength: 1, maxLength: 12 })
/** Names that say nothing about the message itself. */
const name = token.map((text) => `X-${text}`)
const visible = fc.oneof(octets(0x21, 0x7e), octets(0x80, 0xff))
/** Values as they are without the white space round them. */
const value = fc
  .tuple(visible, fc.string({ unit: fc.oneof(visible, fc.constantFrom(' ', '\t')), maxLength: 20 }), visible)
  .map((parts) => parts.join(''))
const fields = fc.array(fc.tuple(name, value), { maxLength: 6 })
const content = fc.string({ unit: octets(0, 255), maxLength: 300, size: 'max' })
const segment = fc.string({ unit: fc.constantFrom(..."az09-_~!$&'()*+,;=:@"), minLength: 1, maxLength: 8 })
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((all) => `/${all.join('/')}`)
const query = fc.option(fc.string({ unit: fc.constantFrom(...'az=&%/?:+', '%41'), maxLength: 12 }))

interface Sent {
  readonly method: string
  readonly path: string
  readonly search: string
  readonly fields: readonly (readonly [string, string])[]
  /** Undefined where the request has no body. */
  readonly content: string | undefined
  readonly trailers: readonly (readonly [string, string])[]
  readonly wire: string
}

const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND')
const blank = fc.constantFrom('', ' ', '\t', ' \t ')
const extension = fc.constantFrom('', '', ';a', ' ; a = b', ';a="\\"; b"', ';a=b;c')

/** A body as it is cut into chunks, with the sign for the size in either case, zeros and extensions. */
const chunked = fc
  .tuple(content, fc.nat(), fc.array(extension, { minLength: 1, maxLength: 4 }), fc.boolean(), fields)
  .map(([text, seed, extensions, upper, trailers]) => {
    const chunks = pieces(text, seeded(seed)).concat('')
    const written = chunks.map((chunk, i) => {
      const size = (upper ? '0' : '') + chunk.length.toString(16)[upper ? 'toUpperCase' : 'toString']()
      return `${size}${extensions[i % extensions.length]}\r\n${chunk}${chunk === '' ? '' : '\r\n'}`
    })
    return { text, trailers, written: `${written.join('')}${lines(trailers)}\r\n` }
  })
const noBody = { content: undefined, trailers: [], field: '', written: '' }
const framed = fc.oneof(
  fc.constant(noBody),
  content.map((text) => ({ content: text, trailers: [], field: `Content-Length: ${text.length}\r\n`, written: text })),
  chunked.map(({ text, trailers, written }) => ({
    content: text,
    trailers,
    field: 'Transfer-Encoding: chunked\r\n',
    written,
  })),
)

const request: fc.Arbitrary<Sent> = fc
  .tuple(method, path, query, fields, framed, fc.tuple(blank, blank), fc.nat())
  .map(([verb, way, more, sent, body, [before, after], place]) => {
    const search = more === null ? '' : `?${more}`
    const all = sent.map(([key, text]) => `${key}:${before}${text}${after}\r\n`)
    all.splice(place % (all.length + 1), 0, `Host: a\r\n${body.field}`)
    return {
      method: verb,
      path: way,
      search,
      fields: sent,
      content: body.content,
      trailers: body.trailers,
      wire: `${verb} ${way}${search} HTTP/1.1\r\n${all.join('')}\r\n${body.written}`,
    }
  })

function lines(list: readonly (readonly [string, string])[]): string {
  return list.map(([key, text]) => `${key}: ${text}\r\n`).join('')
}

/** What arrived, in the shape of what was sent. */
async function arrived(asked: Request): Promise<Omit<Sent, 'wire'>> {
  const body = asked.body === null ? undefined : Buffer.from(await asked.arrayBuffer()).toString('latin1')
  const own = [...asked.headers.raw()].filter(([key]) => key.startsWith('X-'))
  return {
    method: asked.method,
    path: asked.path,
    search: asked.search,
    fields: own,
    content: body,
    trailers: [...asked.trailers.raw()],
  }
}

test('generated requests arrive as they were generated, pipelined and in any pieces', SOON, async () => {
  let got: Omit<Sent, 'wire'>[] = []
  const { engine } = new EngineUnderTest({
    handler: async (asked) => {
      got.push(await arrived(asked))
      return new Response()
    },
  })
  const check = fc.asyncProperty(
    fc.array(request, { minLength: 1, maxLength: 3 }),
    fc.option(fc.nat()),
    async (sent, seed) => {
      got = []
      const ends = connectInMemory(engine)
      const wire = sent.map((one) => one.wire).join('')
      for (const piece of seed === null ? [wire] : pieces(wire, seeded(seed))) {
        ends.give(piece)
        await settled(1)
      }
      await settled(4)
      ends.socket.destroy()
      assert.deepEqual(
        got,
        sent.map(({ wire: _, ...one }) => one),
      )
    },
  )
  await fc.assert(check, runs(500))
})

/** The kinds of body that a resource may give. */
type Kind = 'none' | 'text' | 'bytes' | 'stream' | 'promised'

interface Given {
  readonly status: number
  readonly statusText: string
  readonly fields: readonly (readonly [string, string])[]
  readonly kind: Kind
  readonly content: string
  readonly seed: number
  readonly trailers: readonly (readonly [string, string])[]
}

const answer: fc.Arbitrary<Given> = fc.record({
  status: fc.oneof(fc.constantFrom(200, 204, 205, 304, 404, 500), fc.integer({ min: 200, max: 599 })),
  statusText: fc.oneof(
    fc.constant(''),
    fc.string({ unit: octets(0x20, 0x7e), maxLength: 10 }).map((s) => s.trim()),
  ),
  fields,
  kind: fc.constantFrom<Kind>('none', 'text', 'bytes', 'stream', 'promised'),
  content: fc.oneof(
    content,
    fc.integer({ min: 10_000, max: 200_000 }).map((size) => 'x\r\n0\r\n\r\n'.repeat(size / 8)),
  ),
  seed: fc.nat(),
  trailers: fields,
})

function responseOf({ status, statusText, fields: list, kind, content: text, seed, trailers }: Given): Response {
  const init = {
    status,
    statusText,
    headers: list.map(([key, was]) => [key, was] as [string, string]),
    trailers: () => new Headers(trailers.map(([key, was]) => [key, was] as [string, string])),
  }
  const bytes = Buffer.from(text, 'latin1')
  if (kind === 'none') return new Response(null, init)
  if (kind === 'text') return new Response(bytes.toString('latin1'), init)
  if (kind === 'bytes') return new Response(bytes, init)
  return new Response(streamOf(text, seed, kind === 'promised'), init)
}

async function* streamOf(text: string, seed: number, late: boolean): AsyncGenerator<Uint8Array> {
  for (const piece of pieces(text, seeded(seed))) {
    if (late) await new Promise((resolve) => setImmediate(resolve))
    yield Buffer.from(piece, 'latin1')
  }
}

/** The content that a client gets, one character a byte: text goes out as UTF-8. */
function contentOf({ kind, content: text, status }: Given): string {
  if (kind === 'none' || isBodiless(status)) return ''
  return kind === 'text' ? Buffer.from(text).toString('latin1') : text
}

test(
  'generated answers are read back whole by a strict reader, pipelined, by each method and version',
  SOON,
  async (t) => {
    let given: readonly Given[] = []
    const { port } = await startEngine(t, {
      handler: (asked) => responseOf(given[Number(asked.path.slice(1))] as Given),
    })
    const check = fc.asyncProperty(
      fc.array(fc.tuple(answer, fc.constantFrom('GET', 'HEAD', 'POST')), { minLength: 1, maxLength: 4 }),
      fc.constantFrom('1.1', '1.0'),
      async (list, version) => {
        given = list.map(([one]) => one)
        const client = await RawClient.open({ port, host: '127.0.0.1' })
        try {
          const asked = list.map(([, verb], i) => {
            const last = i === list.length - 1
            const option = last ? 'close' : version === '1.0' ? 'keep-alive' : 'TE'
            return `${verb} /${i} HTTP/${version}\r\nHost: a\r\nTE: trailers\r\nConnection: ${option}\r\n\r\n`
          })
          client.send(asked.join(''))
          assert.equal(await client.closed(), 'end')
          const methods = list.map(([, verb]) => verb)
          const { answers, rest } = readAnswers(client.text, methods, true)
          assert.equal(rest, '')
          for (const [i, got] of answers.entries()) {
            const [wanted, verb] = list[i] as [Given, string]
            const own = got.fields.filter(([key]) => key.startsWith('X-'))
            assert.equal(got.status, wanted.status)
            if (wanted.statusText !== '') assert.equal(got.reason, wanted.statusText)
            assert.deepEqual(own, wanted.fields)
            assert.equal(got.body, verb === 'HEAD' ? '' : contentOf(wanted))
            if (got.framing === 'chunked') assert.deepEqual(got.trailers, wanted.trailers)
          }
          // HTTP/1.0 has no chunks: a body of unknown length ends with the connection.
          const until = answers.findIndex(({ framing }) => framing === 'close')
          assert.equal(answers.length, until < 0 ? list.length : until + 1)
          assert.ok(version === '1.0' || until < 0)
        } finally {
          client.destroy()
        }
      },
    )
    await fc.assert(check, runs(300))
  },
)

test('generated answers are read back whole by node:http', SOON, async (t) => {
  let given: Given | undefined
  const { port } = await startEngine(t, { handler: () => responseOf(given as Given) })
  const check = fc.asyncProperty(answer, async (wanted) => {
    given = wanted
    const got = await new Promise<Omit<Given, 'kind' | 'seed'>>((resolve, reject) => {
      const asking = nodeRequest(
        { port, host: '127.0.0.1', headers: { TE: 'trailers', Connection: 'TE' } },
        (answering) => {
          const parts: Buffer[] = []
          answering.on('data', (part: Buffer) => parts.push(part))
          answering.on('error', reject)
          answering.on('end', () =>
            resolve({
              status: answering.statusCode ?? 0,
              statusText: answering.statusMessage ?? '',
              fields: pairs(answering.rawHeaders).filter(([key]) => key.startsWith('X-')),
              content: Buffer.concat(parts).toString('latin1'),
              trailers: pairs(answering.rawTrailers),
            }),
          )
        },
      )
      asking.on('error', reject)
      asking.end()
    })
    assert.equal(got.status, wanted.status)
    assert.deepEqual(got.fields, wanted.fields)
    assert.equal(got.content, contentOf(wanted))
    if (wanted.kind === 'stream' && !isBodiless(wanted.status)) assert.deepEqual(got.trailers, wanted.trailers)
  })
  await fc.assert(check, runs(300))
})

function pairs(list: readonly string[]): (readonly [string, string])[] {
  return list.flatMap((key, i) => (i % 2 === 0 ? [[key, list[i + 1] ?? ''] as const] : []))
}
