import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { certificate } from '../../test/support/certificates.ts'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { makeFolder } from '../../test/support/folder.ts'
import { Reports } from '../../test/support/reports.ts'
import type { Certificate } from '../io/certificate.ts'
import type { Authority } from './authority.ts'
import { Manager } from './manager.ts'
import { Store } from './store.ts'

const SOON = { timeout: 20_000 }
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** A bundle for two days; undefined where the test is skipped. */
function bundleFor(t: TestContext, name: string): string | undefined {
  const files = certificate(t, name)
  return files === undefined ? undefined : readFileSync(files.key, 'utf8') + readFileSync(files.cert, 'utf8')
}

function validFrom(bundle: string): number {
  return Date.parse(new X509Certificate(bundle).validFrom)
}

type Issue = (name: string, signal: AbortSignal) => string | Promise<string>

class Managed {
  readonly store: Store = new Store(join(makeFolder(), 'keys'), 'https://ca.example/dir')
  readonly reports: Reports = new Reports()
  readonly clock: FakeClock
  /** Which names were ordered, and how many minutes after the start. */
  readonly orders: (readonly [string, number])[] = []
  /** The names that were served, each time that they were told. */
  readonly served: (readonly string[])[] = []
  readonly manager: Manager

  constructor(t: TestContext, names: readonly string[], start: number, issue: Issue) {
    const { store, reports, orders, served } = this
    const clock = new FakeClock(start)
    const authority: Authority = {
      async issue(name, signal) {
        orders.push([name, (clock.now() - start) / MINUTE])
        return issue(name, signal)
      },
    }
    this.clock = clock
    this.manager = new Manager({
      names,
      store,
      authority,
      clock,
      report: reports.report,
      renewed: (now) => void served.push(namesOf(now)),
    })
    t.after(() => this.manager.stop())
  }

  async started(): Promise<readonly string[]> {
    const found = namesOf(await this.manager.open())
    void this.manager.run()
    await this.clock.asleep()
    return found
  }
}

function namesOf(certificates: readonly Certificate[]): string[] {
  return certificates.flatMap(({ names }) => names ?? [])
}

function failing(): never {
  throw new Error('no luck')
}

test('what is missing is ordered at once, one name after the other, and served as it comes', SOON, async (t) => {
  const bundles = { 'a.example': bundleFor(t, 'a.example'), 'b.example': bundleFor(t, 'b.example') }
  const { 'a.example': a = '', 'b.example': b = '' } = bundles
  if (a === '' || b === '') return
  const managed = new Managed(t, ['a.example', 'b.example'], validFrom(a), (name) => (name === 'a.example' ? a : b))
  assert.deepEqual(await managed.started(), [])
  assert.deepEqual(managed.orders, [
    ['a.example', 0],
    ['b.example', 0],
  ])
  assert.deepEqual(managed.served, [['a.example'], ['a.example', 'b.example']])
  assert.equal(await managed.store.read('b.example'), b)
  const [told] = await managed.reports.told('A certificate was issued.')
  assert.equal(told?.fields['name'], 'a.example')
})

test('what is stored is served at once, and renewed with a third of its lifetime left', SOON, async (t) => {
  const bundle = bundleFor(t, 'a.example')
  if (bundle === undefined) return
  const managed = new Managed(t, ['a.example'], validFrom(bundle), failing)
  await managed.store.open()
  await managed.store.write('a.example', bundle)
  assert.deepEqual(await managed.started(), ['a.example'])
  await managed.clock.pass(32 * HOUR - 1)
  assert.deepEqual(managed.orders, [])
  await managed.clock.pass(1)
  assert.deepEqual(managed.orders, [['a.example', 32 * 60]])
  assert.ok(managed.clock.sleeps.every((sleep) => sleep <= HOUR))
})

test('failures are told, and tried again ever more rarely; the site keeps what it has', SOON, async (t) => {
  const bundle = bundleFor(t, 'a.example')
  if (bundle === undefined) return
  const managed = new Managed(t, ['a.example'], validFrom(bundle) + 32 * HOUR, failing)
  await managed.store.open()
  await managed.store.write('a.example', bundle)
  await managed.started()
  await managed.clock.pass(40 * HOUR)
  const hours = managed.orders.map(([, minutes]) => minutes)
  assert.deepEqual(hours, [0, 1, 11, 71, 191, 431, 911, 1631, 2351])
  assert.equal(await managed.store.read('a.example'), bundle)
  assert.deepEqual(managed.served, [])
  // It ends 16 hours after the start: until then it is a warning.
  assert.deepEqual(
    managed.reports.all.map(({ level }) => level),
    [...new Array(7).fill('warn'), 'error', 'error'],
  )
  const { reason, failures, next } = managed.reports.all[1]?.fields ?? {}
  const due = new Date(validFrom(bundle) + 32 * HOUR + 11 * MINUTE).toISOString().slice(0, 19)
  assert.deepEqual([reason, failures, next], ['no luck', 2, due])
})

