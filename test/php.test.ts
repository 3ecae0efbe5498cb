import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { fastcgi } from '../src/resource/fastcgi/fastcgi.ts'
import type { FastCgiOptions } from '../src/resource/fastcgi/options.ts'
import type { Route } from '../src/site/route.ts'
import { Site } from '../src/site/site.ts'
import { startEngine } from './support/engine.ts'
import { patterned } from './support/folder.ts'
import { openFolder } from './support/peer-process.ts'
import { type PoolSettings, startPhpFpm } from './support/php-fpm.ts'
import { RawClient } from './support/raw-client.ts'

const SOON = { timeout: 60_000 }

const ECHO = '<?php header("Content-Type: application/json"); echo json_encode($_SERVER);'

const FILES = {
  'index.php': '<?php echo "front ", $_SERVER["REQUEST_URI"], " ", $_SERVER["PHP_SELF"];',
  'server.php': ECHO,
  'admin/index.php': '<?php echo "admin";',
  'style.css': 'css',
  'UPPER.PHP': '<?php echo "it ran";',
  'upload/evil.jpg': 'GIF89a<?php echo "it ran";',
  'upload/evil.phtml': '<?php echo "it ran";',
  'post.php': '<?php echo $_SERVER["CONTENT_LENGTH"] ?? "none", " ", hash("sha256", file_get_contents("php://input"));',
  'upload.php': `<?php foreach ($_FILES as $name => $file)
    echo $name, "=", $file["name"], ":", $file["size"], ":", hash_file("sha256", $file["tmp_name"]), " ", $_POST["note"] ?? "";`,
  'status.php':
    '<?php http_response_code(418); header("X-Mine: 1"); setcookie("a", "1"); setcookie("b", "2"); echo "tea";',
  'away.php': '<?php header("Location: /elsewhere");',
  'long.php': '<?php for ($i = 0; $i < 512; $i++) echo str_repeat(chr(65 + $i % 26), 65536);',
  'flush.php':
    '<?php echo "first\\n"; while (ob_get_level()) ob_end_flush(); flush(); fgets(fopen("php://input", "r")); usleep(200000); echo "second\\n";',
  'fail.php': '<?php echo "half"; flush(); throw new Exception("broken on purpose");',
  'exit.php': '<?php posix_kill(posix_getpid(), 9);',
  'send.php':
    '<?php header("X-Sendfile: " . $_GET["file"]); header("Content-Disposition: attachment"); header("Content-Type: application/x-mine");',
  'accel.php':
    '<?php header("X-Accel-Redirect: " . $_GET["to"]); header("Content-Type: application/x-mine"); setcookie("a", "1"); header("X-Secret: 1");',
}

/** A whole PHP site on a real php-fpm; undefined: the test is skipped. */
async function phpSite(
  t: TestContext,
  options: Partial<FastCgiOptions> = {},
  more: readonly Route[] = [],
  settings: PoolSettings = {},
) {
  const fpm = await startPhpFpm(t, settings)
  if (fpm === undefined) return undefined
  const root = openFolder(FILES)
  const reports: unknown[] = []
  const php = { address: `unix:${fpm.socket}`, root, suffix: '.php', try: ['file', '/index.php'], ...options } as const
  const site = new Site({
    routes: [{ match: '/*', fastcgi: php }, ...more],
    report: (level, event, fields) => reports.push({ level, event, ...fields }),
  })
  const get = async (target: string): Promise<string> => {
    const response = await site.request(target)
    return `${response.status} ${response.ok ? await response.text() : ''}`
  }
  return { site, get, root, php, fpm, reports }
}

test('one line of config is a whole PHP site', SOON, async (t) => {
  const on = await phpSite(t)
  if (on === undefined) return
  const cases = [
    ['/', '200 front / /index.php'],
    ['/blog/post?x=1', '200 front /blog/post?x=1 /index.php'],
    ['/index.php/x/y', '200 front /index.php/x/y /index.php/x/y'],
    ['/admin/', '200 admin'],
    ['/style.css', '200 css'],
    ['/none.php', '404 '],
    ['/UPPER.PHP', '404 '],
    ['/upload/evil.jpg', '200 GIF89a<?php echo "it ran";'],
    ['/upload/evil.jpg/x.php', '404 '],
    ['/upload/evil.jpg/', '200 front /upload/evil.jpg/ /index.php'],
    ['/upload/evil.phtml', '200 front /upload/evil.phtml /index.php'],
  ] as const
  for (const [target, told] of cases) assert.equal(await on.get(target), told, target)
})

