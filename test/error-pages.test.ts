import assert from 'node:assert/strict'
import { Agent, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type ServeOptions, type Server, serve } from '../src/index.ts'
import type { ExchangeRecord } from '../src/message/exchange.ts'
import type { Scheme } from '../src/message/interface.ts'
import { POSIX, writeScripts } from './support/cgi-site.ts'
import { ask } from './support/client.ts'
import { openFolder } from './support/peer-process.ts'
import { startPhpFpm } from './support/php-fpm.ts'
import { freePorts } from './support/ports.ts'
import { RawClient } from './support/raw-client.ts'
import { Reports } from './support/reports.ts'
import { startUpstream } from './support/upstream.ts'

interface Started {
  readonly server: Server
  readonly url: string
  readonly reports: Reports
  readonly records: ExchangeRecord[]
}

async function start(t: TestContext, options: ServeOptions): Promise<Started> {
  const reports = new Reports()
  const records: ExchangeRecord[] = []
  const log = [{ logRequest: (record: ExchangeRecord) => void records.push(record) }]
  const server = await serve({ port: 0, report: reports.report, log, ...options })
  t.after(() => server.close())
  return { server, url: server.url, reports, records }
}

/** A CGI program that tells what it was told. */
const TELL = `printf 'Content-Type: text/plain\\nX-Page: cgi\\n\\n'
printf '%s\\n' "$REQUEST_METHOD" "$REQUEST_URI" "$REDIRECT_STATUS" "$REDIRECT_URL" "$REDIRECT_QUERY_STRING" "$REDIRECT_REQUEST_METHOD" "$REDIRECT_ERROR_NOTES" "$CONTENT_LENGTH$HTTP_RANGE$HTTP_IF_NONE_MATCH"`

const ONLY_ANN: Scheme = {
  usesAuthorization: true,
  challenge: () => 'Name realm="site"',
  identify: ({ headers }) => (headers.get('authorization') === 'ann' ? { name: 'ann', groups: [] } : undefined),
}

function textOf({ body }: { readonly body: Buffer }): string {
  return body.toString()
}

test('a 404 page by PHP on a real php-fpm, for a file that is not there', { timeout: 60_000 }, async (t) => {
  const fpm = await startPhpFpm(t)
  if (fpm === undefined) return
  const root = openFolder({
    'www/index.html': 'home',
    'errors/404.php':
      '<?php header("X-Page: php"); echo $_SERVER["REDIRECT_STATUS"], " ", htmlspecialchars($_SERVER["REDIRECT_URL"]), " ", $_SERVER["REQUEST_URI"], " ", $_SERVER["REQUEST_METHOD"];',
    'errors/500.php': '<?php throw new Exception("broken on purpose");',
  })
  const { url, reports } = await start(t, {
    base: root,
    routes: [
      {
        match: '/errors/*',
        internal: true,
        fastcgi: { address: `unix:${fpm.socket}`, root: join(root, 'errors'), suffix: '.php' },
      },
      { match: '/broken', resource: () => Promise.reject(new Error('first')) },
      { match: '/*', files: 'www' },
    ],
    errors: { 404: { path: '/errors/404.php' }, '5xx': { path: '/errors/500.php' }, 405: { path: '/errors/none.php' } },
  })
  const missing = await ask(url, '/no%3Cthing?x=1', { headers: { Range: 'bytes=0-1', 'If-None-Match': '*' } })
  assert.deepEqual([missing.status, missing.headers['x-page']], [404, 'php'])
  assert.equal(textOf(missing), '404 /no&lt;thing /errors/404.php GET')
  const head = await ask(url, '/nothing', { method: 'HEAD' })
  assert.deepEqual([head.status, head.headers['x-page'], textOf(head)], [404, 'php', ''])
  assert.equal(textOf(await ask(url, '/errors/404.php')), '404 /errors/404.php /errors/404.php GET')
  assert.equal(textOf(await ask(url, '/')), 'home')
  const broken = await ask(url, '/broken', { headers: { Accept: 'text/plain' } })
  assert.equal(broken.status, 500)
  assert.match(textOf(broken), /^500 Internal Server Error\n/)
  assert.match(String((await reports.told('The error page failed.'))[0]?.fields['error']), /it answered 500/)
  const post = await ask(url, '/index.html', { method: 'POST', body: 'x', headers: { Accept: 'text/plain' } })
  assert.deepEqual([post.status, post.headers['allow']], [405, 'GET, HEAD, OPTIONS'])
  assert.match(textOf(post), /^405 Method Not Allowed\n/)
})

