import assert from 'node:assert/strict'
import { chmodSync, realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type CgiSite, cgiSite, POSIX, plain } from './support/cgi-site.ts'
import { type Asking, ask, type Got } from './support/client.ts'
import { fill, patterned } from './support/folder.ts'
import { RawClient } from './support/raw-client.ts'

/** Tells all that it was given. */
const TELL = `#!${process.execPath}
const chunks = []
process.stdin.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
  const body = Buffer.concat(chunks)
  const { env, argv } = process
  const told = { env, argv: argv.slice(2), cwd: process.cwd(), size: body.length, hash: require('node:crypto').createHash('sha1').update(body).digest('hex') }
  process.stdout.write('Content-Type: application/json\\r\\n\\r\\n' + JSON.stringify(told))
})`

interface Told {
  readonly env: Readonly<Record<string, string>>
  readonly argv: readonly string[]
  readonly cwd: string
  readonly size: number
  readonly hash: string
}

async function told(site: CgiSite, path: string, asking: Asking = {}): Promise<Told> {
  const { status, body } = await ask(site.url, path, asking)
  assert.equal(status, 200, body.toString())
  return JSON.parse(body.toString()) as Told
}

function text({ status, body, complete }: Got): string {
  return `${status} ${body}${complete ? '' : ' …'}`
}

test('a script is told of its path, its files, the request and the server, and nothing else', POSIX, async (t) => {
  const site = await cgiSite(t, { 'sub/tell.cgi': TELL }, { env: { OWN: 'ä', SERVER_SOFTWARE: 'mine' } })
  const asked = await told(site, '/cgi-bin/sub/tell.cgi/a%20b/%C3%A4?x=%20y', {
    headers: { 'X-A': 'b', Cookie: 'c=d' },
  })
  const folder = realpathSync(join(site.folder, 'cgi-bin'))
  const { port } = new URL(site.url)
  const { REMOTE_PORT, PATH, TZ, LD_LIBRARY_PATH, ...env } = asked.env
  assert.match(REMOTE_PORT ?? '', /^\d+$/)
  assert.deepEqual(
    [PATH, TZ, LD_LIBRARY_PATH],
    [process.env['PATH'], process.env['TZ'], process.env['LD_LIBRARY_PATH']],
  )
  assert.deepEqual(env, {
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_SOFTWARE: 'mine',
    REDIRECT_STATUS: '200',
    SERVER_PROTOCOL: 'HTTP/1.1',
    REQUEST_METHOD: 'GET',
    REQUEST_SCHEME: 'http',
    REQUEST_URI: '/cgi-bin/sub/tell.cgi/a%20b/%C3%A4?x=%20y',
    QUERY_STRING: 'x=%20y',
    SCRIPT_NAME: '/cgi-bin/sub/tell.cgi',
    PATH_INFO: '/a b/ä',
    PATH_TRANSLATED: `${folder}/a b/ä`,
    SCRIPT_FILENAME: `${folder}/sub/tell.cgi`,
    DOCUMENT_ROOT: folder,
    DOCUMENT_URI: '/cgi-bin/sub/tell.cgi/a b/ä',
    SERVER_NAME: '127.0.0.1',
    SERVER_PORT: port,
    SERVER_ADDR: '127.0.0.1',
    REMOTE_ADDR: '127.0.0.1',
    HTTP_HOST: `127.0.0.1:${port}`,
    HTTP_X_A: 'b',
    HTTP_COOKIE: 'c=d',
    OWN: 'ä',
  })
  assert.deepEqual([asked.argv, asked.cwd, asked.size], [[], `${folder}/sub`, 0])
})

test('Authorization is for programs that are trusted with it', POSIX, async (t) => {
  for (const authorization of [undefined, true]) {
    const site = await cgiSite(t, { 'tell.cgi': TELL }, { ...(authorization && { authorization }) })
    const { env } = await told(site, '/cgi-bin/tell.cgi', { headers: { Authorization: 'Basic YTpi' } })
    assert.equal(env['HTTP_AUTHORIZATION'], authorization === true ? 'Basic YTpi' : undefined)
  }
})

test('nothing of a query becomes an argument', POSIX, async (t) => {
  const site = await cgiSite(t, { 'tell.cgi': TELL, 'tell.js': TELL }, { interpreters: { '.js': [process.execPath] } })
  chmodSync(join(site.folder, 'cgi-bin/tell.js'), 0o644)
  for (const query of ['a+b', '-s', '%2Ds+-d', ';id', '--version']) {
    assert.deepEqual((await told(site, `/cgi-bin/tell.cgi?${query}`)).argv, [])
    assert.deepEqual((await told(site, `/cgi-bin/tell.js?${query}`)).argv, [])
  }
})

