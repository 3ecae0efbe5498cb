import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { runOriel } from '../support/command.ts'
import { whenThere } from '../support/peer-process.ts'
import { run } from '../support/run.ts'
import { serveWsgi } from '../support/wsgi-site.ts'

const LIMIT = { timeout: 60_000 }

const APPLICATION = `
import hashlib, json, os, sys, threading, time

TEXT = [('Content-Type', 'text/plain; charset=utf-8')]
barrier = threading.Barrier(4)

def environ_of(environ, start_response):
    start_response('200 OK', [('Content-Type', 'application/json'), ('Set-Cookie', 'a=1; Path=/'), ('Set-Cookie', 'b=2')])
    return [json.dumps({k: v if isinstance(v, (str, bool, list, tuple)) else None for k, v in environ.items()}).encode()]

def upload(environ, start_response):
    digest = hashlib.sha256()
    size = 0
    for piece in iter(lambda: environ['wsgi.input'].read(100_003), b''):
        digest.update(piece)
        size += len(piece)
    start_response('201 Made', TEXT)
    return [f'{size} {digest.hexdigest()}'.encode()]

def download(environ, start_response):
    start_response('200 OK', [('Content-Type', 'application/octet-stream'), ('Content-Length', str(50 << 20))])
    return (bytes([number]) * (1 << 20) for number in range(50))

def wrapped(environ, start_response):
    start_response('200 OK', TEXT)
    return environ['wsgi.file_wrapper'](open('large', 'rb'))

def echo(environ, start_response):
    start_response('200 OK', TEXT)
    while True:
        piece = environ['wsgi.input'].read1(65536)
        if not piece:
            return
        yield piece

class Endless:
    def __iter__(self):
        return self
    def __next__(self):
        time.sleep(0.01)
        return b'tick\\n'
    def close(self):
        with open('closed.new', 'w') as file:
            file.write('closed')
        os.rename('closed.new', 'closed')

def endless(environ, start_response):
    start_response('200 OK', TEXT)
    return Endless()

def late(environ, start_response):
    start_response('200 OK', TEXT)
    yield b'first'
    try:
        raise ValueError('too late')
    except ValueError:
        start_response('500 Error', TEXT, sys.exc_info())

def early(environ, start_response):
    start_response('200 OK', TEXT)
    try:
        raise ValueError('in time')
    except ValueError:
        start_response('503 Not now', TEXT, sys.exc_info())
    return [b'told in time']

def fails(environ, start_response):
    raise RuntimeError('it fails')

def injects(environ, start_response):
    start_response('200 OK', [('X-A', 'a\\r\\nSet-Cookie: stolen=1')])
    return [b'']

def short(environ, start_response):
    start_response('200 OK', [('Content-Length', '10')])
    yield b'short'

def long(environ, start_response):
    start_response('200 OK', [('Content-Length', '4')])
    return [b'long enough']

def together(environ, start_response):
    barrier.wait(20)
    start_response('200 OK', TEXT)
    return [b'together']

def process(environ, start_response):
    start_response('200 OK', TEXT)
    return [str(os.getpid()).encode()]

def application(environ, start_response):
    name = environ['PATH_INFO'].strip('/').split('/')[0]
    return globals().get(name, environ_of)(environ, start_response)
`

function sha(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

test('what a client sends is in the environ: path, query, fields, cookies, scheme', LIMIT, async (t) => {
  const site = await serveWsgi(t, APPLICATION)
  if (site === undefined) return
  const headers = { Cookie: 'c=3; d=4', 'X-Thing': 'wörd', 'Content-Type': 'text/plain' }
  const response = await fetch(`${site.url}/gr%C3%BC%C3%9Fe/%E6%97%A5?q=a%20b&q=%C3%A4`, {
    method: 'PUT',
    headers,
    body: 'abc',
  })
  assert.deepEqual(response.headers.getSetCookie(), ['a=1; Path=/', 'b=2'])
  const environ = (await response.json()) as Record<string, unknown>
  const expected = {
    REQUEST_METHOD: 'PUT',
    SCRIPT_NAME: '',
    PATH_INFO: Buffer.from('/grüße/日').toString('latin1'),
    QUERY_STRING: 'q=a%20b&q=%C3%A4',
    CONTENT_LENGTH: '3',
    CONTENT_TYPE: 'text/plain',
    HTTP_COOKIE: 'c=3; d=4',
    HTTP_X_THING: 'w\xf6rd',
    SERVER_PROTOCOL: 'HTTP/1.1',
    SERVER_PORT: String(site.port),
    REMOTE_ADDR: '127.0.0.1',
    'wsgi.url_scheme': 'http',
    'wsgi.multithread': false,
    'wsgi.multiprocess': false,
    'wsgi.run_once': false,
    'wsgi.version': [1, 0],
  }
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, environ[key]])), expected)
})

test('large contents go both ways unharmed, known in length or not', LIMIT, async (t) => {
  const site = await serveWsgi(t, APPLICATION, { threads: 2 })
  if (site === undefined) return
  const body = randomBytes(20_000_000)
  for (const spool of ['', '/chunked']) {
    const sent = spool === '' ? body : new Blob([body]).stream()
    const response = await fetch(`${site.url}/upload`, { method: 'POST', body: sent, duplex: 'half' } as RequestInit)
    assert.equal(response.status, 201)
    assert.equal(await response.text(), `20000000 ${sha(body)}`)
  }
  const large = Buffer.from(await (await fetch(`${site.url}/download`)).arrayBuffer())
  assert.equal(large.byteLength, 50 << 20)
  assert.ok(large.every((byte, i) => byte === i >> 20))
})