test(
  'a 502 page by a CGI program, told of the error as Apache tells it, when the back end is down',
  POSIX,
  async (t) => {
    const [port = 0] = await freePorts(1)
    const base = openFolder()
    writeScripts(join(base, 'cgi-bin'), { tell: TELL })
    const { url, records } = await start(t, {
      base,
      routes: [
        { match: '/cgi-bin/*', cgi: 'cgi-bin', internal: true },
        { match: '/app/*', proxy: `http://127.0.0.1:${port}` },
      ],
      errors: { default: { path: '/cgi-bin/tell?status=:status' } },
    })
    const answer = await ask(url, '/app/a?q=1', { method: 'POST', body: 'content', headers: { Range: 'bytes=0-1' } })
    assert.ok(answer.status === 502 || answer.status === 503)
    assert.equal(answer.headers['x-page'], 'cgi')
    const told = ['GET', `/cgi-bin/tell?status=${answer.status}`, `${answer.status}`, '/app/a', 'q=1', 'POST']
    assert.deepEqual(textOf(answer).split('\n').slice(0, 6), told)
    assert.equal(textOf(answer).split('\n')[7], '')
    // The log tells of the request that failed, not of its page.
    assert.deepEqual([records[0]?.route, records[0]?.resource, records[0]?.status], ['/app/*', 'proxy', answer.status])
  },
)

test('a 401 page by a proxied application keeps WWW-Authenticate, and knows no password', async (t) => {
  const seen: IncomingMessage[] = []
  const { url: upstream } = await startUpstream(t, (request, response) => {
    seen.push(request)
    response.setHeader('WWW-Authenticate', 'Theirs').setHeader('Set-Cookie', 'page=1').end(`page of ${request.url}`)
  })
  const { url } = await start(t, {
    routes: [
      { match: '/login/*', proxy: upstream },
      { match: '/private', access: { scheme: ONLY_ANN }, respond: 'private' },
    ],
    errors: { 401: { path: '/login/please' } },
  })
  const answer = await ask(url, '/private', { headers: { Authorization: 'guessed', 'If-Match': '"x"' } })
  assert.deepEqual([answer.status, textOf(answer)], [401, 'page of /login/please'])
  assert.equal(answer.headers['www-authenticate'], 'Name realm="site"')
  assert.deepEqual(answer.headers['set-cookie'], ['page=1'])
  assert.deepEqual([seen[0]?.headers.authorization, seen[0]?.headers['if-match']], [undefined, undefined])
  assert.equal(textOf(await ask(url, '/private', { headers: { Authorization: 'ann' } })), 'private')
})

test('an error page behind a guard shows nothing of what is behind it', async (t) => {
  const { url } = await start(t, {
    routes: [
      { match: '/members/*', access: { scheme: ONLY_ANN }, respond: 'the secret of the members' },
      { match: '/', respond: 'home' },
    ],
    errors: { default: { path: '/members/lost' } },
  })
  for (const headers of [{}, { Authorization: 'bob' }]) {
    const answer = await ask(url, '/nowhere', { headers })
    assert.equal(answer.status, 404)
    assert.ok(!textOf(answer).includes('secret'))
    assert.equal(answer.headers['www-authenticate'], undefined)
  }
  assert.match(textOf(await ask(url, '/nowhere', { headers: { Authorization: 'ann' } })), /secret/)
})

test('error pages of two servers that ask for each other come to an end', async (t) => {
  const ports = await freePorts(2)
  const [one, other] = await Promise.all(
    ports.map((port, i) =>
      start(t, {
        port,
        routes: [{ match: '/page/*', proxy: { address: `http://127.0.0.1:${ports[1 - i]}`, path: '/lost' } }],
        errors: { default: { path: '/page/x' } },
      }),
    ),
  )
  assert.ok(one !== undefined && other !== undefined)
  const answer = await ask(one.url, '/nowhere', { headers: { Accept: 'text/plain' } })
  assert.equal(answer.status, 404)
  assert.match(textOf(answer), /^404 Not Found\n/)
  const refused = [...one.reports.all, ...other.reports.all].map(({ fields }) => String(fields['error']))
  assert.ok(refused.some((why) => why.includes('round in a circle')))
})

