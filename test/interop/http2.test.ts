import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Response, type Server, serve } from '../../src/index.ts'
import { openBrowser } from '../support/browser.ts'
import { certificate } from '../support/certificates.ts'
import { makeFolder, patterned } from '../support/folder.ts'
import { needPeer } from '../support/peers.ts'

const SOON = { timeout: 60_000 }
const BIG = patterned(3_000_000)
const PAGE = `<!doctype html><link rel="icon" href="data:,"><title>A page</title>${Array.from({ length: 60 }, (_, i) => `<img src="/dot.svg?${i}" alt="">`).join('')}`
const DOT = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
const folder = makeFolder({ 'page.html': PAGE, 'dot.svg': DOT, 'big.bin': BIG, 'up.bin': BIG })

interface Ran {
  readonly code: number
  readonly stdout: Buffer
  readonly stderr: string
}

function run(program: string, args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(program, args, { encoding: 'buffer', maxBuffer: 2 ** 25, timeout: 50_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr: stderr.toString() }),
    )
  })
}

interface Started {
  readonly server: Server
  readonly secure: string
  readonly plain: string
  readonly complaints: string[]
}

async function started(t: TestContext): Promise<Started | undefined> {
  const tls = certificate(t, 'localhost', '127.0.0.1')
  if (tls === undefined) return undefined
  const complaints: string[] = []
  const server = await serve({
    listen: [
      { port: 0, tls: [tls] },
      { port: 0, http2: true },
    ],
    routes: [
      {
        match: '/echo',
        resource: async (request: Request) => new Response(new Uint8Array(await request.arrayBuffer())),
        limits: { body: 4_000_000 },
      },
      { match: '/refuse', resource: () => new Response('no', { status: 403 }), limits: { body: 4_000_000 } },
      { match: '/version', resource: (request: { version: string }) => new Response(request.version) },
      { match: '/*', files: { root: folder } },
    ],
    report: (_, event) => complaints.push(event),
  })
  t.after(() => server.close())
  const [secure = '', plain = ''] = server.urls
  return { server, secure, plain, complaints }
}

test('curl speaks HTTP/2 by ALPN, by prior knowledge, and HTTP/1.1 on the same ports', SOON, async (t) => {
  const curl = needPeer(t, 'curl')
  const all = await started(t)
  if (curl === undefined || all === undefined) return
  const options = ['-q', '-sSk', '--noproxy', '*', '--max-time', '20']
  for (const [url, flag, version] of [
    [all.secure, '--http2', '2.0'],
    [all.secure, '--http1.1', '1.1'],
    [all.plain, '--http2-prior-knowledge', '2.0'],
    [all.plain, '--http1.1', '1.1'],
    // No Upgrade to h2c (RFC 9113 §3.1): the request is answered as it is.
    [all.plain, '--http2', '1.1'],
  ] as const) {
    const got = await run(curl, [...options, flag, `${url}/version`])
    assert.equal(got.stdout.toString(), version, `${url} ${flag} ${got.stderr}`)
    const file = await run(curl, [...options, flag, `${url}/big.bin`])
    assert.ok(file.stdout.equals(BIG))
    const echo = await run(curl, [...options, flag, '--data-binary', `@${join(folder, 'up.bin')}`, `${url}/echo`])
    assert.ok(echo.stdout.equals(BIG), echo.stderr)
    const refused = await run(curl, [...options, flag, '--data-binary', `@${join(folder, 'up.bin')}`, `${url}/refuse`])
    assert.deepEqual([refused.code, refused.stdout.toString()], [0, 'no'])
  }
  assert.deepEqual(all.complaints, [])
})

test('nghttp gets many resources, pads, and sends bodies, without a complaint', SOON, async (t) => {
  const nghttp = needPeer(t, 'nghttp')
  const all = await started(t)
  if (nghttp === undefined || all === undefined) return
  for (const url of [all.secure, all.plain]) {
    const got = await run(nghttp, ['--no-verify-peer', '-nas', `${url}/page.html`])
    assert.equal(got.code, 0)
    const statuses = got.stdout.toString().match(/ 200 /g)?.length
    assert.equal(statuses, 61, got.stdout.toString())
    const echo = await run(nghttp, ['--no-verify-peer', '-b', '100', '-d', join(folder, 'up.bin'), `${url}/echo`])
    assert.ok(echo.stdout.equals(BIG), echo.stderr)
    const small = await run(nghttp, ['--no-verify-peer', '-w', '11', '-W', '12', '-c', '0', `${url}/big.bin`])
    assert.ok(small.stdout.equals(BIG), small.stderr)
  }
  assert.deepEqual(all.complaints, [])
})

