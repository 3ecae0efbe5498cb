import assert from 'node:assert/strict'
import { connect as connectHttp2 } from 'node:http2'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Resource, Response, type Server, serve } from '../src/index.ts'
import { writeScripts } from './support/cgi-site.ts'
import { fill, makeFolder } from './support/folder.ts'
import { RawClient } from './support/raw-client.ts'

const SOON = { timeout: 60_000, skip: process.platform === 'win32' }
const SECRET = 'the secret of the guarded folder'
const LOGIN = `Basic ${Buffer.from('ada:secret').toString('base64')}`

class Vault extends Resource {
  override GET() {
    return new Response(SECRET, { headers: { ETag: '"vault"', 'Last-Modified': 'Sat, 03 Feb 2024 04:05:06 GMT' } })
  }
  override POST() {
    return new Response(SECRET)
  }
}

const access = {
  scheme: 'basic',
  store: (name: string, password: string) => (password === 'secret' ? { name, groups: [] } : undefined),
} as const

/** For each kind of resource a guarded route, and where it may be an open one behind it that has the same things under it. */
const SITES = {
  files: (folder: string) => [
    { match: '/private/*', files: join(folder, 'private'), access },
    { match: '/*', files: { root: folder, listing: true } },
  ],
  cgi: (folder: string) => [
    { match: '/private/*', cgi: { root: join(folder, 'private') }, access },
    { match: '/*', cgi: { root: folder } },
  ],
  module: () => [{ match: '/private/*', resource: Vault, access }],
  rewritten: () => [
    { match: '/private/*', resource: Vault, access },
    { match: '/old/*', rewrite: '/private/*', respond: 'nothing' },
  ],
}
const KINDS = Object.keys(SITES) as (keyof typeof SITES)[]
const NAME = { files: 'a.txt', cgi: 'a.sh', module: 'a', rewritten: 'a' } as const

const servers = new Map<string, Server>()
before(async () => {
  for (const kind of KINDS) {
    const folder = makeFolder()
    if (kind === 'files') fill(folder, { 'private/a.txt': SECRET, 'private/index.html': SECRET, 'open.txt': 'open' })
    if (kind === 'cgi') writeScripts(folder, { 'private/a.sh': `printf 'Content-Type: text/plain\\n\\n${SECRET}'` })
    const listen = [{ port: 0, host: '127.0.0.1', http2: true }]
    servers.set(kind, await serve({ listen, routes: SITES[kind](folder) }))
  }
})
after(async () => {
  for (const server of servers.values()) await server.close()
})

function portOf(kind: string): number {
  return Number(new URL(servers.get(kind)?.url ?? '').port)
}

/** All that comes of some bytes. */
async function said(kind: string, bytes: string): Promise<string> {
  const client = await RawClient.open({ port: portOf(kind), host: '127.0.0.1' })
  try {
    client.send(bytes)
    client.socket.end()
    await client.until(() => client.closing !== undefined)
    return client.text
  } finally {
    client.socket.destroy()
  }
}

/** What the guard would say, or a refusal that tells nothing: neither the content, nor its length or its validators. */
function reveals(text: string): boolean {
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1])
  const isRefusal = [400, 401, 403, 404, 405, 421, 501, 505].includes(status) || status === 308
  return !isRefusal || text.includes(SECRET) || /^(?:etag|last-modified|content-range|accept-ranges):/im.test(text)
}

