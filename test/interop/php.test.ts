import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ask } from '../support/client.ts'
import { runOriel } from '../support/command.ts'
import { copyExample, type ServedExample, serveExample } from '../support/example.ts'
import { fill, patterned } from '../support/folder.ts'
import { needPeer } from '../support/peers.ts'
import { type PoolSettings, startPhpFpm } from '../support/php-fpm.ts'
import { RawClient } from '../support/raw-client.ts'
import { run } from '../support/run.ts'

const LIMIT = { timeout: 120_000 }
const ADDRESS = 'unix:/run/php/php8.2-fpm.sock'
const LARGE: PoolSettings = {
  'php_admin_value[upload_max_filesize]': '100M',
  'php_admin_value[post_max_size]': '100M',
}
/** What a reader would see of a script that is served instead of run. */
const SOURCE = /<\?php|\$_SERVER/

/** What only a connection has, and what PHP and php-fpm add of their own. */
const UNEXPLAINED = 'FCGI_ROLE HOME PHP_SELF REMOTE_PORT REQUEST_TIME REQUEST_TIME_FLOAT SERVER_ADDR USER'.split(' ')

interface Served extends ServedExample {
  readonly folder: string
  readonly root: string
}

async function serving(t: TestContext, more: Readonly<Record<string, string>> = {}): Promise<Served | undefined> {
  const fpm = await startPhpFpm(t, LARGE)
  if (fpm === undefined) return undefined
  const folder = copyExample('php')
  const root = join(folder, 'public')
  fill(root, more)
  return { ...(await serveExample(t, folder, { [ADDRESS]: `unix:${fpm.socket}` })), folder, root }
}

test('one route is a whole PHP site: files, scripts, and a front controller for the rest', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const cases: [string, number, RegExp, RegExp][] = [
    ['/', 200, /^text\/html/, /<h1>A small PHP site<\/h1>/],
    ['/index.php', 200, /^text\/html/, /<code>\/index\.php<\/code>/],
    ['/notes/7?of=mine', 200, /^text\/html/, /<h1>Note 7<\/h1>[\s\S]*<code>\/notes\/7\?of=mine<\/code>/],
    ['/nowhere', 404, /^text\/html/, /<h1>No such page<\/h1>/],
    ['/style.css', 200, /^text\/css/, /max-width/],
    ['/upload.php', 200, /^text\/html/, /<form method="post"/],
  ]
  for (const [path, status, type, content] of cases) {
    const response = await fetch(served.url + path)
    const text = await response.text()
    assert.equal(response.status, status, `${path}: ${text}`)
    assert.match(response.headers.get('content-type') ?? '', type, path)
    assert.match(text, content, path)
    assert.equal(response.headers.has('status'), false, path)
  }
  const part = await fetch(`${served.url}/style.css`, { headers: { range: 'bytes=0-3' } })
  assert.equal(part.status, 206)
  assert.equal(await part.text(), 'body')
})

test('a script is told its name, the path after it and all else that CGI has', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const { url, root } = served
  const path = '/parameters.php/more%20of/path?and=query%20x'
  const headers = { 'x-one': 'two', cookie: 'a=b', proxy: 'http://evil.example/', authorization: 'Basic YTpi' }
  const response = await fetch(url + path, { headers })
  const told = (await response.json()) as Record<string, string>
  const { hostname, port } = new URL(url)
  const expected = {
    REQUEST_METHOD: 'GET',
    REQUEST_URI: path,
    SCRIPT_NAME: '/parameters.php',
    SCRIPT_FILENAME: `${root}/parameters.php`,
    DOCUMENT_ROOT: root,
    PATH_INFO: '/more of/path',
    PHP_SELF: '/parameters.php/more of/path',
    QUERY_STRING: 'and=query%20x',
    SERVER_PROTOCOL: 'HTTP/1.1',
    GATEWAY_INTERFACE: 'CGI/1.1',
    REMOTE_ADDR: '127.0.0.1',
    SERVER_PORT: port,
    SERVER_NAME: hostname,
    HTTP_HOST: `${hostname}:${port}`,
    HTTP_X_ONE: 'two',
    HTTP_COOKIE: 'a=b',
    HTTP_AUTHORIZATION: 'Basic YTpi',
    HTTP_PROXY: undefined,
    HTTPS: undefined,
  }
  const seen = Object.fromEntries(Object.keys(expected).map((name) => [name, told[name]]))
  assert.deepEqual(seen, expected)
})

test('oriel explain prints all that a script is told, and nothing else', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const { url, folder } = served
  const { host, hostname, port } = new URL(url)
  // A front controller, by the path of a folder and by one of nothing, gets other names than a script.
  writeFileSync(join(served.root, 'index.php'), readFileSync(join(served.root, 'parameters.php')))
  for (const target of ['/index.php/x?y', '/parameters.php/more%20of/p%C3%A4th?a=b&c', '/', '/notes/7?of=mine']) {
    const client = await RawClient.open({ host: hostname, port: Number(port) })
    t.after(() => client.destroy())
    client.send(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    const told = new Map(Object.entries(JSON.parse((await client.answer()).body)))
    client.destroy()
    const { stdout, code } = await runOriel(t, ['explain', 'GET', url + target], folder)
    assert.equal(code, 0, stdout)
    const explained = [...stdout.matchAll(/^ +env +(\w+)=(.*)$/gm)].map(
      ([, name = '', value]) => [name, value] as const,
    )
    assert.ok(explained.length > 15, stdout)
    for (const [name, value] of explained) assert.equal(told.get(name), value, `${name} of ${target}`)
    const names = new Set(explained.map(([name]) => name))
    const more = [...told.keys()].filter((name) => !names.has(name))
    assert.deepEqual(more.sort(), UNEXPLAINED)
  }
})

