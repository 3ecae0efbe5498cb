import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Request } from '../message/request.ts'
import { rewritten } from './rewrite.ts'

function routed(url: string, mount = '', params: Record<string, string> = {}): Request {
  const request = new Request(`http://localhost${url}`)
  request.mount = mount
  request.params = params
  return request
}

for (const [to, url, mount, params, expected] of [
  ['/b', '/a', '', {}, '/b'],
  ['/new/*', '/old/x/y', '/old', {}, '/new/x/y'],
  ['/new/*', '/old', '/old', {}, '/new/'],
  ['/*/end', '/old/x', '/old', {}, '/x/end'],
  ['/show/:id', '/notes/7', '', { id: '7' }, '/show/7'],
  ['/show/:id/:id', '/notes/7', '', { id: '7' }, '/show/7/7'],
  ['/show/:other', '/notes/7', '', { id: '7' }, '/show/:other'],
  ['/show/:id', '/notes/a%2Fb', '', { id: 'a/b' }, '/show/a%2Fb'],
  ['/show/:id', '/notes/a%20b%3F', '', { id: 'a b?' }, '/show/a%20b%3F'],
  ['/:id/*', '/n/x', '/n', { id: '*' }, '/*/x'],
  ['/x/*', '/old/$&$1$`', '/old', {}, '/x/$&$1$%60'],
  ['/x/*', '/old/:id', '/old', { id: '7' }, '/x/:id'],
] as const) {
  test(`${to} of ${url} is ${expected}`, () => {
    assert.equal(rewritten(routed(url, mount, params), to).path, expected)
  })
}

test('the query goes along, unless the rewritten path has one of its own', () => {
  const request = routed('/a?x=1')
  assert.equal(rewritten(request, '/b').search, '?x=1')
  assert.equal(rewritten(request, '/b?y=2').search, '?y=2')
})

test('a rewritten path has no mount, keeps the parameters, and leaves target and first request alone', () => {
  const request = routed('/old/x', '/old', { id: '7' })
  const made = rewritten(request, '/new/*')
  assert.deepEqual([made.mount, made.rest, made.params, made.target], ['', '/new/x', { id: '7' }, '/old/x'])
  assert.deepEqual([request.path, request.mount], ['/old/x', '/old'])
})
