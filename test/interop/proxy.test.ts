import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { ProxyOptions } from '../../src/resource/proxy/options.ts'
import { certificate } from '../support/certificates.ts'
import { ask } from '../support/client.ts'
import { startEngine } from '../support/engine.ts'
import { makeFolder, patterned } from '../support/folder.ts'
import { onFreePort, openFolder, startPeer } from '../support/peer-process.ts'
import { needPeer } from '../support/peers.ts'
import { freePorts } from '../support/ports.ts'
import { startUpstream } from '../support/upstream.ts'
import { startApache, startNginx } from '../support/web-servers.ts'

const SOON = { timeout: 60_000 }
const BIG = patterned(20_000_000)

async function proxied(t: TestContext, proxy: ProxyOptions, match: string = '/*') {
  const under = await startEngine(t, { routes: [{ match, proxy }] })
  return under.engine.urls[0] ?? ''
}

/** What is asked of a file of ten digits, and what the server behind must say of it through us. */
const QUESTIONS: readonly (readonly [method: string, headers: Record<string, string>, status: number, body: string])[] =
  [
    ['GET', {}, 200, '0123456789'],
    ['HEAD', {}, 200, ''],
    ['GET', { Range: 'bytes=2-4' }, 206, '234'],
    ['GET', { Range: 'bytes=-2' }, 206, '89'],
    ['GET', { Range: 'bytes=20-' }, 416, '*'],
    ['GET', { 'If-Match': '"other"' }, 412, '*'],
    ['GET', { Range: 'bytes=2-4', 'If-Range': '"other"' }, 200, '0123456789'],
  ]

for (const [name, start] of [
  ['nginx', (t: TestContext, folder: string) => startNginx(t, `root ${folder};`)],
  [
    'Apache',
    (t: TestContext, folder: string) =>
      startApache(t, `DocumentRoot ${folder}\n<Directory ${folder}>\nRequire all granted\n</Directory>`),
  ],
] as const) {
  test(`files of ${name}: ranges, conditions, HEAD and redirects are its own`, SOON, async (t) => {
    const folder = openFolder({ 'digits.txt': '0123456789', 'folder/index.html': 'index', 'big.bin': BIG })
    const server = await start(t, folder)
    if (server === undefined) return
    const url = await proxied(t, { address: server.url })
    const { headers: fields } = await ask(url, '/digits.txt')
    const etag = String(fields.etag)
    const since = String(fields['last-modified'])
    const more = [
      ['GET', { 'If-None-Match': etag }, 304, ''] as const,
      ['GET', { 'If-Modified-Since': since }, 304, ''] as const,
      ['GET', { 'If-Match': etag }, 200, '0123456789'] as const,
    ]
    for (const [method, headers, status, body] of [...QUESTIONS, ...more]) {
      const got = await ask(url, '/digits.txt', { method, headers })
      const what = `${method} ${JSON.stringify(headers)}`
      assert.equal(got.status, status, what)
      if (body !== '*') assert.equal(String(got.body), body, what)
      if (method === 'HEAD') assert.equal(got.headers['content-length'], '10')
    }
    const two = await ask(url, '/digits.txt', { headers: { Range: 'bytes=0-0,-1' } })
    assert.equal(two.status, 206)
    assert.match(String(two.headers['content-type']), /^multipart\/byteranges/)
    const big = await ask(url, '/big.bin')
    assert.equal(createHash('sha1').update(big.body).digest('hex'), createHash('sha1').update(BIG).digest('hex'))
    const moved = await ask(url, '/folder', { headers: { Host: 'site.example' } })
    assert.equal(`${moved.status} ${moved.headers.location}`, '301 http://site.example/folder/')
    const mounted = await proxied(t, { address: `${server.url}/folder/` }, '/app/*')
    assert.equal(String((await ask(mounted, '/app/')).body), 'index')
    assert.equal((await ask(mounted, '/app')).headers.location, '/app/')
  })
}

