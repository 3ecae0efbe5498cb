import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DEFAULT_MEMORY, MAX_KEPT_FILE } from './options.ts'
import { believeNothing, keeper, Store } from './store.ts'

interface Value {
  readonly name: string
  readonly weight: number
}

/** A store over values that a test may change, with what it was asked to renew. */
function storeOf(values: Map<string, Value>, budget?: number) {
  const renewed: string[] = []
  const store = new Store<Value>((key) => {
    renewed.push(key)
    return Promise.resolve(values.get(key))
  }, budget)
  return { store, renewed }
}

function value(name: string, weight: number = 0): Value {
  return { name, weight }
}

test('a value is fresh for a second after it was asked for, and no longer', async (t) => {
  let now = 10_000
  t.mock.method(performance, 'now', () => now)
  const { store, renewed } = storeOf(new Map([['a', value('a')]]))
  assert.equal(store.fresh('a'), undefined)
  assert.equal((await store.current('a'))?.name, 'a')
  now += 999
  assert.equal(store.fresh('a')?.name, 'a')
  now += 1
  assert.equal(store.fresh('a'), undefined)
  await store.current('a')
  assert.equal(store.fresh('a')?.name, 'a')
  assert.deepEqual(renewed, ['a', 'a'])
})

test('the second counts from when the disk was asked, not from when it answered', async (t) => {
  let now = 10_000
  t.mock.method(performance, 'now', () => now)
  const store = new Store<Value>(() => {
    now += 5000
    return Promise.resolve(value('slow'))
  })
  await store.current('a')
  assert.equal(store.fresh('a'), undefined)
})

test('all who ask at the same time share one look, and the next look is another', async () => {
  const { store, renewed } = storeOf(new Map([['a', value('a')]]))
  const got = await Promise.all(Array.from({ length: 100 }, () => store.current('a')))
  assert.equal(new Set(got).size, 1)
  assert.deepEqual(renewed, ['a'])
  await store.current('a')
  assert.deepEqual(renewed, ['a', 'a'])
})

test('what is not there is not kept, and what is gone is forgotten', async () => {
  const values = new Map([['a', value('a')]])
  const { store } = storeOf(values)
  assert.equal(await store.current('none'), undefined)
  assert.equal(store.fresh('none'), undefined)
  await store.current('a')
  values.delete('a')
  assert.equal(await store.current('a'), undefined)
  assert.equal(store.fresh('a'), undefined)
})

test('a look that fails fails for all who wait, keeps nothing, and is made again', async () => {
  let fails = true
  const store = new Store<Value>(() => (fails ? Promise.reject(new Error('disk')) : Promise.resolve(value('a'))))
  const both = await Promise.allSettled([store.current('a'), store.current('a')])
  assert.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  fails = false
  assert.equal((await store.current('a'))?.name, 'a')
})

test('over the budget those that nobody used go first', async () => {
  const values = new Map(['a', 'b', 'c', 'd'].map((name) => [name, value(name, 9000)]))
  const { store } = storeOf(values, 32_000)
  for (const name of ['a', 'b', 'c']) await store.current(name)
  assert.equal(store.fresh('a')?.name, 'a')
  await store.current('d')
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].filter((name) => store.fresh(name) !== undefined),
    ['a', 'c', 'd'],
  )
})

test('a value that is larger than the budget is given and not kept, and pushes nothing out', async () => {
  const values = new Map([
    ['small', value('small', 100)],
    ['large', value('large', 50_000)],
  ])
  const { store } = storeOf(values, 20_000)
  await store.current('small')
  assert.equal((await store.current('large'))?.name, 'large')
  assert.equal(store.fresh('large'), undefined)
  assert.equal(store.fresh('small')?.name, 'small')
})

test('whatever is asked for and however it grows, what is kept stays within the budget', async () => {
  const names = fc.constantFrom('a', 'b', 'c', 'd', 'e')
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(names, fc.nat(20_000), fc.boolean()), { maxLength: 60 }), async (steps) => {
      const values = new Map<string, Value>()
      const { store } = storeOf(values, 30_000)
      for (const [name, weight, use] of steps) {
        values.set(name, value(name, weight))
        assert.equal((await store.current(name))?.weight, weight)
        if (use) store.fresh(name)
        const kept = ['a', 'b', 'c', 'd', 'e'].flatMap((key) => store.fresh(key) ?? [])
        assert.ok(kept.reduce((sum, { weight: one }) => sum + one, 0) <= 30_000)
      }
    }),
  )
})

test('no file is kept that is over one MiB or over a quarter of the budget', () => {
  const cases = [
    [MAX_KEPT_FILE, DEFAULT_MEMORY, true],
    [MAX_KEPT_FILE + 1, DEFAULT_MEMORY, false],
    [0, 0, false],
    [10_000, 100_000, true],
    [30_000, 100_000, false],
  ] as const
  for (const [size, budget, kept] of cases) assert.equal(keeper(budget)(size), kept, `${size} of ${budget}`)
  assert.equal(keeper()(MAX_KEPT_FILE), true)
})

test('after something was written nothing is believed that was looked up before, nor what is being looked up', async () => {
  const values = new Map([['a', value('old')]])
  const { store, renewed } = storeOf(values)
  await store.current('a')
  assert.equal(store.fresh('a')?.name, 'old')
  const under = store.current('a')
  values.set('a', value('new'))
  believeNothing()
  assert.equal(store.fresh('a'), undefined)
  const after = store.current('a')
  assert.deepEqual([(await under)?.name, (await after)?.name], ['old', 'new'])
  assert.equal(renewed.length, 3)
  assert.equal((await store.current('a'))?.name, 'new')
  assert.equal(store.fresh('a')?.name, 'new')
})