test('a file is sent through the file wrapper', LIMIT, async (t) => {
  const site = await serveWsgi(t, APPLICATION)
  if (site === undefined) return
  const { code } = await run('/bin/sh', ['-c', 'head -c 9000001 /dev/urandom > large'], { cwd: site.folder })
  assert.equal(code, 0)
  const got = Buffer.from(await (await fetch(`${site.url}/wrapped`)).arrayBuffer())
  const { stdout } = await run('sha256sum', ['large'], { cwd: site.folder })
  assert.equal(got.byteLength, 9_000_001)
  assert.equal(sha(got), stdout.slice(0, 64))
})

test('the content is read while it arrives, and answered before it has ended', LIMIT, async (t) => {
  const site = await serveWsgi(t, APPLICATION, { spool: false })
  if (site === undefined) return
  const client = request(`${site.url}/echo`, { method: 'POST', headers: { 'Content-Length': '10' } })
  client.write('first')
  const response = await new Promise<import('node:http').IncomingMessage>((resolve) => client.once('response', resolve))
  const pieces = response[Symbol.asyncIterator]()
  assert.equal(String((await pieces.next()).value), 'first')
  client.end('later')
  assert.equal(String((await pieces.next()).value), 'later')
  assert.equal((await pieces.next()).done, true)
})

test('an iterable is closed when the client goes away, and the process answers the next one', LIMIT, async (t) => {
  const site = await serveWsgi(t, APPLICATION)
  if (site === undefined) return
  const aborting = new AbortController()
  const response = await fetch(`${site.url}/endless`, { signal: aborting.signal })
  const reader = response.body?.getReader()
  assert.equal(
    Buffer.from((await reader?.read())?.value ?? [])
      .toString()
      .slice(0, 5),
    'tick\n',
  )
  aborting.abort()
  await whenThere(join(site.folder, 'closed'))
  assert.equal((await fetch(`${site.url}/process`)).status, 200)
})

test('exc_info changes an answer that was not sent, and breaks off one that was', LIMIT, async (t) => {
  const site = await serveWsgi(t, APPLICATION)
  if (site === undefined) return
  const early = await fetch(`${site.url}/early`)
  assert.deepEqual([early.status, await early.text()], [503, 'told in time'])
  assert.equal(await endOf(`${site.url}/late`), 'not whole')
  await site.oriel.printed(/uri="\/late".*ValueError: too late/)
})

test('an exception is answered 500, and its traceback is in the log with the request', LIMIT, async (t) => {
  const site = await serveWsgi(t, APPLICATION)
  if (site === undefined) return
  const response = await fetch(`${site.url}/fails`)
  assert.equal(response.status, 500)
  assert.doesNotMatch(await response.text(), /it fails|Traceback/)
  await site.oriel.printed(/uri="\/fails".*RuntimeError: it fails/)
})

test('a header with a line end in it never reaches a client', LIMIT, async (t) => {
  const site = await serveWsgi(t, APPLICATION)
  if (site === undefined) return
  const response = await fetch(`${site.url}/injects`)
  assert.deepEqual([response.status, response.headers.getSetCookie(), response.headers.get('x-a')], [500, [], null])
})

test('an answer shorter than its length never looks whole, a longer one is cut', LIMIT, async (t) => {
  const site = await serveWsgi(t, APPLICATION)
  if (site === undefined) return
  assert.equal(await endOf(`${site.url}/short`), 'not whole')
  const long = await fetch(`${site.url}/long`)
  assert.equal(await long.text(), 'long')
  await site.oriel.printed(/uri="\/long".*7 bytes are cut/)
})

test('threads answer at the same time, and processes each by themselves', LIMIT, async (t) => {
  const site = await serveWsgi(t, APPLICATION, { threads: 4 })
  if (site === undefined) return
  const all = await Promise.all([1, 2, 3, 4].map(async () => (await fetch(`${site.url}/together`)).text()))
  assert.deepEqual(all, ['together', 'together', 'together', 'together'])
  const environ = (await (await fetch(`${site.url}/`)).json()) as Record<string, unknown>
  assert.deepEqual([environ['wsgi.multithread'], environ['wsgi.multiprocess']], [true, false])
})

test('with workers there is one set of processes for all of them', LIMIT, async (t) => {
  const site = await serveWsgi(t, APPLICATION, { processes: 2 }, { workers: 2 })
  if (site === undefined) return
  const pids = new Set<string>()
  for (let round = 0; round < 10; round++) {
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () =>
        (await fetch(`${site.url}/process`, { headers: { Connection: 'close' } })).text(),
      ),
    )
    for (const pid of answers) pids.add(pid)
  }
  assert.equal(pids.size, 2)
})

test(
  'a module that cannot be imported is told with its traceback, in the log, by 503 and by oriel check',
  LIMIT,
  async (t) => {
    const site = await serveWsgi(t, 'import not_there_at_all\n')
    if (site === undefined) return
    const reason = "site_app could not be imported: the package 'not_there_at_all' is not installed for this Python"
    const failure = new RegExp(`exit code 3 .*\\n.*\\n.*site_app\\.py", line 1(?:.*\\n){3} +${reason}`)
    await site.oriel.printed(failure)
    const response = await fetch(`${site.url}/`)
    assert.equal(response.status, 503)
    assert.doesNotMatch(await response.text(), /not_there_at_all/)
    const check = await runOriel(t, ['check'], site.folder)
    assert.notEqual(check.code, 0)
    assert.match(check.stderr + check.stdout, failure)
  },
)

/** An answer that breaks off before any of it was sent is told by 502, else the connection ends. */
async function endOf(url: string): Promise<string> {
  const response = await fetch(url)
  return response.text().then(
    (text) => (response.status === 502 ? 'not whole' : `${response.status} ${text}`),
    () => 'not whole',
  )
}