test(
  'nginx over TLS is reached where its certificate is believed, and not where it is another one',
  SOON,
  async (t) => {
    const files = certificate(t, 'localhost')
    const other = certificate(t, 'other.example')
    if (files === undefined || other === undefined) return
    const [port = 0] = await freePorts(1)
    const lines = [`ssl_certificate ${files.cert}`, `ssl_certificate_key ${files.key}`, `listen 127.0.0.1:${port} ssl`]
    const server = await startNginx(t, `${lines.join(';\n')}; location / { return 200 "$http_host $ssl_server_name"; }`)
    if (server === undefined) return
    const address = `https://localhost:${port}`
    const believed = await proxied(t, { address, tls: { ca: files.cert } })
    assert.equal(String((await ask(believed, '/')).body), `localhost:${port} localhost`)
    const client = await proxied(t, { address: `https://127.0.0.1:${port}`, host: 'client', tls: { verify: false } })
    assert.equal(String((await ask(client, '/', { headers: { Host: 'site.example' } })).body), 'site.example ')
    for (const tls of [{ ca: other.cert }, {}, { ca: files.cert, serverName: 'another.example' }]) {
      const refused = await proxied(t, { address: `https://localhost:${port}`, tls, connectTimeout: 1000 })
      const { status } = await ask(refused, '/')
      assert.ok(status === 502 || status === 503, `${status} with ${JSON.stringify(Object.keys(tls))}`)
    }
  },
)

test('curl uploads and downloads, with an expectation, in chunks, and by HTTP/1.0', SOON, async (t) => {
  const path = needPeer(t, 'curl')
  if (path === undefined) return
  const upstream = await startUpstream(t, async (req, res) => {
    const hash = createHash('sha1')
    for await (const chunk of req) hash.update(chunk)
    if (req.method === 'PUT') res.end(`${hash.digest('hex')} ${req.headers['expect']}`)
    else res.end(BIG)
  })
  const url = await proxied(t, { address: upstream.url })
  const folder = makeFolder({ 'big.bin': BIG })
  const curl = (...args: string[]): Promise<string> =>
    new Promise((resolve) => {
      const usual = ['-q', '-sS', '--noproxy', '*', '--max-time', '20', '-o', '-']
      execFile(path, [...usual, ...args], { encoding: 'latin1', maxBuffer: 1e9 }, (_, out, err) => resolve(out + err))
    })
  const wanted = createHash('sha1').update(BIG).digest('hex')
  const big = join(folder, 'big.bin')
  for (const more of [['-H', 'Expect: 100-continue'], ['-H', 'Transfer-Encoding: chunked'], ['--http1.0']]) {
    assert.equal(await curl('-T', big, ...more, `${url}/x`), `${wanted} undefined`, more.join(' '))
    const how = more.filter((word) => word.startsWith('--'))
    assert.equal(await curl(...how, `${url}/x`), BIG.toString('latin1'))
  }
})

/** A server of python3-websockets that says back what it gets, and a client that has many conversations with it. */
const PYTHON_SERVER = `
import asyncio, sys, websockets
async def echo(socket):
    async for message in socket:
        await socket.send(message)
async def main():
    async with websockets.serve(echo, '127.0.0.1', int(sys.argv[1]), max_size=None):
        await asyncio.Future()
asyncio.run(main())
`
const PYTHON_CLIENT = `
import asyncio, os, sys, websockets
async def talk(url):
    async with websockets.connect(url, max_size=None) as socket:
        for size in (0, 1, 125, 126, 65535, 65536, 300000):
            message = os.urandom(size)
            await socket.send(message)
            assert await socket.recv() == message
        await (await socket.ping())
    return socket.close_code
async def main():
    codes = await asyncio.gather(*(talk(sys.argv[1]) for _ in range(32)))
    print(set(codes))
asyncio.run(main())
`

test('WebSockets of another implementation talk through, and are closed as they should be', SOON, async (t) => {
  if (needPeer(t, 'python3') === undefined) return
  // That of the system, which has the module.
  const python = '/usr/bin/python3'
  const folder = openFolder({ 'server.py': PYTHON_SERVER, 'client.py': PYTHON_CLIENT })
  const url = await onFreePort(async (port) => {
    await startPeer(t, python, [join(folder, 'server.py'), String(port)], { port }, { folder })
    return `http://127.0.0.1:${port}`
  })
  const front = await proxied(t, { address: url })
  const said = await new Promise<string>((resolve) => {
    const args = [join(folder, 'client.py'), front.replace('http', 'ws')]
    execFile(python, args, { timeout: 30_000, env: { PATH: process.env['PATH'] } }, (_, out, err) => resolve(out + err))
  })
  assert.equal(said, '{1000}\n')
})
