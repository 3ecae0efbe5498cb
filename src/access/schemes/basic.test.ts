import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FACTS } from '../../../test/support/connection.ts'
import { basic, Passwords } from '../../../test/support/passwords.ts'
import { Connection } from '../../message/connection.ts'
import { HttpError } from '../../message/errors.ts'
import { Exchange, type Report } from '../../message/exchange.ts'
import { Headers, type HeadersInit } from '../../message/headers.ts'
import { Request } from '../../message/request.ts'
import { messageOf } from '../../server/heard.ts'
import { attempts, type Login, useAttempts } from '../attempts.ts'
import { type BasicOptions, basicScheme } from './basic.ts'

interface From {
  readonly address?: string
  readonly report?: Report
}

/** A scheme over passwords in memory. `as` identifies whoever sends a field Authorization. */
function scheme(options: Partial<BasicOptions> = {}) {
  const store = new Passwords()
  // What fails is counted for the whole process: each of these tests has people of its own.
  const made = basicScheme({ store, attempts: 0, ...options })
  const ask = (headers: HeadersInit, { address = '192.0.2.7', report }: From = {}) => {
    const facts = { ...FACTS, remote: { address, port: 1 } }
    return made.identify(new Request('http://h/', { headers }), new Connection(facts, new Exchange(report), 'HTTP/1.1'))
  }
  return { store, made, ask, as: (field: string, from?: From) => ask({ Authorization: field }, from) }
}

test('whoever has the right password is somebody', async () => {
  const { as, made } = scheme()
  assert.deepEqual(await as(basic('joe', 'secret')), { name: 'joe', groups: ['of-joe'] })
  assert.deepEqual([made.type, made.usesAuthorization], ['Basic', true])
})

test('whoever sends nothing, or something else, is nobody, and the store is not asked', async () => {
  const { ask, as, store } = scheme()
  assert.equal(ask({}), undefined)
  for (const field of ['', 'Basic', 'Bearer abc', 'Basic ???', basic('', 'x'), `${basic('joe', 'secret')}, x`]) {
    assert.equal(await as(field), undefined)
  }
  assert.deepEqual(store.asked, [])
})

test('for an unknown name the store is asked as for a known one', async () => {
  const { as, store } = scheme()
  for (const name of ['joe', 'nobody', '__proto__']) assert.equal(await as(basic(name, 'wrong')), undefined)
  assert.deepEqual(store.asked, ['joe', 'nobody', '__proto__'])
})

test('a login that was verified is known at once, without a promise and without the store', async () => {
  const { as, store } = scheme()
  const first = await as(basic('joe', 'secret'))
  assert.equal(as(basic('joe', 'secret')), first)
  assert.equal(as(basic('joe', 'secret'), { address: '198.51.100.9' }), first)
  assert.equal(await as(basic('joe', 'wrong')), undefined)
  assert.deepEqual(store.asked, ['joe', 'joe'])
})

test('when the store has changed it is asked again', async () => {
  const { as, store } = scheme()
  await as(basic('joe', 'secret'))
  store.generation++
  await as(basic('joe', 'secret'))
  assert.equal(store.asked.length, 2)
})

test('a login that was under way when the store changed is not believed later', async () => {
  const { as, store } = scheme()
  store.before = () => {
    store.generation++
  }
  await as(basic('joe', 'secret'))
  assert.ok(as(basic('joe', 'secret')) instanceof Promise)
})

test('the same login at once costs one look, right or wrong; that of another client one more', async () => {
  const { as, store } = scheme()
  const wrong = [1, 2, 3].map(() => as(basic('joe', 'wrong')))
  assert.deepEqual(await Promise.all(wrong), [undefined, undefined, undefined])
  assert.equal(store.asked.length, 1)
  await Promise.all([as(basic('ann', 'hidden')), as(basic('ann', 'hidden'), { address: '192.0.2.8' })])
  assert.equal(store.asked.length, 3)
})

test('two fields Authorization are a malformed message (RFC 9110 §5.3)', () => {
  const { ask, store } = scheme()
  const login = basic('joe', 'secret')
  for (const second of [login, '', 'Basic x']) {
    const headers = new Headers([
      ['Authorization', login],
      ['authorization', second],
    ])
    assert.throws(() => ask(headers), { status: 400, code: 'authorization' })
  }
  assert.deepEqual(store.asked, [])
})

