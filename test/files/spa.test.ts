import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filesSite, NAVIGATION } from '../support/files-site.ts'
import { makeFolder } from '../support/folder.ts'

const root = makeFolder({ 'index.html': 'app', 'app.js': '1', 'img/logo.svg': '<svg/>', 'shell.html': 'shell' })

test('navigations to paths that do not exist get the application’s page, with its validators', async () => {
  const site = filesSite(root, { spa: true })
  for (const path of ['/users/7', '/users/7/', '/deep/er/path', '/img/', '/.env']) {
    const answer = await site.request(path, { headers: NAVIGATION })
    assert.equal(answer.status, 200, path)
    assert.equal(await answer.text(), 'app', path)
    assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8')
    assert.match(answer.headers.get('vary') ?? '', /Accept\b.*Sec-Fetch-Mode/)
    const again = await site.request(path, {
      headers: { ...NAVIGATION, 'If-None-Match': answer.headers.get('etag') ?? '' },
    })
    assert.equal(again.status, 304, path)
  }
})

test('what a page asks for stays 404 where it does not exist', async () => {
  const site = filesSite(root, { spa: true })
  const notNavigations = [
    { Accept: '*/*' },
    { Accept: 'image/avif,image/webp,*/*;q=0.8', 'Sec-Fetch-Mode': 'no-cors' },
    { Accept: 'text/css' },
    { Accept: 'text/html', 'Sec-Fetch-Mode': 'cors' },
    { Accept: 'application/json' },
    {},
  ]
  for (const headers of notNavigations) {
    const answer = await site.request('/missing.js', { headers: headers as Record<string, string> })
    assert.equal(answer.status, 404, JSON.stringify(headers))
  }
  assert.equal((await site.request('/missing', { headers: { Accept: 'text/html' } })).status, 200)
})

test('files that exist are themselves, to navigations too, and writing is 405', async () => {
  const site = filesSite(root, { spa: true })
  assert.equal(await (await site.request('/app.js', { headers: NAVIGATION })).text(), '1')
  assert.equal((await site.request('/img', { headers: NAVIGATION })).status, 308)
  assert.equal((await site.request('/users/7', { method: 'POST', headers: NAVIGATION })).status, 405)
  const head = await site.request('/users/7', { method: 'HEAD', headers: NAVIGATION })
  assert.equal(head.status, 200)
  assert.equal(head.headers.get('content-length'), '3')
})

test('the application’s page may have another name', async () => {
  for (const spa of ['/shell.html', 'shell.html']) {
    const answer = await filesSite(root, { spa }).request('/users', { headers: NAVIGATION })
    assert.equal(await answer.text(), 'shell')
  }
  assert.equal((await filesSite(root, { spa: '/gone.html' }).request('/users', { headers: NAVIGATION })).status, 404)
})

test('what is denied stays denied where the application’s page would be it', async () => {
  const secret = makeFolder({ '.hidden.html': 'secret' })
  assert.equal((await filesSite(secret, { spa: '/.hidden.html' }).request('/x', { headers: NAVIGATION })).status, 404)
})

test('a listing goes before the application’s page', async () => {
  const site = filesSite(root, { spa: true, listing: true })
  assert.match(await (await site.request('/img/', { headers: NAVIGATION })).text(), /logo\.svg/)
})
