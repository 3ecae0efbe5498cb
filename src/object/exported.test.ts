import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Resource } from '../message/dispatch.ts'
import { Response } from '../message/response.ts'
import { exportedObjects } from './exported.ts'

class Notes extends Resource {
  override GET(): Response {
    return new Response('notes')
  }
}
const GET = (): Response => new Response('got')

const CASES: readonly (readonly [what: string, exported: unknown, names: readonly string[] | undefined])[] = [
  ['a function by default', { default: GET }, ['paul']],
  ['a class by default', { default: Notes, Notes }, ['paul']],
  ['methods', { GET, helper: () => 7 }, ['paul']],
  [
    'classes, instances and objects with methods',
    { Notes, notes: new Notes(), other: { GET } },
    ['Notes', 'notes', 'other'],
  ],
  ['functions and values', { helper: GET, limit: 7, nothing: null }, undefined],
  ['nothing', {}, undefined],
]

for (const [what, exported, names] of CASES) {
  test(`a module that exports ${what} has ${names?.join(', ') ?? 'no objects'}`, () => {
    const objects = exportedObjects(exported, 'paul')
    assert.deepEqual(objects && [...objects.keys()], names)
  })
}

test('a default export that is no resource is an error', () => {
  assert.throws(() => exportedObjects({ default: 7 }, 'paul'), /^TypeError: the object paul: a resource is a class/)
})