test('after a success failures are counted anew', SOON, async (t) => {
  const bundle = bundleFor(t, 'a.example')
  if (bundle === undefined) return
  const managed = new Managed(t, ['a.example'], validFrom(bundle), () =>
    managed.orders.length === 3 ? bundle : failing(),
  )
  await managed.started()
  await managed.clock.pass(33 * HOUR)
  assert.deepEqual(
    managed.orders.map(([, minutes]) => minutes),
    [0, 1, 11, 32 * 60, 32 * 60 + 1, 32 * 60 + 11],
  )
})

for (const [what, spoil, reason] of [
  ['is no PEM', () => 'nonsense', /there is no certificate in it/],
  ['has no key', (pem: string) => pem.slice(pem.indexOf('-----BEGIN CERT')), /there is no key in it/],
  [
    'has the key of another',
    (pem: string, other: string) => other.split('-----BEGIN CERT')[0] + pem.slice(pem.indexOf('-----BEGIN CERT')),
    /its key is not that/,
  ],
  ['is for another name', (_: string, other: string) => other, /it is not for a\.example/],
  ['is cut off', (pem: string) => pem.slice(0, -100), /there is no certificate in it/],
] as const) {
  test(`a stored file that ${what} is told and not served, and a new certificate is ordered`, SOON, async (t) => {
    const bundle = bundleFor(t, 'a.example')
    const other = bundleFor(t, 'b.example')
    if (bundle === undefined || other === undefined) return
    const managed = new Managed(t, ['a.example'], validFrom(bundle), () => bundle)
    await managed.store.open()
    await managed.store.write('a.example', spoil(bundle, other))
    assert.deepEqual(await managed.started(), [])
    const [told] = await managed.reports.told('A stored certificate cannot be used')
    assert.match(String(told?.fields['reason']), reason)
    assert.deepEqual(managed.served, [['a.example']])
    assert.equal(await managed.store.read('a.example'), bundle)
  })
}

test('a certificate that has ended is served on while a new one is ordered', SOON, async (t) => {
  const bundle = bundleFor(t, 'a.example')
  if (bundle === undefined) return
  const managed = new Managed(t, ['a.example'], validFrom(bundle) + 100 * HOUR, failing)
  await managed.store.open()
  await managed.store.write('a.example', bundle)
  assert.deepEqual(await managed.started(), ['a.example'])
  assert.deepEqual(managed.orders, [['a.example', 0]])
})

test('what is issued for another name is a failure, not stored, and ordered again', SOON, async (t) => {
  const bundle = bundleFor(t, 'b.example')
  if (bundle === undefined) return
  const managed = new Managed(t, ['a.example'], validFrom(bundle), () => bundle)
  await managed.started()
  const [told] = await managed.reports.told('No certificate could be had')
  assert.match(String(told?.fields['reason']), /gave a certificate that cannot be used: it is not for a\.example/)
  assert.equal(await managed.store.read('a.example'), undefined)
  await managed.clock.pass(MINUTE)
  assert.equal(managed.orders.length, 2)
})

test('what could not be stored is stored at the next try, and not ordered again', SOON, async (t) => {
  const bundle = bundleFor(t, 'a.example')
  if (bundle === undefined) return
  const managed = new Managed(t, ['a.example'], validFrom(bundle), () => bundle)
  const inTheWay = managed.store.path('a.example')
  const found = await managed.manager.open()
  assert.deepEqual(found, [])
  mkdirSync(join(inTheWay, 'x'), { recursive: true })
  void managed.manager.run()
  await managed.reports.told('No certificate could be had')
  rmSync(inTheWay, { recursive: true })
  await managed.clock.pass(MINUTE)
  assert.deepEqual(managed.orders, [['a.example', 0]])
  assert.deepEqual(managed.served, [['a.example']])
})

test('stopped within an order, it tells the authority so, and stores and tells nothing', SOON, async (t) => {
  const bundle = bundleFor(t, 'a.example')
  if (bundle === undefined) return
  const managed = new Managed(t, ['a.example'], validFrom(bundle), async (_, signal) => {
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve))
    managed.manager.stop()
    await aborted
    return bundle
  })
  await managed.manager.open()
  await managed.manager.run()
  assert.equal(managed.orders.length, 1)
  assert.equal(await managed.store.read('a.example'), undefined)
  assert.deepEqual(managed.reports.all, [])
})

test('a clock that jumps ahead is noticed within the hour', SOON, async (t) => {
  const bundle = bundleFor(t, 'a.example')
  if (bundle === undefined) return
  const managed = new Managed(t, ['a.example'], validFrom(bundle), failing)
  await managed.store.open()
  await managed.store.write('a.example', bundle)
  await managed.started()
  managed.clock.jump(33 * HOUR)
  await managed.clock.pass(HOUR)
  assert.deepEqual(managed.orders[0], ['a.example', 34 * 60])
})

test(
  'where the clock is so wrong that a new certificate has ended already, it is not ordered without pause',
  SOON,
  async (t) => {
    const bundle = bundleFor(t, 'a.example')
    if (bundle === undefined) return
    const managed = new Managed(t, ['a.example'], validFrom(bundle) + 1000 * HOUR, () => bundle)
    await managed.started()
    await managed.clock.pass(2 * HOUR)
    assert.deepEqual(
      managed.orders.map(([, minutes]) => minutes),
      [0, 1, 11, 71],
    )
    assert.match(managed.reports.all[0]?.event ?? '', /look whether the clock is right/)
  },
)