test('no script is ever served as it is written, and nothing runs but what ends with .php', LIMIT, async (t) => {
  const payload = '<?php echo "it ", "ran"; $_SERVER;'
  const served = await serving(t, {
    'evil.txt': payload,
    'evil.PHP': payload,
    'evil.php.jpg': payload,
    'evil.p\u0127p': payload,
    'folder/index.php': payload,
  })
  if (served === undefined) return
  const paths = [
    ...['/parameters.PHP', '/parameters.php.', '/parameters.php%20', '/parameters.php%00.css', '/parameters.php%2f'],
    ...['/parameters.php::$DATA', '/./parameters.php/', '/style.css/../parameters.php', '//parameters.php'],
    ...[
      '/evil.PHP',
      '/evil.PHP/x.php',
      '/%65vil.PHP',
      '/evil.txt/x.php',
      '/evil.php.jpg/x.php',
      '/evil.p%C4%A7p/x.php',
    ],
    ...['/evil.txt%00.php', '/evil.txt/%2e%2e/x.php', '/parameters%2ephp', '/parameters.ph%70'],
  ]
  for (const path of paths) {
    const { status, body } = await ask(served.url, path)
    assert.doesNotMatch(body.toString(), SOURCE, `${path}: ${status}`)
    assert.doesNotMatch(body.toString(), /it ran/, `${path}: ${status}`)
  }
})

test('a file of 20 MB is uploaded by a form, with its size told and without', LIMIT, async (t) => {
  const curl = needPeer(t, 'curl')
  const served = await serving(t)
  if (curl === undefined || served === undefined) return
  const content = randomBytes(20 << 20)
  const file = join(served.folder, 'upload.bin')
  writeFileSync(file, content)
  const digest = createHash('sha256').update(content).digest('hex')
  for (const more of [[], ['--header', 'Transfer-Encoding: chunked']]) {
    const args = ['--silent', '--show-error', '--form', `file=@${file}`, ...more, `${served.url}/upload.php`]
    const { code, stdout, stderr } = await run(curl, args)
    assert.equal(code, 0, stderr)
    assert.match(stdout, new RegExp(`upload\\.bin, ${content.length} bytes,\\s+SHA-256 <code>${digest}</code>`))
  }
})

test(
  'an answer of 64 MiB arrives whole, and one that is flushed line by line arrives line by line',
  LIMIT,
  async (t) => {
    const size = 64 << 20
    const served = await serving(t, {
      'long.bin': patterned(1 << 20).toString('latin1'),
      'long.php': '<?php for ($i = 0; $i < 64; $i++) readfile("long.bin");',
      'gate.php': `<?php
      echo "one\\n"; while (ob_get_level() > 0) ob_end_flush(); flush();
      while (!file_exists("open")) { usleep(5000); clearstatcache(); }
      echo "two\\n";`,
    })
    if (served === undefined) return
    const long = await ask(served.url, '/long.php')
    const piece = createHash('sha256')
      .update(long.body.subarray(0, long.body.length / 64))
      .digest('hex')
    assert.equal(long.complete, true)
    assert.equal(long.body.length % 64, 0)
    assert.ok(long.body.length >= size)
    for (let i = 1; i < 64; i++) {
      const at = (long.body.length / 64) * i
      const next = createHash('sha256')
        .update(long.body.subarray(at, at + long.body.length / 64))
        .digest('hex')
      assert.equal(next, piece, `piece ${i}`)
    }
    // The script goes on when its first line has reached its reader, and not before.
    const open = (bytes: Buffer): void => {
      if (bytes.toString().startsWith('one')) writeFileSync(join(served.root, 'open'), '')
    }
    const gate = await ask(served.url, '/gate.php', { onData: open })
    assert.equal(gate.body.toString(), 'one\ntwo\n')
  },
)

test(
  'HEAD has the fields and no content, and what PHP says of status, cookies and places is kept',
  LIMIT,
  async (t) => {
    const served = await serving(t, {
      'cookies.php': '<?php http_response_code(418); setcookie("a", "1"); setcookie("b", "2"); echo "tea";',
      'away.php': '<?php header("Location: https://example.org/there");',
      'fatal.php': '<?php nobody_wrote_this();',
    })
    if (served === undefined) return
    const head = await ask(served.url, '/parameters.php', { method: 'HEAD' })
    assert.equal(head.status, 200)
    assert.equal(head.headers['content-type'], 'application/json')
    assert.equal(head.body.length, 0)

    const cookies = await ask(served.url, '/cookies.php')
    assert.equal(cookies.status, 418)
    assert.deepEqual(cookies.headers['set-cookie'], ['a=1', 'b=2'])

    const away = await ask(served.url, '/away.php')
    assert.equal(away.status, 302)
    assert.equal(away.headers.location, 'https://example.org/there')

    const fatal = await ask(served.url, '/fatal.php')
    assert.equal(fatal.status, 500)
    assert.doesNotMatch(fatal.body.toString(), /nobody_wrote_this/)
  },
)
