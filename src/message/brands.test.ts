import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brand, branded } from './brands.ts'
import { HttpError } from './errors.ts'
import { Headers } from './headers.ts'
import { Request } from './request.ts'
import { Response } from './response.ts'

test('the brands of our types are the same in every copy of the package', () => {
  for (const [name, value] of [
    ['Request', new Request('http://h/')],
    ['Response', new Response()],
    ['Headers', new Headers()],
    ['HttpError', new HttpError(500)],
  ] as const) {
    assert.equal(branded(value, Symbol.for(`oriel.${name}`)), true, name)
    assert.equal(branded(value, Symbol.for('oriel.Other')), false, name)
  }
})

test('a brand is on all instances, on those of derived classes too, and cannot be listed', () => {
  const symbol = Symbol('x')
  class Base {}
  class Derived extends Base {}
  brand(Base, symbol)
  assert.equal(branded(new Base(), symbol), true)
  assert.equal(branded(new Derived(), symbol), true)
  assert.equal(branded(Base, symbol), false)
  assert.deepEqual(Object.getOwnPropertySymbols(new Base()), [])
})

test('what is no object has no brand', () => {
  const symbol = Symbol('x')
  for (const value of [undefined, null, 'x', 1, true, {}, { [symbol]: 'true' }])
    assert.equal(branded(value, symbol), false)
  assert.equal(
    branded(
      Object.assign(() => 1, { [symbol]: true }),
      symbol,
    ),
    true,
  )
})