test('an interpreter runs the scripts of its suffix, with fixed arguments before their path', POSIX, async (t) => {
  const script = 'printf "Content-Type: text/plain\\n\\n$0 $1 $2 $MORE"'
  const site = await cgiSite(
    t,
    { 'a.shx': script, 'a.SHX': script },
    { interpreters: { '.shx': ['/bin/sh', '-c', 'MORE=more; . "$0"'] } },
  )
  for (const name of ['a.shx', 'a.SHX']) chmodSync(join(site.folder, 'cgi-bin', name), 0o644)
  assert.equal(text(await ask(site.url, '/cgi-bin/a.shx/x')), `200 ${site.folder}/cgi-bin/a.shx   more`)
  assert.equal((await ask(site.url, '/cgi-bin/a.SHX')).status, 403, 'a suffix counts as it is spelled')
})

test('one program answers all paths of a route, with arguments of the config', POSIX, async (t) => {
  const script = 'printf "Content-Type: text/plain\\n\\n$# $1 $SCRIPT_NAME $PATH_INFO $PATH_TRANSLATED $(pwd)"'
  const site = await cgiSite(t, { 'bin/one': script }, { program: 'cgi-bin/bin/one', args: ['a b'], cwd: '.' })
  const asked = async (path: string) => text(await ask(site.url, path))
  assert.equal(await asked('/cgi-bin/x/y?z'), `200 1 a b /cgi-bin /x/y  ${site.folder}`)
  assert.equal(await asked('/cgi-bin'), `200 1 a b /cgi-bin   ${site.folder}`)
  assert.equal((await ask(site.url, '/cgi-bin/a%2Fb')).status, 404)
})

test('a content of any kind and size comes on the standard input, with its length', POSIX, async (t) => {
  const site = await cgiSite(t, { 'tell.cgi': TELL })
  const { createHash } = await import('node:crypto')
  const cases: [size: number, headers: Record<string, string>][] = [
    [0, { 'Content-Length': '0' }],
    [5, {}],
    [65536, {}],
    [65537, {}],
    [3_000_000, {}],
    [100, { 'Transfer-Encoding': 'chunked' }],
    [200_000, { 'Transfer-Encoding': 'chunked' }],
  ]
  for (const [size, headers] of cases) {
    const body = patterned(size)
    const asked = await told(site, '/cgi-bin/tell.cgi', { method: 'POST', headers, body })
    assert.equal(asked.env['CONTENT_LENGTH'], String(size))
    assert.equal(asked.env['HTTP_TRANSFER_ENCODING'], undefined)
    assert.deepEqual([asked.size, asked.hash], [size, createHash('sha1').update(body).digest('hex')], String(size))
  }
})

test('without spooling a content comes as the client sends it', POSIX, async (t) => {
  const first = 'printf "Content-Type: text/plain\\n\\n"; head -c 5; echo; cat'
  const site = await cgiSite(t, { 'echo.cgi': first, 'tell.cgi': TELL }, { spool: false })
  const client = await RawClient.open({ port: Number(new URL(site.url).port), host: '127.0.0.1' })
  t.after(() => client.destroy())
  client.send('POST /cgi-bin/echo.cgi HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfirst')
  await client.until((got) => got.includes('first'))
  client.send('later')
  assert.equal((await client.answer()).body, 'first\nlater')
  const body = patterned(1_000_000)
  assert.equal((await told(site, '/cgi-bin/tell.cgi', { method: 'POST', body })).size, body.length)
})