test('what PHP sees is what explain says, and what the paths mean', SOON, async (t) => {
  const on = await phpSite(t, { env: { APP_ENV: 'test' } })
  if (on === undefined) return
  const { site, root } = on
  for (const target of ['/server.php', '/server.php/a%20b/%C3%A9?q=%20x&y', '/x/..//server.php/i']) {
    const seen = JSON.parse((await on.get(target)).slice(4)) as Record<string, string>
    const { lines } = await site.explain('GET', target)
    const told = lines.filter(([word]) => word === 'env').map(([, text]) => text.split(/=(.*)/s).slice(0, 2))
    assert.ok(told.length > 15, `${told.length} parameters`)
    // What depends on the socket of a client is not there to be explained.
    const ofTheClient = ['REMOTE_ADDR', 'SERVER_PORT', 'SERVER_NAME', 'HTTP_HOST']
    for (const [name = '', value] of told) {
      if (!ofTheClient.includes(name)) assert.equal(seen[name], value, `${name} of ${target}`)
    }
    assert.deepEqual(
      [seen['SCRIPT_FILENAME'], seen['SCRIPT_NAME'], seen['DOCUMENT_ROOT'], seen['APP_ENV']],
      [`${root}/server.php`, '/server.php', root, 'test'],
    )
  }
  const info = JSON.parse((await on.get('/server.php/a%20b/%C3%A9?q')).slice(4)) as Record<string, string>
  assert.deepEqual(
    [info['PATH_INFO'], info['PHP_SELF'], info['REQUEST_URI'], info['PATH_TRANSLATED']],
    ['/a b/é', '/server.php/a b/é', '/server.php/a%20b/%C3%A9?q', `${root}/a b/é`],
  )
})

test('contents of any framing and size arrive, forms and uploads too', SOON, async (t) => {
  const on = await phpSite(t, {}, [], {
    'php_admin_value[upload_max_filesize]': '64M',
    'php_admin_value[post_max_size]': '64M',
  })
  if (on === undefined) return
  const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
  for (const size of [0, 1, 65_535, 65_536, 5_000_000]) {
    const content = patterned(size)
    const known = await on.site.request('/post.php', { method: 'POST', body: content })
    assert.equal(await known.text(), `${size} ${hash(content)}`)
    const chunks = (async function* () {
      for (let at = 0; at < size; at += 50_000) yield content.subarray(at, at + 50_000)
    })()
    const streamed = await on.site.request('/post.php', { method: 'POST', body: chunks })
    assert.equal(await streamed.text(), `${size} ${hash(content)}`, 'of unknown length')
  }
  const file = patterned(3_000_000, 7)
  const form = Buffer.concat([
    Buffer.from('--xx\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'),
    Buffer.from('--xx\r\nContent-Disposition: form-data; name="up"; filename="a b.bin"\r\n\r\n'),
    file,
    Buffer.from('\r\n--xx--\r\n'),
  ])
  const headers = { 'Content-Type': 'multipart/form-data; boundary=xx' }
  const answer = await on.site.request('/upload.php', { method: 'POST', body: form, headers })
  assert.equal(await answer.text(), `up=a b.bin:3000000:${hash(file)} hello`)
})

test('status, fields and cookies of PHP are its own; a Location alone is a redirect', SOON, async (t) => {
  const on = await phpSite(t)
  if (on === undefined) return
  const tea = await on.site.request('/status.php')
  assert.deepEqual([tea.status, tea.headers.get('x-mine'), tea.headers.getSetCookie()], [418, '1', ['a=1', 'b=2']])
  const away = await on.site.request('/away.php')
  assert.deepEqual([away.status, away.headers.get('location')], [302, '/elsewhere'])
})

test('32 MiB of an answer arrive whole, by a real socket, and HEAD gets no content', SOON, async (t) => {
  const on = await phpSite(t)
  if (on === undefined) return
  const { port } = await startEngine(t, { handler: (request, connection) => on.site.handle(request, connection) })
  const response = await fetch(`http://127.0.0.1:${port}/long.php`)
  const bytes = new Uint8Array(await response.arrayBuffer())
  assert.equal(bytes.byteLength, 512 * 65_536)
  for (let i = 0; i < 512; i++) assert.equal(bytes[i * 65_536], 65 + (i % 26))
  const head = await fetch(`http://127.0.0.1:${port}/long.php`, { method: 'HEAD' })
  assert.deepEqual([head.status, await head.text()], [200, ''])
})

test('what PHP flushes reaches the client before PHP ends', SOON, async (t) => {
  const on = await phpSite(t)
  if (on === undefined) return
  const { port } = await startEngine(t, { handler: (request, connection) => on.site.handle(request, connection) })
  const client = await RawClient.open({ port, host: '127.0.0.1' })
  t.after(() => client.socket.destroy())
  client.send('GET /flush.php HTTP/1.1\r\nHost: a\r\n\r\n')
  const seen: string[] = []
  client.socket.on('data', (bytes: Buffer) => seen.push(bytes.toString('latin1')))
  const { body } = await client.answer()
  assert.equal(body, 'first\nsecond\n')
  assert.ok(seen.findIndex((text) => text.includes('first')) < seen.findIndex((text) => text.includes('second')))
})

