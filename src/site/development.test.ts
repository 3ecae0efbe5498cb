import assert from 'node:assert/strict'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import { Connection, type SocketFacts } from '../message/connection.ts'
import { HttpError } from '../message/errors.ts'
import { Exchange } from '../message/exchange.ts'
import { Request, type RequestInit } from '../message/request.ts'
import { Response } from '../message/response.ts'
import type { ErrorPages } from './error-pages.ts'
import { Site, type SiteOptions } from './site.ts'

const MARK = 'swordfish'

function failing(thrown: unknown, options: Partial<SiteOptions> = {}, errors: ErrorPages = {}): Site {
  const resource = (): never => {
    throw thrown
  }
  return new Site({ routes: [{ match: '/a/:id', resource }], development: true, errors, ...options })
}

/** An error as if it came from this place. */
function errorFrom(file: string, line: number, message: string = MARK): Error {
  const error = new TypeError(message)
  error.stack = `TypeError: ${message}\n    at read (${file}:${line}:7)\n    at node:internal/x:1:1`
  return error
}

async function textOf(site: Site, init: RequestInit = {}, target: string = '/a/7'): Promise<string> {
  return (await site.request(target, init)).text()
}

for (const [accept, type] of [
  ['text/html', 'text/html;charset=utf-8'],
  ['application/json', 'application/problem+json'],
  ['application/problem+json', 'application/problem+json'],
  ['text/plain', 'text/plain;charset=utf-8'],
  ['image/png', 'application/problem+json'],
] as const) {
  test(`under development ${accept} tells the error, its causes, the source, the route and the request`, async () => {
    const base = makeFolder({ 'package.json': '{}', 'lib/notes.ts': 'one\ntwo\nthree <here>\nfour' })
    const error = errorFrom(join(base, 'lib/notes.ts'), 3)
    error.cause = new RangeError('the first cause', { cause: { code: 17 } })
    const site = failing(error, { place: { base } })
    const answer = await site.request('/a/7?x=1', { headers: { Accept: accept, 'X-Own': 'mine' } })
    const text = await answer.text()
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [500, type])
    const here = accept === 'text/html' ? 'three &lt;here&gt;' : 'three <here>'
    for (const part of [MARK, 'the first cause', 'code: 17', here, 'GET /a/7?x=1', 'routes[0] /a/:id', 'mine']) {
      assert.ok(text.includes(part), `${part} is not in ${text}`)
    }
    if (type === 'application/problem+json') assert.equal((JSON.parse(text) as { status: number }).status, 500)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
  })
}

