import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Response } from '../../message/response.ts'
import { cgiHead } from './write-head.ts'

for (const [what, response, size, head] of [
  [
    'plain text',
    new Response('a'),
    1,
    'Status: 200 OK\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: 1\r\n\r\n',
  ],
  ['an unknown size', new Response(null), undefined, 'Status: 200 OK\r\n\r\n'],
  ['another status', new Response(null, { status: 404 }), 0, 'Status: 404 Not Found\r\nContent-Length: 0\r\n\r\n'],
  ['a reason', new Response(null, { statusText: 'Fine' }), undefined, 'Status: 200 Fine\r\n\r\n'],
  ['a status without content', new Response(null, { status: 304 }), 0, 'Status: 304 Not Modified\r\n\r\n'],
  [
    'several cookies',
    new Response(null, {
      headers: [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ],
    }),
    undefined,
    'Status: 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n',
  ],
  [
    'a Location, which is no redirect without its status',
    new Response(null, { headers: { Location: '/a' } }),
    undefined,
    'Status: 200 OK\r\nLocation: /a\r\n\r\n',
  ],
  [
    'fields of the connection and of the framing',
    new Response(null, {
      headers: {
        Connection: 'close',
        'Transfer-Encoding': 'chunked',
        'Content-Length': '99',
        Upgrade: 'a',
        'Keep-Alive': 'a',
        'X-A': '1',
      },
    }),
    3,
    'Status: 200 OK\r\nX-A: 1\r\nContent-Length: 3\r\n\r\n',
  ],
  [
    'a field that would be taken for the status',
    new Response(null, { headers: { status: '500', STATUS: '501', 'X-Status': 'kept' } }),
    undefined,
    'Status: 200 OK\r\nX-Status: kept\r\n\r\n',
  ],
] as const) {
  test(`the head of an answer with ${what}`, () => {
    assert.equal(cgiHead(response, size), head)
  })
}