test('a worker of php-fpm that dies is a 502, and the next request is served', SOON, async (t) => {
  const on = await phpSite(t)
  if (on === undefined) return
  assert.equal(await on.get('/exit.php'), '502 ')
  assert.equal(await on.get('/admin/'), '200 admin')
})

test('what PHP says on stderr is reported with the request', SOON, async (t) => {
  const on = await phpSite(t, {}, [], { 'php_admin_value[log_errors]': '1', 'php_admin_flag[display_errors]': 'off' })
  if (on === undefined) return
  await on.get('/fail.php')
  const told = JSON.stringify(on.reports)
  assert.match(told, /broken on purpose/)
  assert.match(told, /fail\.php/)
})

test(
  'X-Sendfile sends files of the folders that are allowed, with ranges and conditions, and no others',
  SOON,
  async (t) => {
    const docs = openFolder({ 'a b.bin': patterned(100_000), '.secret': 's', 'sub/x.txt': 'x' })
    const on = await phpSite(t, { sendfile: [docs] })
    if (on === undefined) return
    const ask = (file: string, headers: Record<string, string> = {}) =>
      on.site.request(`/send.php?file=${encodeURIComponent(file)}`, { headers })
    const whole = await ask(`${docs}/a b.bin`)
    assert.deepEqual(
      [
        whole.status,
        whole.headers.get('content-type'),
        whole.headers.get('content-disposition'),
        whole.headers.get('x-sendfile'),
      ],
      [200, 'application/x-mine', 'attachment', null],
    )
    assert.deepEqual(Buffer.from(await whole.arrayBuffer()), patterned(100_000))
    const part = await ask(`${docs}/a%20b.bin`, { Range: 'bytes=10-19' })
    assert.deepEqual([part.status, Buffer.from(await part.arrayBuffer())], [206, patterned(100_000).subarray(10, 20)])
    const etag = whole.headers.get('etag') ?? ''
    assert.equal((await ask(`${docs}/a b.bin`, { 'If-None-Match': etag })).status, 304)
    for (const file of [
      '/etc/passwd',
      `${docs}/../x`,
      `${docs}/.secret`,
      `${docs}/none`,
      docs,
      `${docs}/sub`,
      'a b.bin',
      '',
    ]) {
      if (file !== '') assert.equal((await ask(file)).status, 502, file)
    }
    assert.match(
      JSON.stringify(on.reports.map(String)) + on.reports.map((one) => String((one as { error?: unknown }).error)),
      /\/etc\/passwd lies in none/,
    )
  },
)

test('X-Accel-Redirect has another route answer, an internal one too, by GET', SOON, async (t) => {
  const docs = openFolder({ 'a b.txt': 'protected' })
  const on = await phpSite(t, { accel: true }, [
    { match: '/protected/*', internal: true, files: docs },
    { match: '/secret/*', internal: true, respond: { body: 'secret' } },
  ])
  if (on === undefined) return
  assert.equal(
    await on.get('/protected/a%20b.txt'),
    '200 front /protected/a%20b.txt /index.php',
    'no client comes there',
  )
  const given = await on.site.request('/accel.php?to=/protected/a%20b.txt', { method: 'POST', body: 'x' })
  assert.deepEqual(
    [
      given.status,
      await given.text(),
      given.headers.get('content-type'),
      given.headers.getSetCookie(),
      given.headers.get('x-secret'),
    ],
    [200, 'protected', 'application/x-mine', ['a=1'], null],
  )
  assert.equal((await on.site.request('/accel.php?to=/protected/none')).status, 502)
  assert.equal((await on.site.request('/accel.php?to=nowhere')).status, 502)
  const off = await phpSite(t)
  assert.deepEqual([(await off?.site.request('/accel.php?to=/protected/x'))?.headers.get('x-accel-redirect')], [null])
})

test('a pool that is given as an address alone gets the mount and the rest', SOON, async (t) => {
  const on = await phpSite(t)
  if (on === undefined) return
  // php-fpm runs what SCRIPT_FILENAME says, wherever that comes from.
  const address = `unix:${on.fpm.socket}`
  const handler = fastcgi(
    { address, env: { SCRIPT_FILENAME: `${on.root}/server.php` } },
    { base: '/', types: {}, withheld: () => false },
  )
  const site = new Site({ routes: [{ match: '/app/*', resource: handler }] })
  const seen = (await (await site.request('/app/a/b')).json()) as Record<string, string>
  assert.deepEqual([seen['SCRIPT_NAME'], seen['PATH_INFO']], ['/app', '/a/b'])
})
