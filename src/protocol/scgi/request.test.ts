import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestHead, ScgiFault, scgiVariables } from './request.ts'

test('the example of the specification', () => {
  const variables = ['REQUEST_METHOD', 'POST', 'CONTENT_LENGTH', '27', 'REQUEST_URI', '/deepthought']
  const strings = ['CONTENT_LENGTH', '27', 'SCGI', '1', 'REQUEST_METHOD', 'POST', 'REQUEST_URI', '/deepthought']
  assert.equal(requestHead(variables), `70:${strings.map((text) => `${text}\0`).join('')},`)
})

test('CONTENT_LENGTH stands first without a content too, and nobody else says the version', () => {
  assert.deepEqual(scgiVariables(['SCGI', '2', 'A', '']), ['CONTENT_LENGTH', '0', 'SCGI', '1', 'A', ''])
})

for (const variables of [
  ['A', 'b\0HTTP_X\0c'],
  ['A\0b\0C', 'd'],
]) {
  test(`${JSON.stringify(variables)} would be several variables, and is refused`, () => {
    assert.throws(() => requestHead(variables), ScgiFault)
  })
}
