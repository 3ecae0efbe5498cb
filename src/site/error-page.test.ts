import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpError } from '../message/errors.ts'
import { Request } from '../message/request.ts'
import { defaultPage } from './error-page.ts'

function accepting(Accept?: string): Request {
  return new Request('http://h/', { headers: Accept === undefined ? {} : { Accept } })
}

const error = new HttpError(405, {
  detail: 'Not <b>here</b> & now.',
  code: 'x-code',
  headers: { Allow: 'GET, POST', 'Content-Type': 'x/y', 'Cache-Control': 'max-age=5' },
  cause: new Error('swordfish'),
})

for (const [accept, type] of [
  [undefined, 'text/html;charset=utf-8'],
  ['*/*', 'text/html;charset=utf-8'],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html;charset=utf-8'],
  ['image/*', 'text/html;charset=utf-8'],
  ['application/json', 'application/problem+json'],
  ['application/problem+json', 'application/problem+json'],
  ['application/json, text/html;q=0.5', 'application/problem+json'],
  ['text/plain', 'text/plain;charset=utf-8'],
] as const) {
  test(`a client that accepts ${accept} gets ${type}, the status, the fields of the error, and nothing to keep`, async () => {
    const page = defaultPage(error, accepting(accept))
    assert.deepEqual([page.status, page.headers.get('content-type')], [405, type])
    assert.deepEqual([page.headers.get('allow'), page.headers.get('cache-control')], ['GET, POST', 'no-store'])
    assert.doesNotMatch(await page.text(), /swordfish/)
  })
}

test('the page is plain and accessible: a language, a title, a heading, and what happened, escaped', async () => {
  const html = await defaultPage(error, accepting('text/html')).text()
  assert.match(html, /^<!doctype html>\n<html lang="en">/)
  assert.match(html, /<title>405 Method Not Allowed<\/title>/)
  assert.match(html, /<h1>.*405.*Method Not Allowed<\/h1>/)
  assert.match(html, /<p>Not &lt;b&gt;here&lt;\/b&gt; &amp; now\.<\/p>/)
  assert.match(html, /<meta name="viewport"/)
  assert.doesNotMatch(html, /<script/)
})

test('JSON is problem details: title, status, detail, and a code where there is one (RFC 9457)', async () => {
  assert.deepEqual(await defaultPage(error, accepting('application/json')).json(), {
    title: 'Method Not Allowed',
    status: 405,
    detail: 'Not <b>here</b> & now.',
    code: 'x-code',
  })
  assert.deepEqual(await defaultPage(new HttpError(404), accepting('application/json')).json(), {
    title: 'Not Found',
    status: 404,
  })
})

test('plain text has the status and what happened, and is for clients of which nothing is known', async () => {
  assert.equal(await defaultPage(error, undefined).text(), '405 Method Not Allowed\nNot <b>here</b> & now.\n')
  assert.equal(await defaultPage(new HttpError(418), undefined).text(), '418 Error\n')
})

test('what is not said is explained where the status is a usual one', async () => {
  assert.match(await defaultPage(new HttpError(404), accepting()).text(), /<p>There is nothing at this address\./)
  assert.doesNotMatch(await defaultPage(new HttpError(409), accepting()).text(), /<p>/)
})