const HOST = 'Host: h\r\nConnection: close\r\n'
const TARGETS: readonly string[] = [
  '/private/NAME',
  '/private/',
  '/private',
  '/private//NAME',
  '//private/NAME',
  '///private///NAME',
  '/./private/NAME',
  '/private/./NAME',
  '/x/../private/NAME',
  '/private/../private/NAME',
  '/%70rivate/NAME',
  '/%50rivate/NAME',
  '/priv%61te/NAME',
  '/%2570rivate/NAME',
  '/priv%2561te/NAME',
  '/private%2FNAME',
  '/private%2fNAME',
  '/private%252FNAME',
  '/%2Fprivate/NAME',
  '/%2fprivate%2fNAME',
  '/%2e/private/NAME',
  '/%2e%2e/private/NAME',
  '/x/%2e%2e/private/NAME',
  '/x%2f..%2fprivate/NAME',
  '/x/..%2fprivate/NAME',
  '/x/.%2e/private/NAME',
  '/private%5CNAME',
  '/private\\NAME',
  '/\\private/NAME',
  '/x\\..\\private/NAME',
  '/PRIVATE/NAME',
  '/Private/NAME',
  '/private/NAME/',
  '/private/NAME.',
  '/private/NAME%20',
  '/private/NAME%00',
  '/private/NAME%00.html',
  '/private%00/NAME',
  '/private./NAME',
  '/private%20/NAME',
  '/private%09/NAME',
  '/private;/NAME',
  '/private;x=y/NAME',
  '/;/private/NAME',
  '/x;/../private/NAME',
  '/x/..;/private/NAME',
  '/private/NAME;x',
  '/private/..;/private/NAME',
  '/private/NAME?',
  '/private/NAME?/../../open.txt',
  '/private/NAME#',
  '/private?/NAME',
  '/%C0%AFprivate/NAME',
  '/pr%C4%B1vate/NAME',
  '/private%EF%BC%8FNAME',
  '/~/private/NAME',
  '/old/../private/NAME',
  'http://h/private/NAME',
  'HTTP://H:80/private/NAME',
  'http://other/private/NAME',
  'http://user:pass@h/private/NAME',
  'http://h/x/../private/NAME',
  'http://h//private/NAME',
  'https://h/private/NAME',
  'http:///private/NAME',
  'ftp://h/private/NAME',
  '//h/private/NAME',
  'private/NAME',
  '*/private/NAME',
  '/.//private/NAME',
  '/private/%2e/NAME',
  '/private/x/%2e%2e/NAME',
]

const FIELDS: readonly (readonly [what: string, method: string, fields: string])[] = [
  ...['HEAD', 'OPTIONS', 'TRACE', 'POST', 'PUT', 'DELETE', 'get', 'GET\t', 'PROPFIND', 'DEBUG', 'PURGE', 'CONNECT'].map(
    (method) => [`by ${JSON.stringify(method)}`, method, ''] as const,
  ),
  ['with a method override', 'POST', 'X-HTTP-Method-Override: GET\r\nX-Method-Override: GET\r\nContent-Length: 0\r\n'],
  ['with another path in a field', 'GET', 'X-Original-URL: /open.txt\r\nX-Rewrite-URL: /open.txt\r\n'],
  [
    'as if from this machine',
    'GET',
    'X-Forwarded-For: 127.0.0.1\r\nForwarded: for=127.0.0.1\r\nX-Real-IP: 127.0.0.1\r\n',
  ],
  [
    'as somebody by a field',
    'GET',
    'Remote-User: ada\r\nREMOTE_USER: ada\r\nX-Remote-User: ada\r\nX-Forwarded-User: ada\r\n',
  ],
  ['with a condition on the validator', 'GET', 'If-None-Match: "vault"\r\n'],
  ['with any validator', 'GET', 'If-None-Match: *\r\n'],
  ['with a condition that fails', 'GET', 'If-Match: "other"\r\n'],
  ['since a time', 'GET', 'If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\n'],
  ['unless changed since', 'GET', 'If-Unmodified-Since: Sat, 01 Jan 2000 00:00:00 GMT\r\n'],
  ['for a range', 'GET', 'Range: bytes=0-3\r\n'],
  ['for a range beyond it', 'GET', 'Range: bytes=100000-\r\n'],
  ['for a range if it is that', 'GET', 'Range: bytes=0-3\r\nIf-Range: "vault"\r\n'],
  ['with an empty login', 'GET', 'Authorization: \r\n'],
  ['with a login of no name', 'GET', 'Authorization: Basic Og==\r\n'],
  ['with two logins', 'GET', `Authorization: Basic YTpi\r\nAuthorization: ${LOGIN}\r\n`],
  ['with a login for a proxy', 'GET', `Proxy-Authorization: ${LOGIN}\r\n`],
  ['with a login in the fields of another', 'GET', `Authorization_: ${LOGIN}\r\nX-Authorization: ${LOGIN}\r\n`],
]

