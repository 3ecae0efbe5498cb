import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { MemorySocket, settled } from '../../../test/support/memory-socket.ts'
import { fc, runs } from '../../../test/support/property.ts'
import { Reports } from '../../../test/support/reports.ts'
import { whole } from '../../../test/support/web-server-end.ts'
import type { Request } from '../../message/request.ts'
import { Response } from '../../message/response.ts'
import { STDOUT } from '../../protocol/fastcgi/codes.ts'
import { nameValues } from '../../protocol/fastcgi/name-values.ts'
import { RecordReader } from '../../protocol/fastcgi/record-reader.ts'
import { abortRequest, bytesOf, record } from '../../protocol/fastcgi/records.ts'
import { FastCgiConnection } from './connection.ts'
import type { FastCgiContext } from './context.ts'
import { sitesOf } from './roles.ts'

const SOON = { timeout: 20_000 }

interface Ends {
  readonly socket: MemorySocket
  readonly context: FastCgiContext
  readonly reports: Reports
  give(records: string): void
}

/** A connection without a system below it: each piece that is given is one read. */
function connected(app: unknown, values: readonly (readonly [string, string])[] = []): Ends {
  const reports = new Reports()
  const context: FastCgiContext = {
    sites: sitesOf(app, {}),
    values: new Map(values),
    objects: false,
    window: 65536,
    maxParams: 100_000,
    maxRequests: 1e9,
    report: reports.report,
    running: 0,
    closed: () => {},
  }
  const socket = new MemorySocket()
  new FastCgiConnection(socket as unknown as Socket, context)
  // As with real sockets, which all read into one buffer: what was kept without copying it is spoiled.
  socket.on('data', (bytes: Buffer) => bytes.fill('!'))
  return { socket, context, reports, give: (records) => void socket.push(Buffer.from(records, 'latin1')) }
}

/** What each request was answered; the end of it included. */
function answersIn(written: string): Record<number, string> {
  const answers: Record<number, string> = {}
  new RecordReader().read(bytesOf(written), {
    record: (type, id, content) => {
      const text = Buffer.from(content).toString('latin1')
      answers[id] = `${answers[id] ?? ''}${type === STDOUT && text !== '' ? text : `[${type} ${text}]`}`
    },
  })
  return answers
}

const app = async (request: Request): Promise<Response> =>
  new Response(`${request.method} ${request.path} ${request.headers.get('x-a')} ${await request.text()}`)

test('in whatever pieces requests come, the answers are the same', SOON, async () => {
  const asked =
    whole({ id: 1, method: 'POST', path: '/a', body: 'first content', variables: { HTTP_X_A: 'x'.repeat(200) } }) +
    whole({ id: 2, method: 'PUT', path: '/b', body: 'y'.repeat(70_000), variables: { CONTENT_LENGTH: '' } }) +
    whole({ id: 300, path: '/c' })
  const answered = async (sizes: readonly number[]): Promise<Record<number, string>> => {
    const { socket, give, context } = connected(app)
    for (let at = 0, i = 0; at < asked.length; i++) {
      const end = at + (sizes[i % sizes.length] ?? 1)
      give(asked.slice(at, end))
      at = end
      await settled(1)
    }
    while (context.running > 0) await settled(1)
    await settled()
    return answersIn(socket.written)
  }
  const expected = await answered([1e9])
  assert.deepEqual(Object.keys(expected), ['1', '2', '300'])
  assert.match(expected[1] ?? '', /POST \/a x{200} first content\[6 \]\[3 \0{8}\]$/)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 20, maxLength: 40 }), async (sizes) => {
      const all = sizes.map((size, i) => (i % 3 === 0 ? size + 5000 : size))
      assert.deepEqual(await answered(all), expected)
    }),
    runs(10),
  )
})

test('a web server that takes nothing is not read from for ever', SOON, async () => {
  let handled = 0
  const { socket, give } = connected(() => {
    handled++
    return new Response('x'.repeat(10_000))
  })
  socket.stuck = true
  const read = whole().repeat(20)
  for (let i = 0; i < 1000; i++) {
    give(read)
    await settled(1)
    if (socket.isPaused()) break
  }
  assert.equal(socket.isPaused(), true)
  const before = handled
  assert.ok(before < 200, String(before))
  give(read)
  await settled()
  assert.equal(handled, before)
  socket.unstick()
  await settled()
  assert.equal(handled, before + 20)
})

for (const [what, records] of [
  ['GET_VALUES', record(9, 0, nameValues(['A', '']))],
  ['requests of an unknown role', whole({ role: 9 })],
] as const) {
  test(`a web server that sends ${what} without end, and takes no answers, is left`, SOON, async () => {
    const { socket, give, reports } = connected(app, [['A', 'a'.repeat(10_000)]])
    socket.stuck = true
    for (let i = 0; i < 1000 && !socket.destroyed; i++) {
      give(records.repeat(1000))
      await settled(1)
      if (socket.isPaused()) break
    }
    assert.ok(socket.destroyed || socket.isPaused())
    if (socket.destroyed) await reports.told('no FastCGI')
    socket.destroy()
  })
}

for (const size of [100, 100_000]) {
  test(`an endless answer in pieces of ${size} bytes ends with its connection`, SOON, async () => {
    let ended = false
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(size)
      } finally {
        ended = true
      }
    }
    const { socket, give, context } = connected(() => new Response(endless()))
    socket.on('error', () => {})
    socket.stuck = true
    give(whole())
    await settled()
    assert.equal(context.running, 1)
    socket.broken = new Error('reset')
    socket.unstick()
    await new Promise((resolve) => socket.once('close', resolve))
    await settled()
    assert.deepEqual([ended, context.running], [true, 0])
  })
}

test('answers of one read, and those of one turn, leave together', SOON, async () => {
  const { socket, give } = connected(async () => {
    await null
    return new Response('a')
  })
  const writes: number[] = []
  const write = socket._write.bind(socket)
  socket._write = (chunk, encoding, taken) => {
    writes.push(chunk.byteLength)
    write(chunk, encoding, taken)
  }
  give(whole({ id: 1 }) + whole({ id: 2 }) + whole({ id: 3 }))
  await settled()
  assert.equal(writes.length, 1)
})

test(
  'a handler that never ends takes the place of others for a while only, once nobody waits for it',
  SOON,
  async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    let end = (_: Response): void => {}
    const { socket, context, give } = connected((request: Request) => {
      if (request.path === '/never') return new Promise(() => {})
      return new Promise((resolve) => {
        end = resolve
      })
    })
    const left = whole({ id: 1, path: '/never' }) + abortRequest(1) + whole({ id: 2 }) + abortRequest(2)
    give(left + whole({ id: 3, path: '/never' }))
    await settled()
    assert.equal(context.running, 3)
    t.mock.timers.tick(29_999)
    assert.equal(context.running, 3)
    end(new Response('too late'))
    await settled()
    assert.equal(context.running, 2, 'one that ends after all is counted off once')
    t.mock.timers.tick(1)
    assert.equal(context.running, 1, 'one for which somebody waits counts')
    socket.destroy()
    await settled()
    assert.equal(context.running, 1)
    t.mock.timers.tick(30_000)
    assert.equal(context.running, 0)
  },
)
