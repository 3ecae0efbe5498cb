import assert from 'node:assert/strict'
import { type ClientHttp2Session, connect } from 'node:http2'
import { test } from 'node:test'
import type { Handler, Scheme } from '../src/message/interface.ts'
import { Reroute } from '../src/message/outcome.ts'
import { Response } from '../src/message/response.ts'
import { startEngine } from './support/engine.ts'
import { settled } from './support/memory-socket.ts'
import { fc, runs } from './support/property.ts'

const SOON = { timeout: 60_000 }

/** Whoever names itself in a field is believed; some only after a few turns of the loop. */
const scheme: Scheme = {
  challenge: () => 'Named realm="test"',
  identify(request) {
    const name = request.headers.get('x-user')
    const turns = Number(request.headers.get('x-late') ?? 0)
    const record = name === null ? undefined : { name, groups: [`of-${name}`] }
    return turns === 0 ? record : settled(turns).then(() => record)
  },
}

/** Says who it is asked by before and after a while, over a body that it reads meanwhile. */
const who: Handler = async (request, connection) => {
  const before = connection.user
  const text = await request.text()
  await settled(Number(request.query.get('turns') ?? 0))
  assert.equal(connection.user, before)
  return new Response(`${request.path} ${before?.name} ${before?.groups} ${text}`)
}

const routes = [
  { match: '/private/*', resource: who, access: { scheme } },
  { match: '/reroute/*', resource: () => new Reroute('/private/rerouted'), access: { scheme } },
  { match: '/left/*', resource: () => new Reroute('/open/left'), access: { scheme } },
  { match: '/open/*', resource: who },
]

interface Asking {
  readonly user: string | undefined
  readonly late: number
  readonly place: '/private/a' | '/open/b' | '/reroute/c' | '/left/d'
  readonly turns: number
  readonly body: string
}

const asking: fc.Arbitrary<Asking> = fc.record({
  user: fc.constantFrom('ann', 'bob', 'cid', undefined),
  late: fc.nat({ max: 3 }),
  place: fc.constantFrom('/private/a', '/open/b', '/reroute/c', '/left/d'),
  turns: fc.nat({ max: 3 }),
  body: fc.constantFrom('', 'x', 'yy'),
})

/** Each is answered as if it were alone: guarded places by name, open ones to nobody, and no name where none was said. */
function expected({ user, place, body }: Asking): string {
  if (place === '/open/b') return `200 /open/b undefined undefined ${body}`
  if (user === undefined) return '401'
  if (place === '/left/d') return `200 /open/left undefined undefined ${body}`
  return `200 ${place === '/private/a' ? place : '/private/rerouted'} ${user} of-${user} ${body}`
}

function ask(session: ClientHttp2Session, { user, late, place, turns, body }: Asking): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':path': `${place}?turns=${turns}`,
      ':method': 'POST',
      'x-late': String(late),
      ...(user !== undefined && { 'x-user': user }),
    })
    let status = 0
    let text = ''
    stream.on('response', (fields) => {
      status = Number(fields[':status'])
    })
    stream.setEncoding('utf8').on('data', (piece) => {
      text += piece
    })
    stream.on('end', () => resolve(status === 200 ? `200 ${text}` : `${status}`)).on('error', reject)
    stream.end(body)
  })
}

test('users whose requests run at once on one HTTP/2 connection never mix', SOON, async (t) => {
  const { port, records } = await startEngine(t, { routes, listen: { port: 0, http2: true } })
  const session = connect(`http://127.0.0.1:${port}`)
  t.after(() => session.destroy())
  const check = fc.asyncProperty(fc.array(asking, { minLength: 2, maxLength: 60 }), async (askings) => {
    records.length = 0
    const answers = await Promise.all(askings.map((one) => ask(session, one)))
    assert.deepEqual(answers, askings.map(expected))
    const users = askings.map((one) => (/ (ann|bob|cid) of-/.exec(expected(one)) ?? [])[1])
    const logged = records.map(({ user }) => user)
    assert.deepEqual(logged.map(String).sort(), users.map(String).sort())
  })
  await fc.assert(check, runs(60))
})
