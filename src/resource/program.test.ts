import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Scripted } from '../../test/support/scripted-fastcgi.ts'
import type { Data } from '../gateway/call.ts'
import { Connection, type SocketFacts } from '../message/connection.ts'
import { HttpError } from '../message/errors.ts'
import { Exchange } from '../message/exchange.ts'
import { Request } from '../message/request.ts'
import { Site } from '../site/site.ts'
import { fastcgi } from './fastcgi/fastcgi.ts'
import { program } from './program.ts'

const PLACE = { base: '/', types: {}, withheld: () => false }
const FACTS = {
  remote: { address: '' },
  local: { address: '' },
  secure: false,
  tls: undefined,
} as unknown as SocketFacts

test('a path that hides a slash is nobody’s, also where the route rewrites it: a program would find it in REQUEST_URI', async () => {
  const scripted = new Scripted('A: b\n\nran')
  const resource = fastcgi('unix:/run/x.sock', PLACE, scripted.backends)
  const site = new Site({ routes: [{ match: '/*', rewrite: '/front', resource }] })
  for (const target of ['/admin%2Fusers', '/admin%2fusers?x', '/x%2F..%2Fadmin/users']) {
    assert.equal((await site.request(target)).status, 404, target)
  }
  assert.equal(scripted.calls.length, 0)
  assert.equal((await site.request('/tag?x=a%2Fb')).status, 200)
  assert.equal(scripted.variables['REQUEST_URI'], '/tag?x=a%2Fb')
})

test('the file of a filter is closed where the content of the request cannot be read', { timeout: 5000 }, async () => {
  let closed = 0
  const data: Data = { size: 1, modified: 0, bytes: Buffer.from('x'), close: () => closed++ }
  const answer = program(new Scripted('A: b\n\nran').backends({ address: 'x:1' }), 'x', {})
  const body = new ReadableStream({ start: (stream) => stream.error(new HttpError(413)) })
  const request = new Request('http://h/', { method: 'POST', body })
  const connection = new Connection(FACTS, new Exchange(), 'HTTP/1.1')
  await assert.rejects(async () => answer(request, connection, { name: '', pathInfo: '' }, data), { status: 413 })
  assert.equal(closed, 1)
  const hidden = new Request('http://h/a%2Fb')
  await assert.rejects(async () => answer(hidden, connection, { name: '', pathInfo: '' }, data), { status: 404 })
  assert.equal(closed, 2)
})
