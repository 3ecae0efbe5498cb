import assert from 'node:assert/strict'
import { test } from 'node:test'
import { usual } from './usual.ts'

test('a text is made once for what it is made of', () => {
  let made = 0
  const text = usual((a: string, b: number) => `${a}${b}${++made}`)
  assert.deepEqual(
    [text('a', 1), text('a', 1), text('a', 2), text('b', 2), text('b', 2)],
    ['a11', 'a11', 'a22', 'b23', 'b23'],
  )
})

test('values that no text can be made of are not given that of others', () => {
  const text = usual((a: string) => {
    if (a === 'bad') throw new Error('no')
    return a
  })
  assert.equal(text('good'), 'good')
  for (let i = 0; i < 2; i++) assert.throws(() => text('bad'))
  assert.equal(text('good'), 'good')
})