const ANSWERS: Readonly<Record<string, readonly [script: string, answer: string, headers?: Record<string, unknown>]>> =
  {
    'a document': [plain('hello'), '200 hello', { 'content-type': 'text/plain', 'content-length': '5' }],
    'a status with words': ["printf 'Status: 404 Not Here\\r\\n\\r\\nbody'", '404 body'],
    'a document in CR LF': ["printf 'Content-Type: a/b\\r\\n\\r\\nx'", '200 x', { 'content-type': 'a/b' }],
    'a redirect elsewhere': [
      "printf 'Location: http://example.com/a?b\\n\\n'",
      '302 ',
      { location: 'http://example.com/a?b' },
    ],
    'a redirect with a status and a document': [
      "printf 'Status: 301\\nLocation: /a\\nContent-Type: a/b\\n\\nx'",
      '301 x',
      { location: '/a' },
    ],
    'several cookies': [
      "printf 'Set-Cookie: a=1\\nSet-Cookie: b=2\\nContent-Type: a/b\\n\\nx'",
      '200 x',
      { 'set-cookie': ['a=1', 'b=2'] },
    ],
    'no content': ["printf 'Status: 204\\n\\n'", '204 '],
    'fields of one connection': [
      "printf 'Content-Type: a/b\\nConnection: upgrade\\nKeep-Alive: x\\nX-Sendfile: /etc/passwd\\nX-A: b\\n\\nx'",
      '200 x',
      { 'x-sendfile': undefined, 'keep-alive': undefined, 'x-a': 'b' },
    ],
    'a head in the words of HTTP (nph)': [
      "printf 'HTTP/1.0 418 Tea\\r\\nContent-Type: a/b\\r\\n\\r\\nx'",
      '418 x',
      { 'content-length': '1' },
    ],
    'a length that is right': [
      "printf 'Content-Type: a/b\\nContent-Length: 1\\n\\nx'",
      '200 x',
      { 'content-length': '1' },
    ],
    'an exit code after all': [`${plain('body')}; exit 3`, '200 body'],
    much: [`${plain('')}; head -c 100000 /dev/zero | tr '\\000' z`, `200 ${'z'.repeat(100_000)}`],
    'a local redirect': ["printf 'Location: /page.html\\n\\n'", '200 page', { location: undefined }],
    'a local redirect to itself': ['printf \'Location: %s\\n\\n\' "$SCRIPT_NAME"', '500'],
    'a local redirect to a path that is none': ["printf 'Location: //evil.example/a\\n\\n'", '502'],
  }

for (const [what, [script, answer, headers = {}]] of Object.entries(ANSWERS)) {
  test(`a program answers ${what}`, POSIX, async (t) => {
    const site = await cgiSite(t, { 'a.cgi': script })
    const got = await ask(site.url, '/cgi-bin/a.cgi')
    assert.equal(text(got).slice(0, got.status >= 500 ? 3 : undefined), answer)
    for (const [name, value] of Object.entries(headers)) assert.deepEqual(got.headers[name], value, name)
  })
}

test('a local redirect is a GET without content, and meets the guard of its route', POSIX, async (t) => {
  const scheme = { identify: () => undefined, challenge: () => 'Test' }
  const site = await cgiSite(t, { 'tell.cgi': TELL, 'to.cgi': `printf 'Location: %s\\n\\n' "$QUERY_STRING"` }, {}, [
    { match: '/kept/*', access: { scheme }, respond: 'kept' },
  ])
  const { env, size } = await told(site, '/cgi-bin/to.cgi?/cgi-bin/tell.cgi/x?y', { method: 'POST', body: 'content' })
  assert.deepEqual([env['REQUEST_METHOD'], env['PATH_INFO'], env['QUERY_STRING'], size], ['GET', '/x', 'y', 0])
  assert.deepEqual([env['CONTENT_LENGTH'], env['CONTENT_TYPE']], [undefined, undefined])
  assert.equal((await ask(site.url, '/cgi-bin/to.cgi?/kept/a')).status, 401)
})

test('HEAD has the fields and no content', POSIX, async (t) => {
  const site = await cgiSite(t, { 'a.cgi': plain('$REQUEST_METHOD') })
  const { status, headers, body } = await ask(site.url, '/cgi-bin/a.cgi', { method: 'HEAD' })
  assert.deepEqual([status, headers['content-type'], body.length], [200, 'text/plain', 0])
  assert.equal(headers['transfer-encoding'], undefined)
})

test('what a program says comes when it says it', POSIX, async (t) => {
  const site = await cgiSite(t, { 'slow.cgi': `${plain('one')}; while [ ! -e go ]; do sleep 0.02; done; printf two` })
  const pieces: string[] = []
  const got = await ask(site.url, '/cgi-bin/slow.cgi', {
    onData: (bytes) => {
      pieces.push(bytes.toString())
      fill(site.folder, { 'cgi-bin/go': '' })
    },
  })
  assert.deepEqual([pieces, got.complete], [['one', 'two'], true])
})

