import assert from 'node:assert/strict'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../../../test/support/folder.ts'
import { Scripted } from '../../../test/support/scripted-fastcgi.ts'
import type { Route } from '../../site/route.ts'
import { Site } from '../../site/site.ts'
import { fastcgi } from './fastcgi.ts'
import type { FastCgiOptions } from './options.ts'

const posix = { skip: process.platform === 'win32' }

/** A site of one application that answers with these fields, and other routes; with the reasons of its failures. */
function siteOf(fields: string, options: Partial<FastCgiOptions>, routes: readonly Route[] = []) {
  const place = { base: '/', types: {}, withheld: (real: string) => real.endsWith('withheld.txt') }
  const handler = fastcgi({ address: 'unix:/x', ...options }, place, new Scripted(`${fields}\n\nits own`).backends)
  const reasons: string[] = []
  const site = new Site({
    routes: [{ match: '/*', resource: handler }, ...routes],
    place,
    report: (_, __, told) => reasons.push(String((told?.['error'] as Error | undefined)?.message)),
  })
  return { site, reasons }
}

const docs = makeFolder({
  'a.txt': 'a file',
  'a b.txt': 'a blank',
  '100%.txt': 'a percent',
  'é.txt': 'an accent',
  'withheld.txt': 'a key',
  '.secret': 'a dot file',
  'sub/b.txt': 'a file below',
  'page.html': 'a page',
  'page.html.gz': 'not this',
})
const outside = makeFolder({ 'x.txt': 'outside' })
if (process.platform !== 'win32') {
  symlinkSync(join(outside, 'x.txt'), join(docs, 'out.txt'))
  symlinkSync('a.txt', join(docs, 'in.txt'))
}

const SENT: readonly (readonly [path: string, content: string])[] = [
  [`${docs}/a.txt`, 'a file'],
  [`${docs}/sub/b.txt`, 'a file below'],
  [`${docs}/sub/../a.txt`, 'a file'],
  [`${docs}/in.txt`, 'a file'],
  [`${docs}/a b.txt`, 'a blank'],
  [`${docs}/a%20b.txt`, 'a blank'],
  [`${docs}/100%.txt`, 'a percent'],
  [`${docs}/100%25.txt`, 'a percent'],
  [`${docs}/\u00c3\u00a9.txt`, 'an accent'],
  [`${docs}/%C3%A9.txt`, 'an accent'],
  [`${docs}/page.html`, 'a page'],
]

for (const [path, content] of SENT) {
  test(`X-Sendfile: ${path.replace(docs, 'DOCS')} sends ${content}`, posix, async () => {
    for (const field of ['X-Sendfile', 'X-LIGHTTPD-Send-File']) {
      const { site } = siteOf(`${field}: ${path}`, { sendfile: [docs] })
      const response = await site.request('/', { headers: { 'Accept-Encoding': 'gzip' } })
      assert.deepEqual([response.status, await response.text()], [200, content])
      assert.equal(response.headers.get(field), null)
    }
  })
}

const NOT_SENT: readonly (readonly [path: string, why: RegExp])[] = [
  ['/etc/passwd', /\/etc\/passwd lies in none of the folders/],
  [`${docs}/../x`, /lies in none/],
  [`${docs}/%2e%2e/x`, /lies in none/],
  [`${docs}x/a.txt`, /lies in none/],
  [docs, /lies in none/],
  [`${docs}/`, /lies in none/],
  [`${outside}/x.txt`, /lies in none/],
  [`${docs}/out.txt`, /is no file that may be sent/],
  [`${docs}/.secret`, /is no file that may be sent/],
  [`${docs}/withheld.txt`, /is no file that may be sent/],
  [`${docs}/none.txt`, /is no file that may be sent/],
  [`${docs}/sub`, /is no file that may be sent/],
  [`${docs}/a.txt/x`, /is no file that may be sent/],
  [`${docs}/a.txt%00.pdf`, /names no file/],
  ['a.txt', /is no absolute path/],
  ['', /is no absolute path/],
]

for (const [path, why] of NOT_SENT) {
  test(`X-Sendfile: ${path.replace(docs, 'DOCS')} is a 502 that the log explains`, posix, async () => {
    const { site, reasons } = siteOf(`X-Sendfile: ${path}`, { sendfile: [docs] })
    const response = await site.request('/')
    assert.equal(response.status, 502)
    assert.doesNotMatch(await response.text(), new RegExp(docs), 'the client is told no path')
    assert.match(reasons.join(), why)
  })
}

