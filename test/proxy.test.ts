import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { ProxyOptions } from '../src/resource/proxy/options.ts'
import { ask } from './support/client.ts'
import { startEngine } from './support/engine.ts'
import { makeFolder } from './support/folder.ts'
import { gate } from './support/gate.ts'
import { RawClient } from './support/raw-client.ts'
import { startRawUpstream, startUpstream } from './support/upstream.ts'

const SOON = { timeout: 30_000 }
const posix = { skip: process.platform === 'win32', ...SOON }
const MEGABYTE = 1024 * 1024

/** An engine of one route to some address. */
async function proxied(t: TestContext, address: ProxyOptions['address'], more: Partial<ProxyOptions> = {}) {
  const under = await startEngine(t, { routes: [{ match: '/*', proxy: { address, ...more } }], bodyLimit: 2 ** 30 })
  return { under, url: under.engine.urls[0] ?? '', reports: under.reports }
}

/** Bytes that differ from piece to piece. */
function piece(i: number): Buffer {
  return Buffer.alloc(65536, `piece ${i} `)
}

test('a request and its answer pass', SOON, async (t) => {
  const upstream = await startUpstream(t, async (req, res) => {
    let body = ''
    for await (const chunk of req) body += chunk
    res.writeHead(201, 'Made', [
      ['Content-Type', 'text/x-test'],
      ['Set-Cookie', 'a=b'],
      ['Set-Cookie', 'c=d'],
    ])
    res.end(`${req.method} ${req.url} ${req.headers['x-a']} ${req.headers['content-length']} ${body}`)
  })
  const { url } = await proxied(t, upstream.url)
  const got = await ask(url, '/a%2Fb?c=%64', { method: 'POST', headers: { 'X-A': '1' }, body: 'content' })
  assert.equal(`${got.status} ${got.body}`, '201 POST /a%2Fb?c=%64 1 7 content')
  assert.deepEqual(got.headers['set-cookie'], ['a=b', 'c=d'])
  assert.equal(got.headers['content-type'], 'text/x-test')
})

test('a connection to the back end serves many requests', SOON, async (t) => {
  const upstream = await startUpstream(t, (_, res) => res.end('x'))
  let connections = 0
  upstream.server.on('connection', () => connections++)
  const { url } = await proxied(t, upstream.url)
  for (let i = 0; i < 20; i++) assert.equal(String((await ask(url, '/')).body), 'x')
  assert.equal(connections, 1)
})

test('a server on a Unix socket is reached', posix, async (t) => {
  const path = join(makeFolder(), 'app.sock')
  const upstream = await startUpstream(t, (req, res) => res.end(`${req.headers.host}`), path)
  const { url } = await proxied(t, upstream.url)
  assert.equal(String((await ask(url, '/', { headers: { Host: 'site.example' } })).body), 'site.example')
})

test('a hundred megabytes go up, with their length and in chunks, and come down', SOON, async (t) => {
  const upstream = await startUpstream(t, async (req, res) => {
    const hash = createHash('sha1')
    if (req.method === 'GET') {
      for (let i = 0; i < 1600; i++) if (!res.write(piece(i))) await once(res, 'drain')
      return void res.end()
    }
    for await (const chunk of req) hash.update(chunk)
    res.end(`${req.headers['content-length']} ${hash.digest('hex')}`)
  })
  const { url } = await proxied(t, upstream.url)
  const expected = createHash('sha1')
  for (let i = 0; i < 1600; i++) expected.update(piece(i))
  const wanted = expected.digest('hex')

  const down = createHash('sha1')
  const { port } = new URL(url)
  const [answer] = await once(request({ host: '127.0.0.1', port }).end(), 'response')
  for await (const chunk of answer) down.update(chunk)
  assert.equal(down.digest('hex'), wanted)

  for (const length of [1600 * 65536, undefined]) {
    const headers = length === undefined ? {} : { 'Content-Length': length }
    const sent = request({ host: '127.0.0.1', port, method: 'PUT', headers })
    const answered = once(sent, 'response')
    for (let i = 0; i < 1600; i++) if (!sent.write(piece(i))) await once(sent, 'drain')
    sent.end()
    const [got] = await answered
    let text = ''
    for await (const chunk of got) text += chunk
    assert.equal(text, `${length} ${wanted}`)
  }
})

