import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connected } from '../../test/support/connection.ts'
import { Request } from '../message/request.ts'
import { Response } from '../message/response.ts'
import { type RedirectOptions, redirect } from './redirect.ts'

const connection = connected()

/** What a redirect at a mount says to a request. */
function answer(options: RedirectOptions, target: string, mount: string, params = {}): Response {
  const request = new Request(`http://h${target}`)
  request.mount = mount
  request.params = params
  const response = redirect(options)(request, connection)
  assert.ok(response instanceof Response)
  return response
}

for (const [to, target, mount, params, location] of [
  ['/new', '/old', '', {}, '/new'],
  ['/new', '/old?a=1', '', {}, '/new?a=1'],
  ['/new?b=2', '/old?a=1', '', {}, '/new?b=2'],
  ['/new#part', '/old?a=1', '', {}, '/new?a=1#part'],
  ['/new#what?', '/old?a=1', '', {}, '/new?a=1#what?'],
  ['/new?b=2#part', '/old?a=1', '', {}, '/new?b=2#part'],
  ['/new/*', '/old/a/b', '/old', {}, '/new/a/b'],
  ['/new/*', '/old', '/old', {}, '/new/'],
  ['/new*', '/old/a', '/old', {}, '/new/a'],
  ['https://h.example/*', '/a?b=1', '', {}, 'https://h.example/a?b=1'],
  ['https://h.example:8443/:id', '/7', '', { id: '7' }, 'https://h.example:8443/7'],
  ['/:id/:other', '/7', '', { id: '7' }, '/7/:other'],
  ['/n/:id', '/x', '', { id: 'a/b?c#d' }, '/n/a%2Fb%3Fc%23d'],
] as const) {
  test(`${target} at ${JSON.stringify(mount)} goes by ${to} to ${location}`, () => {
    assert.equal(answer({ to }, target, mount, params).headers.get('location'), location)
  })
}

test('the status is 302 where it is left out, else the one that is given', () => {
  assert.equal(answer({ to: '/x' }, '/', '').status, 302)
  for (const status of [301, 302, 303, 307, 308]) assert.equal(answer({ to: '/x', status }, '/', '').status, status)
})

test('a status that is no redirect is refused when the site is made', () => {
  for (const status of [200, 300, 304, 305, 309, 404, Number.NaN]) {
    assert.throws(() => redirect({ to: '/x', status }), RangeError, String(status))
  }
})