test('the file has its own length, tag and date; all else is of the application', posix, async () => {
  const fields = [
    'Status: 203 Mine',
    `X-Sendfile: ${docs}/a.txt`,
    'Content-Type: application/x-mine',
    'Content-Length: 7',
    'Content-Encoding: gzip',
    'ETag: "mine"',
    'Last-Modified: Mon, 01 Jan 2001 00:00:00 GMT',
    'Content-Disposition: attachment',
    'Cache-Control: private',
    'Set-Cookie: a=1',
    'Set-Cookie: b=2',
    'Connection: close',
  ]
  const { site } = siteOf(fields.join('\n'), { sendfile: [docs] })
  const { status, headers } = await site.request('/')
  const file = (await new Site({ routes: [{ match: '/*', files: docs }] }).request('/a.txt')).headers
  assert.equal(status, 203)
  assert.deepEqual(
    ['content-type', 'content-disposition', 'cache-control', 'content-encoding', 'connection'].map((name) =>
      headers.get(name),
    ),
    ['application/x-mine', 'attachment', 'private', null, null],
  )
  assert.deepEqual(headers.getSetCookie(), ['a=1', 'b=2'])
  assert.equal(headers.get('last-modified'), file.get('last-modified'))
  assert.notEqual(headers.get('etag'), '"mine"')
})

test('a path as the application sees it is one of ours', posix, async () => {
  const { site } = siteOf('X-Sendfile: /var/www/sub/b.txt', {
    root: docs,
    rootThere: '/var/www',
    sendfile: [docs],
    try: ['/a.txt'],
  })
  assert.equal(await (await site.request('/')).text(), 'a file below')
})

test('where neither is allowed the fields are dropped, and the content is the application’s', posix, async () => {
  const fields = `X-Sendfile: ${docs}/a.txt\nX-Accel-Redirect: /a\nX-Accel-Buffering: no`
  const { site } = siteOf(fields, {})
  const response = await site.request('/')
  assert.deepEqual([response.status, await response.text(), [...response.headers.keys()]], [200, 'its own', []])
})

const PROTECTED: readonly Route[] = [
  { match: '/protected/*', internal: true, files: docs },
  {
    match: '/open/*',
    resource: (request: { path: string; search: string }) => new Response(request.path + request.search),
  },
  {
    match: '/guarded/*',
    respond: 'guarded',
    access: { scheme: { identify: () => undefined, challenge: () => 'Basic realm="x"' } },
  },
]

const REDIRECTED: readonly (readonly [to: string, status: number, content: string | RegExp])[] = [
  ['/protected/a.txt', 200, 'a file'],
  ['/protected/a b.txt', 200, 'a blank'],
  ['/protected/a%20b.txt', 200, 'a blank'],
  ['/protected/\u00c3\u00a9.txt', 200, 'an accent'],
  ['//protected//a.txt', 200, 'a file'],
  ['/protected/x/../a.txt', 200, 'a file'],
  ['/open/a?b=c d', 200, '/open/a?b=c%20d'],
  // The guard of that route stands before it (gateways.md 24), and asks the client.
  ['/guarded/x', 401, /./],
  ['/protected/none.txt', 502, /./],
  ['/protected/.secret', 502, /./],
  ['/protected/../../etc/passwd', 500, /./],
  ['nowhere', 502, /./],
  ['@named', 502, /./],
  ['http://other.example/', 502, /./],
  ['/%zz', 502, /./],
  ['/%00', 502, /./],
]

for (const [to, status, content] of REDIRECTED) {
  test(`X-Accel-Redirect: ${JSON.stringify(to)} is ${status}`, posix, async () => {
    const { site, reasons } = siteOf(`X-Accel-Redirect: ${to}`, { accel: true }, PROTECTED)
    for (const method of ['GET', 'POST']) {
      const response = await site.request('/', { method, ...(method === 'POST' && { body: 'x' }) })
      assert.equal(response.status, status)
      const text = await response.text()
      if (typeof content === 'string') assert.equal(text, content)
    }
    if (status === 502) assert.match(reasons[0] ?? '', /X-Accel-Redirect/)
  })
}

test('of the fields beside X-Accel-Redirect only those stay that nginx keeps', posix, async () => {
  const fields = [
    'X-Accel-Redirect: /protected/a.txt',
    'Content-Type: application/x-mine',
    'Content-Disposition: attachment',
  ]
  fields.push(
    'Cache-Control: private',
    'Expires: 0',
    'Set-Cookie: a=1',
    'X-Secret: 1',
    'ETag: "mine"',
    'Content-Length: 7',
  )
  const { site } = siteOf(fields.join('\n'), { accel: true }, PROTECTED)
  const { headers } = await site.request('/')
  const kept = ['content-type', 'content-disposition', 'cache-control', 'expires', 'set-cookie', 'x-secret']
  assert.deepEqual(
    kept.map((name) => headers.get(name)),
    ['application/x-mine', 'attachment', 'private', '0', 'a=1', null],
  )
  assert.notEqual(headers.get('etag'), '"mine"')
  assert.equal(
    (await site.request('/protected/a.txt')).headers.get('content-type'),
    'application/x-mine',
    'by the way only',
  )
})
