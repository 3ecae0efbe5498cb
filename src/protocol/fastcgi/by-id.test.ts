import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import { ById } from './by-id.ts'

test('it holds what a Map would', () => {
  const id = fc.constantFrom(1, 2, 3, 64, 1023, 1024, 65535)
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), id), { maxLength: 60 }), (steps) => {
      const held = new ById<string>()
      const map = new Map<number, string>()
      for (const [add, at] of steps) {
        if (!add) {
          held.delete(at)
          map.delete(at)
        } else if (!map.has(at)) {
          held.add(at, `v${at}`)
          map.set(at, `v${at}`)
        }
        assert.equal(held.size, map.size)
        assert.equal(held.get(at), map.get(at))
      }
      assert.deepEqual(held.clear().sort(), [...map.values()].sort())
      assert.equal(held.size, 0)
    }),
    runs(200),
  )
})