test('nothing in the page runs: all is escaped, and the policy takes no script', async () => {
  const evil = '</style><script>alert(1)</script><img src=x onerror=alert(1)>"\''
  const base = makeFolder({ 'a.js': evil })
  const error = errorFrom(join(base, 'a.js'), 1, evil)
  error.name = evil
  const site = failing(error, { place: { base } })
  const answer = await site.request(`/a/${encodeURIComponent(evil)}?${encodeURIComponent(evil)}`, {
    headers: { 'X-Evil': evil, Accept: 'text/html' },
  })
  const text = await answer.text()
  assert.ok(!text.includes('<script') && !text.includes('<img') && text.split('</style>').length === 2, text)
  const policy = answer.headers.get('content-security-policy') ?? ''
  assert.match(policy, /^default-src 'none'; style-src 'sha256-/)
  assert.ok(!policy.includes('unsafe'))
})

const HERE = { authority: 'localhost:8080', remote: '127.0.0.1', client: '127.0.0.1', headers: {} }

for (const [what, shown, given] of [
  ['a client on this machine', true, {}],
  ['one that asks for an address of it', true, { authority: '127.0.0.1:1' }],
  ['one by IPv6', true, { authority: '[::1]:8080', remote: '::1', client: '::1' }],
  ['one by a name below localhost', true, { authority: 'app.localhost' }],
  [
    'one that came by a link of another site',
    true,
    { headers: { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' } },
  ],
  [
    'a page of another site that reads it',
    false,
    { headers: { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'cors' } },
  ],
  ['a page of this machine', true, { headers: { Origin: 'http://localhost:3000' } }],
  ['a page of another site in an older browser', false, { headers: { Origin: 'https://evil.example' } }],
  ['a page that keeps its origin to itself', false, { headers: { Origin: 'null' } }],
  ['another machine', false, { remote: '192.0.2.1', client: '192.0.2.1' }],
  [
    'another machine that says it asks for this one',
    false,
    { remote: '192.0.2.1', client: '192.0.2.1', authority: 'localhost' },
  ],
  ['a client behind a trusted proxy', false, { client: '192.0.2.1' }],
  ['a proxy that says it is here', false, { remote: '192.0.2.1' }],
  ['a name that was made to lead here', false, { authority: 'evil.example' }],
  ['a name that looks like an address', false, { authority: '127.0.0.1.evil.example' }],
  ['a name that looks like localhost', false, { authority: 'localhost.evil.example' }],
  ['no name', false, { authority: '' }],
  ['a Unix socket', false, { remote: '', client: '' }],
  ['what came by a proxy', false, { headers: { 'X-Forwarded-For': '127.0.0.1' } }],
  ['what came by a proxy that names itself', false, { headers: { Via: '1.1 proxy' } }],
] as const) {
  test(`under development ${what} ${shown ? 'sees' : 'does not see'} the error`, async () => {
    const { authority, remote, client, headers } = { ...HERE, ...given }
    const url = new Request('http://localhost/a/7', { headers })
    const request = new Request({ ...partsOf(url), authority })
    const address = { address: remote, port: 1 }
    const socket = { remote: address, local: address, secure: false, tls: undefined } as SocketFacts
    const connection = new Connection(socket, new Exchange(), 'HTTP/1.1', { address: client, secure: false })
    const answer = await failing(new Error(MARK)).handle(request, connection)
    assert.equal((await answer.text()).includes(MARK), shown)
  })
}

function partsOf({ method, target, path, search, version, secure, headers, body }: Request) {
  return { method, target, path, search, version, secure, headers, body }
}

for (const development of [undefined, false]) {
  test(`no request switches development on where it is ${development}`, async () => {
    const site = failing(new Error(MARK), { development: development as false })
    const tries: RequestInit[] = [
      ...['GET', 'POST', 'TRACE', 'DEBUG', 'OPTIONS', 'development'].map((method) => ({ method })),
      ...['Development', 'X-Development', 'X-Debug', 'Debug', 'Prefer', 'X-Oriel-Development'].map((name) => ({
        headers: { [name]: 'true' },
      })),
      { headers: { Cookie: 'development=true; debug=1' } },
      { method: 'POST', body: 'development=true', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
    ]
    for (const init of tries) {
      for (const target of ['/a/7', '/a/7?development=true&debug=1', '/a/7?XDEBUG_SESSION=1']) {
        const text = await textOf(site, init, target)
        assert.ok(!text.includes(MARK) && !text.includes('stack'), text)
      }
    }
  })
}

test('passwords, cookies and tokens of the request are not shown', async () => {
  const headers = {
    Authorization: `Basic ${MARK}`,
    'Proxy-Authorization': MARK,
    Cookie: `session=${MARK}`,
    'X-Api-Key': MARK,
    'X-CSRF-Token': MARK,
    Referer: `http://u:${MARK}@localhost/?access_token=${MARK}&a=plain`,
    'X-Original-URL': `/?x=1;%70assword=${MARK}`,
  }
  for (const accept of ['text/html', 'application/json', 'text/plain']) {
    const site = failing(new Error('other'))
    const text = await textOf(
      site,
      { headers: { ...headers, Accept: accept } },
      `/a/7?b=shown&password=${MARK}&p%61sswd=${MARK}&x=1;token=${MARK}`,
    )
    assert.ok(!text.includes(MARK), text)
    assert.ok(text.includes('(withheld)') && text.includes('plain') && text.includes('b=shown'))
  }
})

test('only code of the project is shown as source, and nothing that is withheld', async () => {
  const secret = `const x = '${MARK}'`
  const outside = makeFolder({ 'out.js': secret })
  const base = makeFolder({
    'site/package.json': '{}',
    'site/ok.js': secret,
    'site/config.ts': secret,
    'site/.env.js': secret,
    'site/.git/x.js': secret,
    'site/key.pem': secret,
    'site/node_modules/p/index.js': secret,
    'above.js': secret,
  })
  const root = join(base, 'site')
  symlinkSync(join(outside, 'out.js'), join(root, 'link.js'))
  const names: [string, boolean][] = [
    ['ok.js', true],
    ...['config.ts', '.env.js', '.git/x.js', 'key.pem', 'node_modules/p/index.js', 'link.js', '../above.js'].map(
      (name): [string, boolean] => [name, false],
    ),
    ['none.js', false],
  ]
  for (const [name, shown] of names) {
    const place = { base: root, withheld: (real: string) => real.endsWith('config.ts') }
    for (const file of [`${root}/${name}`, `file://${root}/${name}`]) {
      const text = await textOf(failing(errorFrom(file, 1, 'other'), { place }), { headers: { Accept: 'text/plain' } })
      assert.equal(text.includes(MARK), shown, `${name}: ${text}`)
    }
  }
  writeFileSync(join(root, 'ok.js'), `${secret}\n`.repeat(60_000))
  const large = failing(errorFrom(join(root, 'ok.js'), 1, 'other'), { place: { base: root } })
  assert.ok(!(await textOf(large)).includes(MARK))
})

const circle = new Error('round')
circle.cause = circle
const hostile = new Error('x')
Object.defineProperty(hostile, 'stack', {
  get: () => {
    throw new Error('no')
  },
})

for (const [what, thrown, words] of [
  ['nothing', undefined, 'undefined'],
  ['a text', MARK, MARK],
  ['an object', { code: MARK }, MARK],
  ['an error that causes itself', circle, 'round'],
  ['several at once', new AggregateError([new Error('this'), new Error(MARK)], 'all'), MARK],
  ['an error that cannot be looked at', hostile, 'Internal Server Error'],
  ['an error without stack', Object.assign(new Error(MARK), { stack: undefined }), MARK],
  ['a very long message', new Error('m'.repeat(1e6)), '…'],
] as const) {
  test(`under development ${what} may be thrown`, async () => {
    for (const accept of ['text/html', 'application/json', 'text/plain']) {
      const answer = await failing(thrown).request('/a/7', { headers: { Accept: accept } })
      const text = await answer.text()
      assert.equal(answer.status, 500)
      assert.ok(text.includes(words) && text.length < 100_000, text.slice(0, 1000))
    }
  })
}

test('under development a page of the site tells of errors that were thrown on purpose, and hides no other', async () => {
  const errors: ErrorPages = { default: ({ status }) => new Response(`own ${status}`) }
  assert.equal(await textOf(failing(new HttpError(404), {}, errors)), 'own 404')
  assert.match(await textOf(failing(new Error(MARK), {}, errors)), new RegExp(MARK))
})

test('under development the page that fails is told of beside the first error', async () => {
  const errors: ErrorPages = {
    default: () => {
      throw new Error(MARK)
    },
  }
  const text = await textOf(failing(new HttpError(410), {}, errors), { headers: { Accept: 'text/plain' } })
  assert.match(text, /^410 Gone\n\nHttpError: Gone\n/)
  assert.match(text, new RegExp(`The error page of the site failed: Error: ${MARK}`))
})

test('under development the fields that the error must have stay', async () => {
  const answer = await failing(new HttpError(405, { headers: { Allow: 'PUT' } })).request('/a/7')
  assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'PUT'])
})