test('no route sends what another one runs', POSIX, async (t) => {
  const site = await cgiSite(
    t,
    { 'a.cgi': `${plain('ran')} # secret`, '../x.run': plain('ran'), '../one': plain('one') },
    {},
    [],
  )
  await site.server.reload({
    port: 0,
    base: site.folder,
    routes: [
      { match: '/cgi-bin/*', cgi: './cgi-bin' },
      { match: '/*.run', cgi: '.' },
      { match: '/one/*', cgi: { program: './one' } },
      { match: '/files/*', files: { root: '.', listing: true, write: true } },
    ],
  })
  fill(site.folder, { 'y.RUN': 'secret', 'cgi-bin/data.txt': 'secret' })
  symlinkSync('cgi-bin/a.cgi', join(site.folder, 'link.txt'))
  const { url } = site.server
  const asked = async (path: string, method = 'GET') =>
    text(await ask(url, path, { method, body: method === 'PUT' ? 'x' : '' }))
  assert.equal(await asked('/cgi-bin/a.cgi'), '200 ran')
  assert.equal(await asked('/x.run'), '200 ran')
  assert.equal(await asked('/one/y'), '200 one')
  assert.equal(await asked('/files/page.html'), '200 page')
  const refused = ['cgi-bin/a.cgi', 'cgi-bin/data.txt', 'cgi-bin/', 'x.run', 'y.RUN', 'one', 'link.txt']
  for (const path of refused) assert.match(await asked(`/files/${path}`), /^404 /, path)
  assert.doesNotMatch((await ask(url, '/files/')).body.toString(), /href="\.\/(?!page)/)
  for (const path of ['cgi-bin/new.cgi', 'new.run', 'one'])
    assert.match(await asked(`/files/${path}`, 'PUT'), /^40[349] /, path)
})

test('paths that would trick a server into something else give 404, 403, 400 or the script', POSIX, async (t) => {
  const site = await cgiSite(t, { 'a.cgi': `${plain('ran')} # secret` })
  const paths = ['%00', '%20', '.', '::$DATA', '%2f', '%2e', '/', '/..', '%5c', '.cgi', '%0a', '%ff', ';x']
  for (const end of paths) {
    const got = await ask(site.url, `/cgi-bin/a.cgi${end}`)
    assert.ok([200, 400, 403, 404].includes(got.status), end)
    assert.doesNotMatch(got.body.toString(), /secret/, end)
  }
  assert.equal(text(await ask(site.url, '/cgi-bin/a%2ecgi')), '200 ran')
  assert.equal((await ask(site.url, '/cgi-bin/a.cgi/b%2Fc')).status, 404)
})

test('what may not be executed is 403, and the log says why', POSIX, async (t) => {
  const site = await cgiSite(t, { 'a.cgi': plain('ran') })
  chmodSync(join(site.folder, 'cgi-bin/a.cgi'), 0o644)
  assert.equal((await ask(site.url, '/cgi-bin/a.cgi')).status, 403)
  const [line] = await site.reports.told('cannot be run')
  assert.deepEqual(line?.fields, {
    requestId: line?.fields['requestId'],
    method: 'GET',
    uri: '/cgi-bin/a.cgi',
    script: join(site.folder, 'cgi-bin/a.cgi'),
  })
})

test('a program that has answered may stay for a while; its client does not wait', POSIX, async (t) => {
  const stay = 'exec >&-; while [ ! -e go ]; do sleep 0.02; done; echo gone > done'
  const site = await cgiSite(t, {
    'length.cgi': `printf 'Content-Type: a/b\\nContent-Length: 4\\n\\nbody'; ${stay}`,
    'none.cgi': `${plain('body')}; ${stay}`,
    'background.cgi': `${plain('body')}; (while [ ! -e go ]; do sleep 0.02; done; echo gone > done) &`,
  })
  for (const name of ['length', 'none', 'background']) {
    assert.equal(text(await ask(site.url, `/cgi-bin/${name}.cgi`)), '200 body', name)
  }
  fill(site.folder, { 'cgi-bin/go': '' })
  assert.deepEqual(site.backends.slice(0, 1), [undefined], 'the log does not wait either')
})

test('the log is told how a program ended, and what it wrote to its standard error', POSIX, async (t) => {
  const site = await cgiSite(t, { 'a.cgi': `echo first >&2; ${plain('body')}; printf last >&2; exit 7` })
  assert.equal(text(await ask(site.url, '/cgi-bin/a.cgi')), '200 body')
  const lines = await site.reports.told('standard error', 2)
  assert.deepEqual(
    lines.map(({ fields }) => [fields['stderr'], fields['program'], fields['uri']]),
    ['first', 'last'].map((said) => [said, join(site.folder, 'cgi-bin/a.cgi'), '/cgi-bin/a.cgi']),
  )
  const [{ process: pid, ...said } = {}] = site.backends as Record<string, unknown>[]
  assert.deepEqual([typeof pid, said], ['number', { exitCode: 7, stderr: ['first', 'last'] }])
})
