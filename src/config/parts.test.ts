import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import {
  accepted,
  areFunctions,
  code,
  filled,
  isCode,
  isFunction,
  isLogger,
  isScheme,
  map,
  need,
  number,
  object,
  objection,
  receivedText,
  text,
  textOrTexts,
  texts,
  yes,
} from './parts.ts'

function takes(schema: v.GenericSchema, value: unknown): boolean {
  return v.safeParse(schema, value).success
}

test('each part takes what it stands for, and nothing else', () => {
  const cases: readonly (readonly [name: string, schema: v.GenericSchema, good: unknown[], bad: unknown[]])[] = [
    ['filled', filled(), ['x', ' '], ['', 5, undefined, null, ['x']]],
    ['text', text(''), ['x', undefined], ['', null, 5]],
    ['need(text)', need(text('')), ['x'], ['', undefined, null]],
    ['yes', yes(''), [true, false, undefined], ['true', 0, 1, null]],
    ['texts', texts(''), [[], ['x'], undefined], ['x', [''], [5], {}]],
    ['textOrTexts', textOrTexts(''), ['x', ['x', 'y'], undefined], ['', [], [''], 5]],
    ['number', number(''), [0, 1.5, Number.POSITIVE_INFINITY, undefined], [-1, '1', Number.NaN, null]],
    ['number from 1 to 5', number('', 1, 5), [1, 5], [0, 6, 1.5, Number.POSITIVE_INFINITY]],
    ['object', object<{ a?: string }>({ a: text('') }, ''), [{}, { a: 'x' }], [{ b: 1 }, 5, null, { a: 5 }]],
    ['map', map(v.string(), v.string()), [{}, { a: 'x' }], [[], ['x'], { a: 5 }, null, 'x']],
    ['code', code(isFunction, 'a function', ''), [() => 1, undefined], [{}, 'x', null]],
    ['accepted', accepted(JSON.parse), ['5', '{}'], ['{', '', 5]],
  ]
  for (const [name, schema, good, bad] of cases) {
    for (const value of good) assert.ok(takes(schema, value), `${name} takes ${String(value)}`)
    for (const value of bad) assert.ok(!takes(schema, value), `${name} refuses ${String(value)}`)
  }
})

test('what code is told apart by', () => {
  const scheme = { identify: () => undefined, challenge: () => 'X' }
  class Derived {
    identify(): undefined {}
    challenge(): string {
      return 'X'
    }
  }
  const cases: readonly (readonly [is: (value: unknown) => boolean, good: unknown[], bad: unknown[]])[] = [
    [isFunction, [() => 1, class {}], [{}, null, undefined, 'x']],
    [areFunctions, [[], [() => 1]], [() => 1, [5], {}, null]],
    [isCode, [{}, () => 1, class {}], [null, undefined, 'x', 5]],
    [isScheme, [scheme, new Derived()], [null, undefined, {}, 5, { scheme }]],
    [isLogger, [{ logRequest() {} }], [[], {}, undefined, 'x', null]],
  ]
  for (const [is, good, bad] of cases) {
    for (const value of good) assert.ok(is(value), `${is.name} ${String(value)}`)
    for (const value of bad) assert.ok(!is(value), `${is.name} ${String(value)}`)
  }
})

test('an objection is the message of what is thrown, and none where nothing is', () => {
  assert.equal(
    objection(() => {
      throw new Error('no')
    }),
    'no',
  )
  assert.equal(
    objection(() => 5),
    undefined,
  )
})

test('what was found is told in plain words', () => {
  const cases = [
    ['Object', 'an object'],
    ['Array', 'a list'],
    ['undefined', 'nothing'],
    ['Function', 'a function'],
    ['null', 'null'],
    ['"x"', '"x"'],
  ] as const
  for (const [received, said] of cases) assert.equal(receivedText(received), said)
})
