import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Streams } from './streams.ts'

test('what was closed is told by how it was closed', () => {
  const streams = new Streams()
  streams.last = 9
  streams.remember(3, true)
  streams.remember(5, false)
  const told = [1, 2, 3, 5, 9, 11].map((id) => streams.closed(id))
  assert.deepEqual(told, ['whole', undefined, 'by-us', 'by-client', 'whole', undefined])
})

test('only so many are remembered; what is forgotten is taken for ours, which asks nothing of the client', () => {
  const streams = new Streams()
  streams.last = 100_001
  for (let id = 1; id <= 100_001; id += 2) streams.remember(id, false)
  assert.deepEqual(
    [streams.closed(1), streams.closed(90_001), streams.closed(100_001)],
    ['by-us', 'by-us', 'by-client'],
  )
})
