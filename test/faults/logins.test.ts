import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { basicScheme } from '../../src/access/schemes/basic.ts'
import { Response } from '../../src/message/response.ts'
import { type EngineUnderTest, startEngine } from '../support/engine.ts'
import { settled } from '../support/memory-socket.ts'
import { basic, Passwords } from '../support/passwords.ts'

const LIMIT = { timeout: 120_000 }
const WRONG = 10_000
const AT_ONCE = 20

function get(authorization: string, from: string): string {
  return `GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${from}\r\nAuthorization: ${authorization}\r\n\r\n`
}

async function start(t: TestContext, place: string): Promise<{ server: EngineUnderTest; store: Passwords }> {
  const store = new Passwords()
  // Passwords are not looked at within the turn.
  store.before = () => settled(1)
  const routes = [
    {
      match: '/*',
      access: { scheme: basicScheme({ store, place }) },
      resource: (_: unknown, { user }: { user: { name: string } }) => new Response(user.name),
    },
  ]
  return { server: await startEngine(t, { routes, trustedProxies: ['loopback'] }), store }
}

/** Sends so many wrong logins, on many connections. Tells how often each status came. */
async function attack(server: EngineUnderTest, login: (i: number) => string): Promise<Map<number, number>> {
  const statuses = new Map<number, number>()
  let next = 0
  const one = async (): Promise<void> => {
    const client = await server.connect()
    while (next < WRONG) {
      const some = Array.from({ length: 10 }, () => login(next++))
      client.send(some.join(''))
      for (const _ of some) {
        const { status } = await client.answer()
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  return statuses
}

/** Asks one after the other until the attack is over; each answer must be good. */
async function normal(server: EngineUnderTest, store: Passwords, over: Promise<unknown>): Promise<number> {
  let running = true
  void over.then(() => {
    running = false
  })
  const client = await server.connect()
  let served = 0
  while (running) {
    // Now and then the passwords change, and he is looked up again.
    if (served % 10 === 0) store.generation++
    client.send(get(basic('joe', 'secret'), '192.0.2.77'))
    const { status, body } = await client.answer()
    assert.deepEqual([status, body], [200, 'joe'])
    served++
  }
  return served
}

const ATTACKS: readonly (readonly [string, (i: number) => string, number])[] = [
  // Ten allowed from each, a hundred in all, and what was under way when the last of them failed.
  ['his name from a hundred addresses', (i) => get(basic('joe', `guess ${i}`), `198.51.100.${i % 100}`), 300],
  ['his name from one address', (i) => get(basic('joe', `guess ${i}`), '198.51.100.200'), 100],
  ['a name each from one address', (i) => get(basic(`user${i}`, 'guess'), '198.51.100.201'), 150],
  ['his name from addresses of one IPv6 network', (i) => get(basic('joe', `guess ${i}`), `2001:db8::${i % 9999}`), 100],
]

for (const [what, login, most] of ATTACKS) {
  test(
    `${WRONG} wrong passwords, ${what}: the store is spared, and a normal user is served throughout`,
    LIMIT,
    async (t) => {
      const { server, store } = await start(t, what)
      const client = await server.connect()
      client.send(get(basic('joe', 'secret'), '192.0.2.77'))
      assert.equal((await client.answer()).status, 200)
      const attacked = attack(server, login)
      const served = await normal(server, store, attacked)
      const statuses = await attacked
      assert.ok(served > 0)
      assert.deepEqual([...statuses.keys()].sort(), [401, 429])
      assert.equal((statuses.get(401) ?? 0) + (statuses.get(429) ?? 0), WRONG)
      const guesses = statuses.get(401) ?? 0
      assert.ok(guesses <= most, `${guesses} guesses`)
      // He himself was looked up with each change, at most.
      assert.ok(store.asked.length <= guesses + 1 + Math.ceil(served / 10), `${store.asked.length} looks`)
      const told = server.reports.filter(({ event }) => event.includes('limits.logins'))
      assert.ok(told.length > 0 && told.length <= 110, `${told.length} lines`)
    },
  )
}
