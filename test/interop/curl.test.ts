import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { Response, type Server, serve } from '../../src/index.ts'
import { certificate } from '../support/certificates.ts'
import { makeFolder, patterned } from '../support/folder.ts'
import { needPeer } from '../support/peers.ts'

const BIG = patterned(3_000_000)
const PAGE = `<!doctype html><title>A page</title>${'<p>words and words</p>'.repeat(200)}`
const outside = makeFolder({
  'secret.txt': 'SECRET',
  'root/index.html': 'index',
  'root/big.bin': BIG,
  'root/page.html': PAGE,
  'root/page.html.gz': gzipSync(PAGE),
  'root/page.html.br': brotliCompressSync(PAGE),
})
const root = join(outside, 'root')

interface Curled {
  readonly code: number
  readonly stdout: Buffer
  readonly stderr: string
}

type Curl = (...args: string[]) => Promise<Curled>

/** curl as it is installed, told of nothing by the environment. */
function curlFor(t: TestContext): Curl | undefined {
  const path = needPeer(t, 'curl')
  if (path === undefined) return undefined
  return (...args) =>
    new Promise((resolve) => {
      const options = { encoding: 'buffer', maxBuffer: 2 ** 24 } as const
      execFile(path, ['-q', '-sS', '--noproxy', '*', '--max-time', '20', ...args], options, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr: stderr.toString() }),
      )
    })
}

async function started(t: TestContext, tls?: { cert: string; key: string }): Promise<Server> {
  const server = await serve({
    listen: [{ port: 0, ...(tls !== undefined && { tls: [tls] }) }],
    routes: [
      { match: '/*', files: { root, listing: true } },
      {
        match: '/echo',
        resource: {
          POST: async (request: Request) => new Response(new Uint8Array(await request.arrayBuffer())),
          PUT: async (request: Request) => new Response(`${(await request.arrayBuffer()).byteLength}`),
        },
        limits: { body: 4_000_000 },
      },
      { match: '/refuse', resource: () => new Response('no', { status: 403 }), limits: { body: 1000 } },
      { match: '/stream', resource: () => new Response(numbers()) },
      { match: '/old', redirect: { to: '/page.html', status: 301 } },
    ],
  })
  t.after(() => server.close())
  return server
}

async function* numbers(): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < 1000; i++) yield Buffer.from(`${i}\n`)
}
const NUMBERS = Array.from({ length: 1000 }, (_, i) => `${i}\n`).join('')

test('curl gets files and streams, by HTTP/1.1 and 1.0, and several on one connection', async (t) => {
  const curl = curlFor(t)
  if (curl === undefined) return
  const { url } = await started(t)
  for (const version of ['--http1.1', '--http1.0']) {
    assert.deepEqual((await curl(version, `${url}/big.bin`)).stdout, BIG, version)
    assert.equal((await curl(version, `${url}/stream`)).stdout.toString(), NUMBERS, version)
    const told = await curl(
      version,
      '-o',
      '/dev/null',
      '-w',
      '%{http_version} %{http_code} %{size_download}',
      `${url}/big.bin`,
    )
    assert.equal(told.stdout.toString(), `1.1 200 ${BIG.length}`, version)
  }
  const connects = await curl(
    '-o',
    '/dev/null',
    '-o',
    '/dev/null',
    '-o',
    '/dev/null',
    '-w',
    '%{num_connects} ',
    `${url}/`,
    `${url}/stream`,
    `${url}/missing`,
  )
  assert.equal(connects.stdout.toString(), '1 0 0 ')
  const kept = await curl(
    '--http1.0',
    '-H',
    'Connection: keep-alive',
    '-o',
    '/dev/null',
    '-o',
    '/dev/null',
    '-w',
    '%{num_connects} ',
    `${url}/`,
    `${url}/`,
  )
  assert.equal(kept.stdout.toString(), '1 0 ')
  assert.equal(
    (
      await curl('-L', '-w', '%{num_redirects} %{url_effective}', '-o', '/dev/null', `${url}/old?x=1`)
    ).stdout.toString(),
    `1 ${url}/page.html?x=1`,
  )
  assert.equal((await curl('--fail', `${url}/missing`)).code, 22)
})

