import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderFields } from '../protocol/http1/response-head.ts'
import { plainAnswer } from './plain-answer.ts'

const HEAD = 'Status: 201 Created\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 2\r\nSet-Cookie: a=b\r\n\r\n'

test('an answer as our own ends write it is taken as it is', () => {
  const response = plainAnswer(`${HEAD}ok`)
  assert.equal(response?.status, 201)
  assert.equal(response?.body, 'ok')
  assert.equal(renderFields(response.peek()).text, 'X-A: 1\r\nx-a: 2\r\nSet-Cookie: a=b\r\n')
  assert.deepEqual(
    [...(response?.headers.raw() ?? [])].map(([name]) => name),
    ['X-A', 'x-a', 'Content-Length', 'Set-Cookie'],
  )
})

test('content that is no ASCII stays the same bytes', () => {
  const response = plainAnswer('Status: 200 OK\r\n\r\n\xc3\xbc\xff')
  assert.deepEqual(response?.body, Buffer.from([0xc3, 0xbc, 0xff]))
  assert.equal(response?.latin1, '\xc3\xbc\xff')
})

for (const [what, text] of Object.entries({
  'no status': 'X-A: 1\r\n\r\nok',
  'an informational one': 'Status: 103 Early Hints\r\n\r\nStatus: 200 OK\r\n\r\n',
  'no content by its status': 'Status: 204 No Content\r\n\r\n',
  'a length that is too long': `${HEAD.replace('2\r\nSet', '3\r\nSet')}ok`,
  'a length that is too short': `${HEAD.replace('2\r\nSet', '1\r\nSet')}ok`,
  'two lengths': `${HEAD.replace('X-A', 'Content-Length: 2\r\nX-A')}ok`,
  chunks: 'Status: 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  'a field of the connection': 'Status: 200 OK\r\nConnection: close\r\n\r\n',
  'a date of its own': 'Status: 200 OK\r\nDate: now\r\n\r\n',
  'a word of the object server': 'Status: 200 OK\r\noriel-ANSWER: declined\r\n\r\n',
  'a line that is no field': 'Status: 200 OK\r\nX A: 1\r\n\r\n',
  'a bare line feed': 'Status: 200 OK\r\nX-A: 1\nX-B: 2\r\n\r\n',
  'no end of its head': 'Status: 200 OK\r\nX-A: 1\r\n',
  nothing: '',
})) {
  test(`an answer with ${what} is looked at twice`, () => {
    assert.equal(plainAnswer(text), undefined)
  })
}