test('they are malformed also when one of them was verified', async () => {
  const { ask, as } = scheme()
  const login = basic('joe', 'secret')
  await as(login)
  const twice: [string, string][] = [
    ['Authorization', login],
    ['Authorization', login],
  ]
  assert.throws(() => ask(twice), { status: 400 })
})

test('what the store fails with is thrown, remembered by nobody and counted by nobody', async () => {
  const { as, store } = scheme({ attempts: 2, place: 'failing' })
  store.before = () => {
    throw new Error('the disk is away')
  }
  for (let i = 0; i < 10; i++) await assert.rejects(async () => as(basic('joe', 'secret')), /the disk is away/)
  store.before = () => undefined
  assert.equal((await as(basic('joe', 'secret')))?.name, 'joe')
})

test('a function that returns nothing lets nobody in, and an AuthenticationFailed of a copy is one', async () => {
  const nothing = scheme({ store: { authenticateUser: () => undefined as never } })
  assert.equal(await nothing.as(basic('joe', 'secret')), undefined)
  class AuthenticationFailed extends Error {
    override readonly name = 'AuthenticationFailed'
  }
  const copy = scheme({
    store: {
      authenticateUser: () => {
        throw new AuthenticationFailed()
      },
    },
  })
  assert.equal(await copy.as(basic('joe', 'secret')), undefined)
})

test('too many failures are refused without a look, by 429, and told once', async () => {
  const reports: unknown[] = []
  const { as, store } = scheme({ attempts: 3, place: 'limited' })
  const from = { report: (...given: unknown[]) => void reports.push(given) }
  for (let i = 0; i < 3; i++) assert.equal(await as(basic('joe', `wrong${i}`), from), undefined)
  for (const password of ['wrong', 'secret', 'wrong']) {
    await assert.rejects(
      async () => as(basic('joe', password), from),
      (error) => {
        assert.ok(error instanceof HttpError)
        assert.deepEqual([error.status, error.code], [429, 'limits.logins.name'])
        assert.ok(Number(error.headers?.get('retry-after')) > 0)
        return true
      },
    )
  }
  assert.equal(store.asked.length, 3)
  assert.equal(reports.length, 1)
  assert.ok(!JSON.stringify(reports).includes('wrong'), 'no password in the log')
})

test('who is known already is never refused', async () => {
  const { as } = scheme({ attempts: 3, place: 'known already' })
  const joe = await as(basic('joe', 'secret'))
  for (let i = 0; i < 3; i++) await as(basic('joe', `wrong${i}`))
  await assert.rejects(async () => as(basic('joe', 'wrong')), { status: 429 })
  assert.equal(as(basic('joe', 'secret')), joe)
})

test('the challenge names the realm, and that names are UTF-8 (RFC 7617 §2.1)', () => {
  assert.equal(scheme().made.challenge(), 'Basic realm="Restricted", charset="UTF-8"')
  assert.equal(scheme({ realm: 'a "b" \\c' }).made.challenge(), 'Basic realm="a \\"b\\" \\\\c", charset="UTF-8"')
})

for (const options of [
  { realm: 'a\r\nb' },
  { realm: 'ä' },
  { remember: -1 },
  { remember: Number.NaN },
  { attempts: 1.5 },
  { attempts: 1e9 },
]) {
  test(`${JSON.stringify(options)} cannot be`, () => assert.throws(() => scheme(options), TypeError))
}

test('whatever is asked about is something that a primary hears', async () => {
  const told: Login[] = []
  const before = attempts()
  useAttempts({
    begin(login, most) {
      told.push(login)
      return before.begin(login, most)
    },
  })
  try {
    const { as } = scheme({ attempts: 1_000_000, place: '/a/path'.repeat(1000) })
    await as(basic('x'.repeat(255), 'y'.repeat(1024)), { address: 'z'.repeat(5000) })
    const [login] = told
    assert.ok(login !== undefined)
    assert.deepEqual(messageOf({ is: 'trying', id: 1, login, most: 1_000_000 }), {
      is: 'trying',
      id: 1,
      login,
      most: 1_000_000,
    })
  } finally {
    useAttempts(before)
  }
})