test('h2load has all its requests answered', SOON, async (t) => {
  const h2load = needPeer(t, 'h2load')
  const all = await started(t)
  if (h2load === undefined || all === undefined) return
  for (const url of [all.secure, all.plain]) {
    const got = await run(h2load, ['-n', '2000', '-c', '8', '-m', '32', `${url}/dot.svg`])
    assert.match(got.stdout.toString(), /2000 succeeded, 0 failed/, got.stdout.toString())
  }
  const uploads = await run(h2load, [
    '-n',
    '40',
    '-c',
    '2',
    '-m',
    '10',
    '-d',
    join(folder, 'up.bin'),
    `${all.plain}/echo`,
  ])
  assert.match(uploads.stdout.toString(), /40 succeeded, 0 failed/)
})

const STRICT = `
import socket, sys
import h2.connection, h2.events
sock = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
conn = h2.connection.H2Connection()
conn.initiate_connection()
paths = ['/version', '/dot.svg', '/big.bin', '/none', '/page.html'] * 4
for i, path in enumerate(paths):
    conn.send_headers(2 * i + 1, [(':method', 'GET'), (':scheme', 'http'), (':path', path), (':authority', 'a')], end_stream=True)
sock.sendall(conn.data_to_send())
got, ended = {}, 0
while ended < len(paths):
    received = sock.recv(65536)
    if not received: raise SystemExit('closed')
    for event in conn.receive_data(received):
        if isinstance(event, h2.events.DataReceived):
            got[event.stream_id] = got.get(event.stream_id, 0) + len(event.data)
            conn.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded): ended += 1
        elif isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)): raise SystemExit(repr(event))
    sock.sendall(conn.data_to_send())
print(','.join(str(got[i]) for i in sorted(got)))
`

test('the state machine of python3-h2, which is strict, finds nothing wrong', SOON, async (t) => {
  const python = needPeer(t, 'python3')
  const all = await started(t)
  if (python === undefined || all === undefined) return
  const known = await run('/usr/bin/python3', ['-c', 'import h2'])
  if (known.code !== 0) {
    assert.notEqual(process.env['ORIEL_REQUIRE_PEERS'], '1', 'python3-h2 is not installed, and this test needs it')
    return t.skip('python3-h2 is not installed, and this test needs it')
  }
  const got = await run('/usr/bin/python3', ['-c', STRICT, new URL(all.plain).port])
  assert.equal(got.code, 0, got.stderr)
  const sizes = got.stdout.toString().trim().split(',').map(Number)
  assert.deepEqual(sizes.slice(0, 3), [3, DOT.length, BIG.byteLength])
})

test('Chromium loads a page of many parts over HTTP/2, on one connection', SOON, async (t) => {
  const all = await started(t)
  const browser = await openBrowser(t, { ignoreHTTPSErrors: true })
  if (all === undefined || browser === undefined) return
  const page = await browser.newPage()
  const wrong: string[] = []
  page.on('console', (message) => wrong.push(message.text()))
  page.on('requestfailed', (request) => wrong.push(request.url()))
  await page.goto(`${all.secure}/page.html`)
  await page.waitForFunction('[...document.images].every((image) => image.complete && image.naturalWidth === 1)')
  const protocols = (await page.evaluate(
    "performance.getEntries().filter((e) => 'nextHopProtocol' in e).map((e) => e.nextHopProtocol)",
  )) as string[]
  assert.deepEqual([...new Set(protocols.filter(Boolean))], ['h2'])
  assert.equal(protocols.filter((name) => name === 'h2').length, 61)
  const echoed = await page.evaluate(
    "fetch('/echo', { method: 'POST', body: new Uint8Array(3000000) }).then((r) => r.arrayBuffer()).then((b) => b.byteLength)",
  )
  assert.equal(echoed, 3_000_000)
  assert.deepEqual(wrong, [])
})