test('curl gets the head alone, with the length that GET has', async (t) => {
  const curl = curlFor(t)
  if (curl === undefined) return
  const { url } = await started(t)
  for (const version of ['--http1.1', '--http1.0']) {
    const { stdout, code } = await curl(version, '-I', `${url}/big.bin`)
    assert.equal(code, 0)
    assert.match(stdout.toString(), /^HTTP\/1\.1 200 OK\r\n/)
    assert.match(stdout.toString(), /\r\nContent-Length: 3000000\r\n/i)
    assert.match(stdout.toString(), /\r\nAccept-Ranges: bytes\r\n/i)
  }
})

test('curl gets ranges, and resumes what broke off', async (t) => {
  const curl = curlFor(t)
  if (curl === undefined) return
  const { url } = await started(t)
  const cases = [
    ['0-0', BIG.subarray(0, 1)],
    ['100-299', BIG.subarray(100, 300)],
    ['-500', BIG.subarray(-500)],
    ['2999990-', BIG.subarray(2_999_990)],
    ['2999990-9999999', BIG.subarray(2_999_990)],
  ] as const
  for (const [range, expected] of cases) {
    const { stdout } = await curl('-r', range, '-w', '%{stderr}%{http_code}', `${url}/big.bin`)
    assert.deepEqual(stdout, expected, range)
  }
  const several = await curl('-i', '-r', '0-9,1000-1009', `${url}/big.bin`)
  assert.match(
    several.stdout.toString('latin1'),
    /^HTTP\/1\.1 206 .*\r\nContent-Type: multipart\/byteranges; boundary=/is,
  )
  const beyond = await curl('-r', '3000000-', '-w', '%{http_code}', '-o', '/dev/null', `${url}/big.bin`)
  assert.equal(beyond.stdout.toString(), '416')

  const part = join(makeFolder(), 'part.bin')
  writeFileSync(part, BIG.subarray(0, 1_234_567))
  const resumed = await curl('-C', '-', '-o', part, '-w', '%{http_code} %{size_download}', `${url}/big.bin`)
  assert.equal(resumed.stdout.toString(), `206 ${BIG.length - 1_234_567}`)
  assert.deepEqual(readFileSync(part), BIG)
  const again = await curl('-C', '-', '-o', part, `${url}/big.bin`)
  assert.ok(again.code === 0 || again.code === 33, 'nothing is left to get')
  assert.equal(statSync(part).size, BIG.length)
})

test('curl asks for what changed only', async (t) => {
  const curl = curlFor(t)
  if (curl === undefined) return
  const { url } = await started(t)
  const etags = join(makeFolder(), 'etag')
  const code = ['-o', '/dev/null', '-w', '%{http_code}']
  assert.equal((await curl('--etag-save', etags, ...code, `${url}/page.html`)).stdout.toString(), '200')
  assert.equal((await curl('--etag-compare', etags, ...code, `${url}/page.html`)).stdout.toString(), '304')
  assert.equal((await curl('-z', join(root, 'page.html'), ...code, `${url}/page.html`)).stdout.toString(), '304')
  assert.equal((await curl('-z', '2001-01-01', ...code, `${url}/page.html`)).stdout.toString(), '200')
})

test('curl gets the compressed form that it takes, and reads it', async (t) => {
  const curl = curlFor(t)
  if (curl === undefined) return
  const { url } = await started(t)
  for (const encoding of ['gzip', 'br']) {
    const raw = await curl('-H', `Accept-Encoding: ${encoding}`, `${url}/page.html`)
    assert.deepEqual(
      raw.stdout,
      readFileSync(join(root, encoding === 'br' ? 'page.html.br' : 'page.html.gz')),
      encoding,
    )
  }
  const read = await curl('--compressed', '-v', `${url}/page.html`)
  assert.equal(read.stdout.toString(), PAGE)
  assert.match(read.stderr, /\n< Content-Encoding: (?:br|gzip)\r?\n/i)
  assert.match(read.stderr, /\n< Vary: Accept-Encoding\r?\n/i)
  assert.equal((await curl(`${url}/page.html`)).stdout.toString(), PAGE)
})

