import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Response } from '../message/response.ts'
import { Site } from '../site/site.ts'
import { Challenges } from './challenges.ts'
import { http01 } from './http-01.ts'

const challenges = new Challenges()
challenges.apply({ type: 'http-01', token: 'tok-_1', answer: 'tok-_1.print' })
// A site that lets nobody in, and leads all to https.
const site = new Site({
  routes: [{ match: '/*', resource: () => new Response('the site', { status: 403 }) }],
  middleware: [
    http01(challenges),
    () => () => new Response('moved', { status: 308, headers: { Location: 'https://x/' } }),
  ],
})

for (const [what, method, path, expected] of [
  ['a pending token', 'GET', '/.well-known/acme-challenge/tok-_1', [200, 'tok-_1.print']],
  ['a pending token with a query', 'GET', '/.well-known/acme-challenge/tok-_1?x', [200, 'tok-_1.print']],
  ['another token', 'GET', '/.well-known/acme-challenge/tok-_2', [308, 'moved']],
  ['no token', 'GET', '/.well-known/acme-challenge/', [308, 'moved']],
  ['more path behind it', 'GET', '/.well-known/acme-challenge/tok-_1/x', [308, 'moved']],
  ['a token that must be decoded', 'GET', '/.well-known/acme-challenge/tok%2D_1', [200, 'tok-_1.print']],
  ['a POST', 'POST', '/.well-known/acme-challenge/tok-_1', [308, 'moved']],
  ['all else', 'GET', '/', [308, 'moved']],
] as const) {
  test(`HTTP-01: ${what} gets ${expected[0]}`, async () => {
    const response = await site.request(`http://a.example${path}`, { method })
    assert.deepEqual([response.status, await response.text()], expected)
  })
}

test('HTTP-01: the answer is of the type that the standard names, and not kept by caches', async () => {
  const { headers } = await site.request('http://a.example/.well-known/acme-challenge/tok-_1')
  assert.deepEqual(
    [headers.get('content-type'), headers.get('cache-control')],
    ['application/octet-stream', 'no-store'],
  )
})

test('HTTP-01: where nothing is pending no path is looked at', async () => {
  const idle = new Site({
    routes: [{ match: '/*', resource: () => new Response('the site') }],
    middleware: [http01(new Challenges())],
  })
  const response = await idle.request('http://a.example/.well-known/acme-challenge/tok-_1')
  assert.equal(await response.text(), 'the site')
})
