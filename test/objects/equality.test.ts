import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:http2'
import { Agent, request as requestTls } from 'node:https'
import { test } from 'node:test'
import type { Handler } from '../../src/message/interface.ts'
import type { Route } from '../../src/site/route.ts'
import { certificate } from '../support/certificates.ts'
import { ask } from '../support/client.ts'
import { allTests } from '../support/published.ts'
import { type Both, bothSites } from '../support/published-site.ts'
import { RawClient } from '../support/raw-client.ts'

const SOON = { timeout: 60_000 }
const ALL = allTests()

const GROUPS = ['staff', 'a,b', 'Größe, "zwei"', '日本', '\\', '']
const guarded = {
  scheme: {
    identify: () => ({ name: 'änna "x" 😀', groups: GROUPS }),
    meansOf: () => ({ type: 'Magic' }),
    challenge: () => 'Magic',
  },
  authorizer: { authorizeUser: () => ({ NOTE: 'ü, 7', other: '' }) },
}

const routes = (object: (name: string) => Handler): readonly Route[] => [
  { match: '/user', resource: object('facts'), access: guarded as never },
  { match: '/params/:one/:two', resource: object('facts') },
  { match: '/mounted/*', resource: object('facts') },
  { match: '/old/*', rewrite: '/new/*?from=old', resource: object('facts') },
]

/** One raw exchange on each site, and what came of it, but for the ports and the time. */
async function raw(url: string, request: string): Promise<string> {
  const { port, hostname } = new URL(url)
  const client = await RawClient.open({ port: Number(port), host: hostname })
  client.send(request)
  await client.closed()
  client.destroy()
  const own = [port, String((client.socket.localPort ?? 0) || '')].filter((text) => text !== '')
  return own
    .reduce((text, one) => text.replaceAll(one, 'PORT'), client.text)
    .replace(/^date:.*\r\n/im, '')
    .replace(/"port":\d+/g, '"port":0')
}

const HEAD = 'Host: a.example:80\r\nConnection: close\r\n'
const FORM =
  '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; name="f"; ' +
  'filename="x.txt"\r\nContent-Type: text/plain\r\n\r\nfile of text\r\n--b--\r\n'
