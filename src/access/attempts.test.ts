import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Attempt, LocalAttempts, type Login, networkOf, type Outcome } from './attempts.ts'

const JOE: Login = { place: 'files', name: 'joe', network: '192.0.2.1' }
const MINUTE = 60_000

/** Counts by a clock of its own, with ten failures allowed. */
function counting(t: { mock: { method: typeof import('node:test').mock.method } }) {
  const clock = { now: 5_000 }
  t.mock.method(performance, 'now', () => clock.now)
  const attempts = new LocalAttempts()
  const login = (who: Partial<Login>, outcome: Outcome): Attempt => {
    const attempt = attempts.begin({ ...JOE, ...who }, 10)
    attempt.end(outcome)
    return attempt
  }
  /** How many tries are made until one is refused. */
  const fail = (most: number, who: (i: number) => Partial<Login> = () => ({})): number => {
    for (let i = 0; i < most; i++) if (login(who(i), 'failed').refused !== undefined) return i
    return most
  }
  return { clock, login, fail, attempts }
}

test('a name may fail ten times from one network, and the log is told once', (t) => {
  const { login, fail } = counting(t)
  assert.equal(fail(50), 10)
  assert.deepEqual(login({}, 'succeeded').refused, { limit: 'name', seconds: 60, first: false })
  // Others, and the same name elsewhere.
  for (const other of [{ name: 'ann' }, { network: '192.0.2.2' }, { place: 'mail' }]) {
    assert.equal(login(other, 'succeeded').refused, undefined)
  }
})

test('the first refusal is told, and after a rest the next one', (t) => {
  const { clock, login, fail } = counting(t)
  fail(10)
  assert.equal(login({}, 'failed').refused?.first, true)
  assert.equal(login({}, 'failed').refused?.first, false)
  clock.now += 6 * MINUTE
  fail(50)
  fail(50)
  assert.equal(login({}, 'failed').refused?.first, false)
  clock.now += 10 * MINUTE
  assert.equal(fail(10), 10)
  assert.equal(login({}, 'failed').refused?.first, true)
})

test('failures are forgotten bit by bit: after a minute there may be one more', (t) => {
  const { clock, fail, login } = counting(t)
  fail(10)
  clock.now += MINUTE - 1
  assert.equal(login({}, 'failed').refused?.seconds, 1)
  clock.now += 1.01
  assert.equal(fail(50), 1)
  clock.now += 10 * MINUTE
  assert.equal(fail(50), 10)
})

test('a success takes back the failures of its name from there', (t) => {
  const { login, fail } = counting(t)
  for (let i = 0; i < 5; i++) {
    assert.equal(fail(7), 7)
    assert.equal(login({}, 'succeeded').refused, undefined)
  }
})

test('a network may fail with forty names in ten minutes; who has one of his own gains nothing by it', (t) => {
  const { login, fail } = counting(t)
  let tries = 0
  for (; tries < 100; tries++) {
    login({ name: 'mallory' }, 'succeeded')
    if (login({ name: `n${tries}` }, 'failed').refused?.limit === 'address') break
  }
  assert.equal(tries, 40)
  assert.equal(
    fail(50, (i) => ({ network: '192.0.2.9', name: `n${i}` })),
    40,
  )
})

test('who guesses at a name from everywhere is stopped, but not its owner where he logged in before', (t) => {
  const { login, fail, clock } = counting(t)
  login({ network: 'home' }, 'succeeded')
  assert.equal(
    fail(500, (i) => ({ network: `10.0.0.${i}` })),
    100,
  )
  assert.equal(login({ network: 'elsewhere' }, 'succeeded').refused?.limit, 'name')
  assert.equal(login({ network: 'home' }, 'succeeded').refused, undefined)
  assert.equal(login({ name: 'ann', network: 'elsewhere' }, 'succeeded').refused, undefined)
  // And nobody for ever: ten tries a minute.
  clock.now += MINUTE + 1
  assert.equal(login({ network: 'elsewhere' }, 'succeeded').refused, undefined)
})

test('another spelling of a name has no tries of its own from everywhere: a store may take it for the same', (t) => {
  const { login, fail } = counting(t)
  const spelled = ['joe', 'Joe', 'JOE', 'jOe', ' joe', '\uff4aoe']
  assert.equal(
    fail(500, (i) => ({ network: `10.0.0.${i}`, name: spelled[i % spelled.length] ?? '' })),
    100,
  )
  assert.equal(login({ name: 'JoE', network: 'elsewhere' }, 'succeeded').refused?.limit, 'name')
})

test('all who come from this machine are not one client', (t) => {
  for (const network of ['', '127.0.0.1', '::1']) {
    const { fail } = counting(t)
    assert.equal(
      fail(200, (i) => ({ network, name: `n${i}` })),
      200,
    )
    assert.equal(
      fail(200, () => ({ network })),
      10,
    )
    t.mock.restoreAll()
  }
})

test('where nobody could tell whether it is right, nothing is counted', (t) => {
  const { login, fail } = counting(t)
  for (let i = 0; i < 300; i++) assert.equal(login({}, 'withdrawn').refused, undefined)
  assert.equal(fail(50), 10)
})

test('so many tries may be under way; what they fail counts all the same', (t) => {
  const { attempts, clock } = counting(t)
  const running: Attempt[] = []
  for (let i = 0; i < 200; i++) running.push(attempts.begin(JOE, 10))
  const made = running.filter(({ refused }) => refused === undefined)
  assert.equal(made.length, 74)
  assert.equal(running.at(-1)?.refused?.seconds, 1)
  for (const one of made) {
    one.end('failed')
    one.end('failed')
  }
  assert.equal(attempts.begin(JOE, 10).refused?.seconds, 65 * 60)
  clock.now += 65 * MINUTE + 1
  assert.equal(attempts.begin(JOE, 10).refused, undefined)
})

for (const [address, network] of [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['2001:db8::2:3:4:5:6', '2001:db8:0:2::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['::1', '::1'],
  ['', ''],
  ['unknown', 'unknown'],
  ['x'.repeat(5000), 'x'.repeat(64)],
] as const) {
  test(`${JSON.stringify(address)} is counted as ${JSON.stringify(network)}`, () => {
    assert.equal(networkOf(address), network)
  })
}