for (const kind of KINDS) {
  test(`${kind}: who logs in gets what is guarded`, SOON, async () => {
    const text = await said(kind, `GET /private/${NAME[kind]} HTTP/1.1\r\n${HOST}Authorization: ${LOGIN}\r\n\r\n`)
    assert.match(text, /^HTTP\/1\.1 200/)
    assert.ok(text.includes(SECRET))
  })

  test(`${kind}: no spelling of the path gets past the guard`, SOON, async () => {
    for (const target of TARGETS) {
      const path = target.replace('NAME', NAME[kind])
      const text = await said(kind, `GET ${path} HTTP/1.1\r\n${HOST}\r\n`)
      assert.equal(reveals(text), kind === 'files' && isOpenListing(text), `${path}\n${text}`)
    }
  })

  test(`${kind}: nothing beside the path gets past the guard`, SOON, async () => {
    for (const [what, method, fields] of FIELDS) {
      const text = await said(kind, `${method} /private/${NAME[kind]} HTTP/1.1\r\n${HOST}${fields}\r\n`)
      assert.equal(reveals(text), false, `${what}\n${text}`)
    }
  })

  test(`${kind}: no version and no authority gets past the guard`, SOON, async () => {
    for (const bytes of [
      'GET PATH HTTP/1.0\r\n\r\n',
      'GET PATH HTTP/1.0\r\nHost: \r\n\r\n',
      'GET PATH\r\n\r\n',
      'GET PATH HTTP/1.1\r\nConnection: close\r\n\r\n',
      'GET PATH HTTP/1.1\r\nHost: h\r\nHost: localhost\r\n\r\n',
      'GET PATH HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      'GET PATH HTTP/1.1\r\nHost: h/private/../\r\n\r\n',
      'GET PATH HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n',
      'GET PATH HTTP/1.1\r\nHost: h.\r\nConnection: close\r\n\r\n',
      'GET PATH HTTP/2.0\r\nHost: h\r\n\r\n',
      'GET PATH HTTP/1.1 HTTP/1.1\r\nHost: h\r\n\r\n',
    ]) {
      const text = await said(kind, bytes.replace('PATH', `/private/${NAME[kind]}`))
      assert.ok(text === '' || !reveals(text), `${bytes}\n${text}`)
    }
  })

  test(`${kind}: pseudo-header fields of HTTP/2 get nobody past the guard`, SOON, async () => {
    const path = `/private/${NAME[kind]}`
    const session = connectHttp2(`http://127.0.0.1:${portOf(kind)}`)
    try {
      for (const fields of [
        { ':path': path },
        { ':path': `/x/..${path}` },
        { ':path': path.replace('private', '%70rivate') },
        { ':path': `/${path}` },
        { ':path': path, ':authority': 'localhost' },
        { ':path': path, ':scheme': 'https' },
        { ':path': path, ':method': 'HEAD' },
        { ':path': `http://h${path}` },
        { ':path': path.replace('/private/', '/private\\') },
        { ':path': path, host: 'other', 'x-original-url': '/open.txt' },
        { ':path': path, range: 'bytes=0-3' },
        { ':path': path, 'if-none-match': '*' },
      ]) {
        const told = await new Promise<string>((resolve) => {
          const stream = session.request(fields)
          let text = ''
          stream.on('response', (headers) => {
            text += `HTTP/1.1 ${headers[':status']}\r\n${headers.etag === undefined ? '' : 'etag: x'}\r\n`
          })
          stream.setEncoding('utf8').on('data', (piece: string) => {
            text += piece
          })
          stream.on('error', () => resolve('HTTP/1.1 400'))
          stream.on('close', () => resolve(text === '' ? 'HTTP/1.1 400' : text))
        })
        assert.equal(reveals(told), false, `${JSON.stringify(fields)}\n${told}`)
      }
    } finally {
      session.destroy()
    }
  })
}

/** The list of the open folder itself, which tells that there is a guarded one. */
function isOpenListing(text: string): boolean {
  return /^HTTP\/1\.1 200/.test(text) && text.includes('open.txt') && !text.includes(SECRET)
}