test('a client that does not read holds the back end up, and fills no memory', SOON, async (t) => {
  let written = 0
  const full = gate()
  const gone = gate()
  const upstream = await startUpstream(t, (_, res) => {
    res.on('close', () => gone.open())
    const write = (): void => {
      while (written < 500 * MEGABYTE) {
        written += 65536
        if (!res.write(piece(written))) return void res.once('drain', write)
      }
    }
    write()
    setInterval(() => {
      if (res.writableLength > 0) full.open()
    }, 300).unref()
  })
  const { under } = await proxied(t, upstream.url)
  const client = await under.connect()
  client.socket.pause()
  const before = process.memoryUsage().arrayBuffers
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await full.passed
  // What the system holds of two connections, and what we do.
  assert.ok(written < 100 * MEGABYTE, `${written} bytes were written`)
  assert.ok(process.memoryUsage().arrayBuffers - before < 30 * MEGABYTE)
  client.destroy()
  await gone.passed
})

test('a back end that does not read holds the client up', SOON, async (t) => {
  const upstream = await startRawUpstream(t, (socket) => socket.pause())
  const { under } = await proxied(t, upstream.url)
  const client = await under.connect()
  client.send(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${500 * MEGABYTE}\r\n\r\n`)
  let sent = 0
  for (;;) {
    const taken = client.socket.write(piece(sent))
    sent += 65536
    if (taken) continue
    const drained = once(client.socket, 'drain').then(() => true)
    if (!(await Promise.race([drained, new Promise<false>((resolve) => setTimeout(resolve, 500, false))]))) break
  }
  assert.ok(sent < 100 * MEGABYTE, `${sent} bytes were sent`)
  client.destroy()
  for (const socket of upstream.sockets) socket.resume()
})

test('a client that goes reaches the back end: while it thinks, and while it answers', SOON, async (t) => {
  for (const begun of [false, true]) {
    const closed = gate()
    const came = gate()
    const upstream = await startUpstream(t, (_, res) => {
      if (begun) res.write('first')
      res.on('close', () => closed.open())
      came.open()
    })
    const { under } = await proxied(t, upstream.url)
    const client = await under.connect()
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await came.passed
    if (begun) await client.until(() => client.text.includes('first'))
    // By a reset: one that only ends its side may still read.
    client.socket.resetAndDestroy()
    await closed.passed
  }
})

test('early hints, trailers and an expectation pass', SOON, async (t) => {
  const upstream = await startUpstream(t, async (req, res) => {
    for await (const _ of req);
    assert.equal(req.headers.expect, undefined)
    res.writeEarlyHints({ link: '</style.css>; rel=preload' })
    res.writeHead(200, { Trailer: 'X-Sum' })
    res.write('hello')
    res.addTrailers({ 'X-Sum': `${req.trailers['x-in']}` })
    res.end()
  })
  const { under } = await proxied(t, upstream.url)
  const client = await under.connect()
  const fields = 'Host: a\r\nTE: trailers\r\nConnection: TE\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n'
  client.send(`POST / HTTP/1.1\r\n${fields}\r\n`)
  await client.until(() => client.text.startsWith('HTTP/1.1 100 '))
  client.send('3\r\nabc\r\n0\r\nX-In: 7\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n')
  await client.until(() => client.text.includes('X-Sum'))
  assert.match(
    client.text,
    /HTTP\/1\.1 103 Early Hints\r\nLink: <\/style\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK\r\n/,
  )
  assert.match(client.text, /5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n$/)
})

test('HEAD has the length that GET has; 204 and 304 have no content', SOON, async (t) => {
  const upstream = await startUpstream(t, (req, res) => {
    const status = Number(req.url?.slice(1))
    res.writeHead(status, { ETag: '"a"', ...(status === 200 && { 'Content-Length': 5 }) })
    res.end(status === 200 ? 'hello' : undefined)
  })
  const { url, under } = await proxied(t, upstream.url)
  const head = await ask(url, '/200', { method: 'HEAD' })
  assert.equal(`${head.status} ${head.headers['content-length']} ${head.body.byteLength}`, '200 5 0')
  const client = await under.connect()
  for (const status of [204, 304, 200]) {
    client.send(`GET /${status} HTTP/1.1\r\nHost: a\r\n\r\n`)
    const answer = await client.answer()
    assert.equal(`${answer.status} ${answer.body}`, `${status} ${status === 200 ? 'hello' : ''}`)
  }
})

/** What back ends do that they must not, and what the client is told. */
const FAULTS: readonly (readonly [what: string, said: string, status: number])[] = [
  ['nothing', '', 502],
  ['half a head', 'HTTP/1.1 200 OK\r\nContent-', 502],
  ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 502],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 502],
  ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 502],
  ['a 101 for nothing', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n', 502],
  ['a field with a bare CR', 'HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n', 502],
]

for (const [what, said, status] of FAULTS) {
  test(`a back end that says ${what} is told of as ${status}, and the log says what it did`, SOON, async (t) => {
    const upstream = await startRawUpstream(t, (socket) => void socket.once('data', () => socket.end(said)))
    const { url, under } = await proxied(t, upstream.url)
    assert.equal((await ask(url, '/')).status, status)
    const { fields } = await under.reported('failed')
    assert.match(String(fields?.['error']), new RegExp(upstream.url))
  })
}

test('an answer that breaks off is broken off for the client too', SOON, async (t) => {
  for (const head of ['Content-Length: 10', 'Transfer-Encoding: chunked']) {
    const said = `HTTP/1.1 200 OK\r\n${head}\r\n\r\n3\r\nabc\r\n`
    const upstream = await startRawUpstream(t, (socket) => void socket.once('data', () => socket.end(said)))
    const { url } = await proxied(t, upstream.url)
    const got = await ask(url, '/')
    assert.equal(got.complete, false)
  }
})

test('nobody listens: 503 with a word for the log', SOON, async (t) => {
  const { url, under } = await proxied(t, 'http://127.0.0.1:1')
  assert.equal((await ask(url, '/')).status, 503)
  assert.match(String((await under.reported('failed')).fields?.['error']), /127\.0\.0\.1:1: nobody listens there/)
})

test('a back end that is silent is waited for as long as the timeout says', SOON, async (t) => {
  const upstream = await startRawUpstream(t, () => undefined)
  const { url } = await proxied(t, upstream.url, { timeouts: { firstByte: 100 } })
  assert.equal((await ask(url, '/')).status, 504)
})

test('requests over HTTP/2 are forwarded too', SOON, async (t) => {
  const { connect } = await import('node:http2')
  const upstream = await startUpstream(t, async (req, res) => {
    let body = ''
    for await (const chunk of req) body += chunk
    res.end(`${req.httpVersion} ${req.headers.host} ${req.headers.via} ${req.headers.cookie} ${body}`)
  })
  const under = await startEngine(t, {
    routes: [{ match: '/*', proxy: upstream.url }],
    listen: { port: 0, http2: true },
  })
  const session = connect(under.engine.urls[0] ?? '')
  t.after(() => session.destroy())
  const stream = session.request({
    ':method': 'POST',
    ':path': '/',
    ':authority': 'two.example',
    cookie: ['a=b', 'c=d'],
  })
  stream.end('content')
  let text = ''
  for await (const chunk of stream) text += chunk
  assert.equal(text, '1.1 two.example 2.0 oriel a=b; c=d content')
})

test('what a client sends to smuggle never reaches the back end as it is', SOON, async (t) => {
  const seen: string[] = []
  const upstream = await startRawUpstream(t, (socket) => {
    socket.on('data', (bytes) => {
      seen.push(bytes.toString('latin1'))
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    })
  })
  const { under } = await proxied(t, upstream.url)
  const say = async (text: string): Promise<string> => {
    const client = await RawClient.open({ port: under.port, host: '127.0.0.1' })
    client.send(text)
    const { status } = await client.answer()
    client.destroy()
    return `${status} ${seen.splice(0).join('')}`
  }
  for (const fields of [
    'Host: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n',
    'Host: a\r\nTransfer-Encoding: chunked, identity\r\n',
    'Host: a\r\nTransfer-Encoding : chunked\r\n',
    'Host: a\r\nContent-Length: 1, 2\r\n',
    'Host: a\r\nHost: b\r\n',
    'Host: a/b\r\n',
    'Host: a\r\nX: a\r\n folded\r\n',
  ]) {
    assert.match(
      await say(`POST / HTTP/1.1\r\n${fields}\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n`),
      /^4\d\d $/,
      fields,
    )
  }
  const absolute = await say('GET http://b.example/x?y HTTP/1.1\r\nHost: a.example\r\n\r\n')
  assert.match(absolute, /^200 GET \/x\?y HTTP\/1\.1\r\nHost: b\.example\r\n/)
  assert.doesNotMatch(absolute, /a\.example/)
  const framed = await say(
    'GET / HTTP/1.1\r\nHost: a\r\nTransfer_Encoding: chunked\r\nContent_Length: 5\r\nConnection: Host, Content-Length\r\n\r\n',
  )
  assert.match(framed, /^200 GET \/ HTTP\/1\.1\r\nHost: a\r\n/)
  assert.doesNotMatch(framed, /chunked|Content/i)
})
