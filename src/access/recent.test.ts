import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../test/support/property.ts'
import { Recent } from './recent.ts'

type Act = readonly ['get' | 'set' | 'delete', number]

const acts = fc.array(fc.tuple(fc.constantFrom('get', 'set', 'delete') as fc.Arbitrary<Act[0]>, fc.nat({ max: 12 })), {
  maxLength: 200,
})

test('it says what was set last or nothing, is bounded, and never forgets the half that was used last', () => {
  fc.assert(
    fc.property(acts, (list) => {
      const recent = new Recent<number, object>(8)
      const set = new Map<number, object>()
      let used: number[] = []
      for (const [act, key] of list) {
        used = used.filter((one) => one !== key)
        if (act === 'set') {
          const value = {}
          recent.set(key, value)
          set.set(key, value)
        } else if (act === 'delete') {
          recent.delete(key)
          set.delete(key)
        }
        const found = recent.get(key)
        if (act !== 'get') assert.equal(found, set.get(key))
        if (found === undefined) set.delete(key)
        else {
          assert.equal(found, set.get(key))
          used.push(key)
        }
        assert.ok(recent.size <= 8)
      }
      const last = used.slice(-4).toReversed()
      for (const key of last) assert.equal(recent.get(key), set.get(key))
    }),
    runs(500),
  )
})

test('it can be cleared', () => {
  const recent = new Recent<string, number>(4)
  for (const key of ['a', 'b', 'c']) recent.set(key, 1)
  recent.clear()
  assert.deepEqual([recent.size, recent.get('a'), recent.get('c')], [0, undefined, undefined])
})