const REQUESTS: Readonly<Record<string, string>> = {
  'repeated fields, their case and their order': `GET /facts?q=1 HTTP/1.1\r\n${HEAD}X-b: 1\r\nx-A: 2\r\nX-B: 3\r\nX-Empty:\r\nX-Obs: \xfc\xa0\r\n\r\n`,
  'a target that is not canonical': `GET /x/..//facts/%41%2fb;c?%zz HTTP/1.1\r\n${HEAD}\r\n`,
  'a target with its authority': `GET http://b.example/facts HTTP/1.1\r\n${HEAD}\r\n`,
  'HTTP/1.0 without Host': 'GET /facts HTTP/1.0\r\n\r\n',
  cookies: `GET /facts HTTP/1.1\r\n${HEAD}Cookie: a=1; b=%20x\r\nCookie: c=2\r\n\r\n`,
  'parameters of a route': `GET /params/a%2Fb/%C3%BC HTTP/1.1\r\n${HEAD}\r\n`,
  'a mount': `GET /mounted/a/b/ HTTP/1.1\r\n${HEAD}\r\n`,
  'a mount alone': `GET /mounted HTTP/1.1\r\n${HEAD}\r\n`,
  'a path that is rewritten': `GET /old/a%20b?c HTTP/1.1\r\n${HEAD}\r\n`,
  'a user with groups, by which means, and variables': `GET /user HTTP/1.1\r\n${HEAD}\r\n`,
  'a client behind a trusted proxy': `GET /facts HTTP/1.1\r\n${HEAD}Forwarded: for=203.0.113.9;proto=https\r\n\r\n`,
  'a method of its own': `PROPFIND /facts HTTP/1.1\r\n${HEAD}\r\n`,
  'a body with its length': `POST /facts HTTP/1.1\r\n${HEAD}Content-Length: 3\r\n\r\na\xffb`,
  'a body of no bytes': `POST /facts HTTP/1.1\r\n${HEAD}Content-Length: 0\r\n\r\n`,
  'a body in chunks, with trailers': `POST /facts HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 7\r\nx-sum: 8\r\n\r\n`,
  'a body in chunks of no bytes': `POST /facts HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'an answer with trailers': `GET /trailers HTTP/1.1\r\n${HEAD}TE: trailers\r\n\r\n`,
  'trailers that nobody wants': `GET /trailers HTTP/1.1\r\n${HEAD}\r\n`,
  'informational answers': `GET /hinting HTTP/1.1\r\n${HEAD}\r\n`,
  'HEAD of what is known': `HEAD /hinting HTTP/1.1\r\n${HEAD}\r\n`,
  'HEAD of a stream': `HEAD /trailers HTTP/1.1\r\n${HEAD}\r\n`,
  OPTIONS: `OPTIONS /counter HTTP/1.1\r\n${HEAD}\r\n`,
  'a method that is not there': `PUT /counter HTTP/1.1\r\n${HEAD}Content-Length: 1\r\n\r\nx`,
  'a form with files': `POST /form HTTP/1.1\r\n${HEAD}Content-Type: multipart/form-data; boundary=b\r\nContent-Length: ${FORM.length}\r\n\r\n${FORM}`,
  declined: `GET /declines HTTP/1.1\r\n${HEAD}\r\n`,
  'an error of its own': `GET /refuses HTTP/1.1\r\n${HEAD}Accept: application/json\r\n\r\n`,
  'a throw': `GET /throws HTTP/1.1\r\n${HEAD}\r\n`,
}

let both: Promise<Both> | undefined

for (const [what, request] of Object.entries(REQUESTS)) {
  test(`${what}: the same in another process`, SOON, async () => {
    both ??= bothSites(ALL, { routes, trustedProxies: ['loopback'] })
    const { inside, outside } = await both
    const here = await raw(inside, request)
    assert.notEqual(here, '')
    assert.equal(await raw(outside, request), here)
  })
}

test('what is known of TLS, over HTTP/1.1 and HTTP/2: the same in another process', SOON, async (t) => {
  const files = certificate(t, 'localhost')
  if (files === undefined) return
  const { inside, outside } = await bothSites(t, {
    listen: { tls: [files], clients: { authorities: files.cert } },
  })
  const tls = { ca: readFileSync(files.cert), cert: readFileSync(files.cert), key: readFileSync(files.key) }
  const agent = new Agent({ ...tls, servername: 'localhost' })
  t.after(() => agent.destroy())
  const told = async (url: string): Promise<object> => {
    const sent = requestTls({
      port: new URL(url).port,
      host: '127.0.0.1',
      path: '/facts',
      headers: { host: 'localhost' },
      agent,
    })
    sent.end()
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    return known(String(Buffer.concat(await answer.toArray())))
  }
  const told2 = async (url: string): Promise<object> => {
    const session = connect(`https://localhost:${new URL(url).port}`, { ...tls, lookup: undefined } as never)
    const stream = session.request({ ':path': '/facts' })
    const text = String(Buffer.concat(await stream.toArray()))
    session.close()
    return known(text)
  }
  for (const ask of [told, told2]) {
    const here = (await ask(inside)) as { tls?: { peerCertificate?: string; serverName?: string }; secure: boolean }
    assert.deepEqual(
      [here.tls?.serverName, here.secure, typeof here.tls?.peerCertificate],
      ['localhost', true, 'string'],
    )
    assert.deepEqual(await ask(outside), here)
  }
})

/** Without what belongs to one connection. */
function known(text: string): object {
  return JSON.parse(text, (name, value) => (/^(?:port|authority|url|fields)$/.test(name) ? undefined : value))
}

test('an object reroutes to a path of the site', SOON, async (t) => {
  const { outside } = await bothSites(t, {
    routes: (object) => [{ match: '/counter@tests', resource: object('counter') }],
  })
  assert.equal(String((await ask(outside, '/reroutes')).body), '1')
})

test('the first byte of an answer comes before the last one of the request has left', SOON, async (t) => {
  const { outside } = await bothSites(t)
  const { port } = new URL(outside)
  const client = await RawClient.open({ port: Number(port), host: '127.0.0.1' })
  client.send(`POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n`)
  await client.until((text) => text.includes('one'))
  client.send('3\r\ntwo\r\n')
  await client.until((text) => text.includes('two'))
  client.send('0\r\n\r\n')
  assert.equal(String((await client.answer()).body), 'onetwo')
  client.destroy()
})

test('a slow reader delays nobody on the same connection', SOON, async (t) => {
  const { outside } = await bothSites(t)
  const { port } = new URL(outside)
  const slow = await RawClient.open({ port: Number(port), host: '127.0.0.1' })
  slow.send('GET /large?bytes=50000000 HTTP/1.1\r\nHost: a\r\n\r\n')
  await slow.until((text) => text.includes('yyyy'))
  slow.socket.pause()
  for (let i = 0; i < 20; i++) assert.equal((await ask(outside, '/large?bytes=1000000')).body.byteLength, 1_000_000)
  slow.destroy()
})
