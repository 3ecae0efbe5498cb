import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Allowance } from './allowance.ts'

function spent(allowance: Allowance): number {
  let count = 0
  while (count < 1000 && allowance.spend()) count++
  return count
}

test('ten seconds of a rate may be spent at once, and then what time brings', () => {
  const allowance = new Allowance(5)
  assert.equal(spent(allowance), 50)
  allowance.refill(5, 1400)
  assert.equal(spent(allowance), 6)
})

test('rest brings no more than ten seconds', () => {
  const allowance = new Allowance(5)
  for (let i = 0; i < 100; i++) allowance.refill(5, 1000)
  assert.equal(spent(allowance), 50)
})

test('a rate without end is never spent', () => {
  const allowance = new Allowance(Number.POSITIVE_INFINITY)
  assert.equal(spent(allowance), 1000)
})