test('a body that is too large has a page, a bad head has the plain answer', async (t) => {
  const { url, server } = await start(t, {
    routes: [
      { match: '/page', respond: 'own page' },
      { match: '/*', resource: async (request: Request) => new Response(await request.text()), limits: { body: 3 } },
    ],
    errors: { default: { path: '/page' } },
    limits: { requestLine: 100, head: 300 },
  })
  const large = await ask(url, '/', { method: 'POST', body: 'content' })
  assert.deepEqual([large.status, textOf(large)], [413, 'own page'])
  for (const [head, status] of [
    [`GET /${'a'.repeat(200)} HTTP/1.1\r\nHost: x\r\n\r\n`, 414],
    [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(400)}\r\n\r\n`, 431],
    ['GET / HTTP/1.1\r\nHost: x\r\n bad\r\n\r\n', 400],
  ] as const) {
    const client = await RawClient.open({ port: Number(new URL(server.url).port), host: '127.0.0.1' })
    client.send(head)
    const answer = await client.answer()
    client.socket.destroy()
    assert.equal(answer.status, status)
    assert.ok(!answer.body.toString().includes('own page'))
  }
})

test('what PHP sends on is no error answer, what it answers with an error status is', {
  timeout: 60_000,
}, async (t) => {
  const fpm = await startPhpFpm(t)
  if (fpm === undefined) return
  const root = openFolder({
    'php/send.php': '<?php header("X-Sendfile: " . dirname(__DIR__) . "/kept/a.txt");',
    'php/accel.php': '<?php http_response_code(500); header("X-Accel-Redirect: /kept/a.txt");',
    'php/fails.php':
      '<?php http_response_code(500); setcookie("a", "1"); header("X-Mine: 1"); echo str_repeat("x", 200000);',
    'kept/a.txt': 'kept',
  })
  const { url, records } = await start(t, {
    base: root,
    routes: [
      { match: '/kept/*', files: 'kept', internal: true },
      {
        match: '/*',
        fastcgi: { address: `unix:${fpm.socket}`, root: 'php', suffix: '.php', sendfile: ['kept'], accel: true },
      },
    ],
    intercept: true,
    errors: { default: (error) => new Response(`own ${error.status}`) },
  })
  for (const path of ['/send.php', '/accel.php']) assert.equal(textOf(await ask(url, path)), 'kept')
  for (let i = 0; i < 4; i++) {
    const { status, headers, body } = await ask(url, '/fails.php')
    assert.deepEqual([status, body.toString(), headers['x-mine']], [500, 'own 500', undefined])
    assert.match(String(headers['set-cookie']), /^a=1/)
  }
  assert.equal(records.at(-1)?.backend?.['status'], 500)
})

/** Connections that an upstream sees for two requests one after the other. */
async function connections(t: TestContext, long: boolean): Promise<[statuses: number[], connections: number]> {
  const content = 'x'.repeat(long ? 4_000_000 : 1000)
  const sockets = new Set<unknown>()
  const { url: upstream } = await startUpstream(t, ({ socket }, response) => {
    sockets.add(socket)
    response.writeHead(500, { 'Retry-After': '7' }).end(content)
  })
  const { url, records } = await start(t, {
    routes: [{ match: '/*', proxy: upstream, intercept: true }],
    errors: { 500: (error) => new Response(`own ${error.status}`) },
  })
  const agent = new Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  const statuses: number[] = []
  for (let i = 0; i < 2; i++) {
    const answer = await ask(url, '/', { agent })
    assert.deepEqual([textOf(answer), answer.headers['retry-after']], ['own 500', '7'])
    statuses.push(Number(records[i]?.backend?.['status']))
  }
  return [statuses, sockets.size]
}

test('an intercepted answer that is short lets the connection to the upstream be used again', async (t) => {
  assert.deepEqual(await connections(t, false), [[500, 500], 1])
})

test('an intercepted answer that is long is cut off', async (t) => {
  assert.deepEqual(await connections(t, true), [[500, 500], 2])
})

test('a client that goes cancels the page that it waits for', { timeout: 20_000 }, async (t) => {
  let cancelled: (() => void) | undefined
  let came: (() => void) | undefined
  const gone = new Promise<void>((resolve) => {
    cancelled = resolve
  })
  const asked = new Promise<void>((resolve) => {
    came = resolve
  })
  const { url: upstream } = await startUpstream(t, (_, response) => {
    response.on('close', () => cancelled?.())
    came?.()
  })
  const { url, reports } = await start(t, {
    routes: [{ match: '/page', proxy: upstream }],
    errors: { 404: { path: '/page' } },
  })
  const client = await RawClient.open({ port: Number(new URL(url).port), host: '127.0.0.1' })
  client.send('GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n')
  await asked
  client.socket.destroy()
  await gone
  assert.deepEqual(reports.all, [])
})

test('an intercepted answer of a CGI program has a page by another one', POSIX, async (t) => {
  const base = openFolder()
  writeScripts(join(base, 'cgi-bin'), {
    fails: `printf 'Status: 503\\nSet-Cookie: a=1\\nSet-Cookie: b=2\\nRetry-After: 9\\nX-Mine: 1\\n\\nits own'`,
    tell: TELL,
  })
  const { url, records } = await start(t, {
    base,
    routes: [{ match: '/cgi-bin/*', cgi: 'cgi-bin', intercept: [503] }],
    errors: { '5xx': { path: '/cgi-bin/tell' } },
  })
  const answer = await ask(url, '/cgi-bin/fails')
  const { headers } = answer
  assert.deepEqual(
    [answer.status, headers['retry-after'], headers['x-mine'], headers['x-page']],
    [503, '9', undefined, 'cgi'],
  )
  assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2'])
  assert.match(textOf(answer), /^GET\n\/cgi-bin\/tell\n503\n\/cgi-bin\/fails\n\nGET\nService Unavailable\n/)
  assert.equal(records[0]?.backend?.['status'], 503)
})