test('curl uploads after 100 Continue, and sends nothing where it is refused', async (t) => {
  const curl = curlFor(t)
  if (curl === undefined) return
  const { url } = await started(t)
  const upload = join(root, 'big.bin')
  const expect = ['-H', 'Expect: 100-continue', '--expect100-timeout', '15', '-v']
  const echoed = await curl(...expect, '--data-binary', `@${upload}`, `${url}/echo`)
  assert.deepEqual(echoed.stdout, BIG)
  assert.match(echoed.stderr, /< HTTP\/1\.1 100 Continue/)
  const put = await curl(...expect, '-T', upload, `${url}/echo`)
  assert.equal(put.stdout.toString(), '3000000')
  const chunked = await curl('-H', 'Transfer-Encoding: chunked', '--data-binary', `@${upload}`, `${url}/echo`)
  assert.deepEqual(chunked.stdout, BIG)
  const page = join(root, 'page.html')
  for (const [path, status] of [
    ['/refuse', 413],
    ['/page.html', 405],
  ] as const) {
    const told = ['-o', '/dev/null', '-w', '%{http_code} %{size_upload}']
    const { stdout } = await curl(...expect, '--data-binary', `@${page}`, ...told, url + path)
    assert.equal(stdout.toString(), `${status} 0`, path)
  }
})

test('no path that curl sends as it is leads out of the folder', async (t) => {
  const curl = curlFor(t)
  if (curl === undefined) return
  const { url } = await started(t)
  for (const path of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/..%5csecret.txt',
    '/./../secret.txt',
    '//../secret.txt',
  ]) {
    const { stdout } = await curl('--path-as-is', '-w', ' %{http_code}', url + path)
    assert.match(stdout.toString(), / 40[04]$/, path)
    assert.ok(!stdout.includes('SECRET'), path)
  }
})

test('curl trusts a certificate by its names, and gets files and sends bodies over TLS', async (t) => {
  const curl = curlFor(t)
  const tls = certificate(t, 'site.example', '127.0.0.1')
  if (curl === undefined || tls === undefined) return
  const { url } = await started(t, tls)
  assert.match(url, /^https:/)
  const { port } = new URL(url)
  const trust = ['--cacert', tls.cert]
  assert.deepEqual((await curl(...trust, `${url}/big.bin`)).stdout, BIG)
  const named = `https://site.example:${port}`
  const resolve = [
    ...trust,
    '--resolve',
    `site.example:${port}:127.0.0.1`,
    '--resolve',
    `other.example:${port}:127.0.0.1`,
  ]
  for (const version of ['--tlsv1.3', '--tls-max 1.2']) {
    const { stdout, stderr } = await curl(
      ...resolve,
      ...version.split(' '),
      '--data-binary',
      `@${join(root, 'big.bin')}`,
      `${named}/echo`,
    )
    assert.deepEqual(stdout, BIG, `${version} ${stderr}`)
  }
  assert.equal((await curl(...resolve, `https://other.example:${port}/`)).code, 60)
  assert.equal((await curl(`${url}/`)).code, 60)
  assert.notEqual((await curl(...trust, '--tlsv1.0', '--tls-max', '1.1', `${url}/`)).code, 0)
  assert.equal(
    (await curl(...trust, '--http2', '-w', '%{http_version}', '-o', '/dev/null', `${url}/`)).stdout.toString(),
    '2',
  )
  const old = await curl(...trust, '--http1.0', '-r', '-7', `${url}/big.bin`)
  assert.deepEqual(old.stdout, BIG.subarray(-7), old.stderr)
})

test('curl gets what a Unix socket serves', { skip: process.platform === 'win32' }, async (t) => {
  const curl = curlFor(t)
  if (curl === undefined) return
  const unix = join(makeFolder(), 'x.sock')
  const server = await serve({ listen: [{ unix }], routes: [{ match: '/*', files: root }] })
  t.after(() => server.close())
  assert.equal(server.url, `unix:${unix}`)
  assert.deepEqual((await curl('--unix-socket', unix, 'http://x/big.bin')).stdout, BIG)
})
