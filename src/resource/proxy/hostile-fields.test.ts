import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { FACTS } from '../../../test/support/connection.ts'
import { Connection } from '../../message/connection.ts'
import { Exchange } from '../../message/exchange.ts'
import type { HeadersInit } from '../../message/headers.ts'
import { Headers } from '../../message/headers.ts'
import { Request } from '../../message/request.ts'
import { answerFields } from './answer-fields.ts'
import { FieldRules } from './field-rules.ts'
import { publicRefresh } from './public-names.ts'
import { passedFields } from './request-fields.ts'
import { upgradeAsked, upgradesOf } from './upgrade.ts'

/** As many bytes as a head may have, roughly. */
const MANY = 16_000
/** Many times what each takes, and nothing beside what they took when white space could be shared out in many ways. */
const OVER = 2_000

/** Calls a function that is ended when it goes on for ever. */
function inTime<T>(work: () => T): T {
  return runInNewContext('work()', { work }, { timeout: OVER }) as T
}

function requestWith(headers: HeadersInit): Request {
  return new Request('http://site.example/', { headers })
}

const named = { request: requestWith({}), connection: new Connection(FACTS, new Exchange(), 'HTTP/1.1'), host: 'h' }
const own = { origins: ['http://127.0.0.1:9000'], base: undefined, cookies: {} }

for (const [what, connection] of [
  ['empty options and white space', `te${', '.repeat(MANY / 2)},x-a`],
  ['white space', `te,${' \t'.repeat(MANY / 2)}(x), x-a`],
  ['commas', `${','.repeat(MANY)}x-a`],
] as const) {
  test(`a Connection of many bytes of ${what} is read in time, in both directions, and what it names is not passed`, () => {
    const fields: [string, string][] = [
      ['Connection', connection],
      ['X-A', 'a'],
      ['X-B', 'b'],
    ]
    const passed = inTime(() => passedFields(requestWith(fields), new FieldRules([])))
    assert.equal(passed.lines, 'X-B: b\r\n')
    const answer = inTime(() => answerFields(new Headers(fields), false, own, named))
    assert.deepEqual([...answer.raw()], [['X-B', 'b']])
  })
}

for (const connection of ['close', ' ,Keep-Alive , , te', 'Upgrade,,TE\t', ', ,']) {
  test(`a Connection that names no field, ${JSON.stringify(connection)}, takes none away`, () => {
    const passed = passedFields(requestWith({ Connection: connection, 'X-A': 'a' }), new FieldRules([]))
    assert.equal(passed.lines, 'X-A: a\r\n')
  })
}

test('a Via of many spaces is read in time', () => {
  const via = `1.1 ${' '.repeat(3 * MANY)}x, 1.1 oriel`
  const passed = inTime(() => passedFields(requestWith({ Via: `${via}, 1.1 b` }), new FieldRules([])))
  assert.ok(passed.via.endsWith('1.1 oriel, 1.1 b, 1.1 oriel'))
})

for (const member of [
  '1.1 oriel',
  'HTTP/1.1  Oriel',
  '1.0 oriel (a comment, of two parts)',
  '1.1\toriel\t(x)',
  '2 oriel(x)',
]) {
  test(`the ninth passage is refused where Via says ${member}`, () => {
    const rules = new FieldRules([])
    const passages = (count: number): Request => requestWith({ Via: Array(count).fill(member).join(', ') })
    assert.throws(() => passedFields(passages(16), rules), { status: 508 })
    const other = member.replace(/oriel/i, 'oriel2')
    passedFields(requestWith({ Via: Array(16).fill(other).join(', ') }), rules)
  })
}

for (const [what, value] of [
  ['spaces before two quoted texts', `0;url=${' '.repeat(MANY)}"a"b`],
  ['spaces that are none', '\xa0'.repeat(MANY)],
  ['spaces in an address', `0;url=x${' '.repeat(MANY)}"a"`],
  ['digits', `${'0'.repeat(MANY)}.${'0'.repeat(MANY)}`],
] as const) {
  test(`a Refresh of many ${what} is read in time, and passed as it is`, () => {
    assert.equal(
      inTime(() => publicRefresh(value, own, named)),
      value,
    )
  })
}

for (const [asked, offered] of [
  ['h2c', undefined],
  ['H2C, HTTP/2.0, h2-14, TLS/1.2', undefined],
  ['"h2c"', undefined],
  ['h2c;q=1', undefined],
  ['h2c x', undefined],
  ['\xa0h2c', undefined],
  ['"a, h2c, b", foo/2', 'foo/2'],
  ['foo/2/h2c', undefined],
  [', foo,\tbar/1,', 'foo, bar/1'],
] as const) {
  test(`of the protocols ${JSON.stringify(asked)} only ${offered} is offered to a back end that may take any`, () => {
    const request = requestWith({ Connection: 'Upgrade', Upgrade: asked })
    assert.equal(upgradeAsked(request, upgradesOf(true)), offered)
  })
}
