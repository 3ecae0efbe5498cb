import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuthorizationRecord } from '../src/message/connection.ts'
import type { Handler, Scheme } from '../src/message/interface.ts'
import { Reroute } from '../src/message/outcome.ts'
import { Response } from '../src/message/response.ts'
import { fieldOfAnswer, readAnswers } from './support/answers.ts'
import { EngineUnderTest, startEngine } from './support/engine.ts'
import { connectInMemory, settled } from './support/memory-socket.ts'
import { fc, runs } from './support/property.ts'

const SOON = { timeout: 60_000 }

/** Whoever names itself in a cookie is believed; `late` ones only after a few turns of the loop. */
const scheme: Scheme = {
  challenge: () => 'Cookie realm="test"',
  identify(request) {
    const { user, late } = request.cookies
    const record: AuthorizationRecord | undefined =
      user === undefined ? undefined : { name: user, groups: [`of-${user}`] }
    return late === undefined ? record : settled(Number(late)).then(() => record)
  },
}

const who: Handler = async (request, connection) => {
  const before = connection.user?.name
  await settled(Number(request.query.get('turns') ?? 0))
  assert.equal(connection.user?.name, before)
  return new Response(`${request.path} ${before} ${connection.user?.groups} ${request.cookies['user']}`)
}

const routes = [
  { match: '/private/*', resource: who, access: { scheme } },
  { match: '/reroute/*', resource: () => new Reroute('/private/rerouted'), access: { scheme } },
  { match: '/left/*', resource: () => new Reroute('/open/left'), access: { scheme } },
  { match: '/open/*', resource: who },
]

interface Asking {
  readonly user: string | undefined
  readonly late: number | undefined
  readonly place: '/private/a' | '/open/b' | '/reroute/c' | '/left/d'
  readonly turns: number
}

const asking: fc.Arbitrary<Asking> = fc.record({
  user: fc.constantFrom('ann', 'bob', undefined),
  late: fc.constantFrom(undefined, undefined, 0, 2),
  place: fc.constantFrom('/private/a', '/open/b', '/reroute/c', '/left/d'),
  turns: fc.nat({ max: 2 }),
})

function wire({ user, late, place, turns }: Asking): string {
  const cookies = [user === undefined ? '' : `user=${user}`, late === undefined ? '' : `late=${late}`].filter(Boolean)
  const field = cookies.length === 0 ? '' : `Cookie: ${cookies.join('; ')}\r\n`
  return `GET ${place}?turns=${turns} HTTP/1.1\r\nHost: a\r\n${field}\r\n`
}

/** Each is answered as if it were alone: guarded places by name, open ones to nobody, and no name where none was said. */
function expected({ user, place }: Asking): string {
  if (place === '/open/b') return `200 /open/b undefined undefined ${user}`
  if (user === undefined) return '401'
  if (place === '/left/d') return `200 /open/left undefined undefined ${user}`
  return `200 ${place === '/private/a' ? place : '/private/rerouted'} ${user} of-${user} ${user}`
}

function told(text: string): string[] {
  return readAnswers(text, [], false).answers.map(({ status, body }) => (status === 200 ? `200 ${body}` : `${status}`))
}

test('users that share a connection never mix, pipelined or one after the other', SOON, async () => {
  const { engine, records } = new EngineUnderTest({ routes })
  const check = fc.asyncProperty(
    fc.array(asking, { minLength: 2, maxLength: 8 }),
    fc.boolean(),
    async (askings, pipelined) => {
      records.length = 0
      const ends = connectInMemory(engine)
      for (const piece of pipelined ? [askings.map(wire).join('')] : askings.map(wire)) {
        const wanted = pipelined ? askings.length : told(ends.read).length + 1
        ends.give(piece)
        while (told(ends.read).length < wanted) await settled(1)
      }
      assert.deepEqual(told(ends.read), askings.map(expected))
      const users = askings.map((one) => (/ (ann|bob) of-/.exec(expected(one)) ?? [])[1])
      assert.deepEqual(
        records.map(({ user }) => user),
        users,
      )
      ends.socket.destroy()
    },
  )
  await fc.assert(check, runs(300))
})

test('users on many connections at once never mix', SOON, async (t) => {
  const under = await startEngine(t, { routes })
  const one = async (user: string): Promise<void> => {
    const client = await under.connect()
    for (let i = 0; i < 20; i++) {
      const ask: Asking = { user, late: i % 3, place: i % 2 === 0 ? '/private/a' : '/reroute/c', turns: i % 2 }
      client.send(wire(ask))
      const { status, body } = await client.answer()
      assert.equal(`${status} ${body}`, expected(ask))
    }
  }
  await Promise.all(Array.from({ length: 20 }, (_, i) => one(`user${i}`)))
})

test(
  'who says nothing is asked to log in, and who logged in before on the connection does not count',
  SOON,
  async () => {
    const { engine } = new EngineUnderTest({ routes })
    const ends = connectInMemory(engine)
    ends.give(
      'GET /private/a HTTP/1.1\r\nHost: a\r\nCookie: user=ann\r\n\r\nGET /private/a HTTP/1.1\r\nHost: a\r\n\r\n',
    )
    await settled()
    const { answers } = readAnswers(ends.read, [], false)
    assert.deepEqual(
      answers.map((answer) => [answer.status, fieldOfAnswer(answer, 'www-authenticate')]),
      [
        [200, undefined],
        [401, 'Cookie realm="test"'],
      ],
    )
  },
)
