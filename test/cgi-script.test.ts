import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

const SOON = { timeout: 30_000 }
const SCRIPT = join(import.meta.dirname, 'support/cgi-script.js')
const VARIABLES = {
  REQUEST_METHOD: 'GET',
  SCRIPT_NAME: '/s.cgi',
  SERVER_NAME: 'h',
  SERVER_PORT: '80',
  SERVER_PROTOCOL: 'HTTP/1.1',
  REMOTE_ADDR: '192.0.2.7',
}

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
  readonly error: string
}

/** Starts the script as a web server does. */
function start(t: TestContext, what: string, variables: Readonly<Record<string, string>> = {}): ChildProcess {
  const env = { PATH: process.env['PATH'], ...VARIABLES, PATH_INFO: `/${what}`, ...variables }
  const child = spawn(process.execPath, [SCRIPT], { env, stdio: 'pipe' })
  // A script need not read its content.
  child.stdin?.on('error', () => {})
  t.after(() => child.kill('SIGKILL'))
  return child
}

async function ended(child: ChildProcess): Promise<Ended> {
  const closed = once(child, 'close')
  const [output, error] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code, signal] = (await closed) as [number | null, NodeJS.Signals | null]
  return { code, signal, output, error }
}

async function text(stream: NodeJS.ReadableStream | null): Promise<string> {
  let all = ''
  for await (const bytes of stream ?? []) all += (bytes as Buffer).toString('latin1')
  return all
}

async function run(t: TestContext, what: string, variables?: Record<string, string>, content = ''): Promise<Ended> {
  const child = start(t, what, variables)
  child.stdin?.end(content)
  return ended(child)
}

function post(t: TestContext, variables: Record<string, string>, content: string, what = 'sum'): Promise<Ended> {
  return run(t, what, { REQUEST_METHOD: 'POST', ...variables }, content)
}

function contentOf({ output }: Ended): string {
  return output.slice(output.indexOf('\r\n\r\n') + 4)
}

/** Fulfilled when the script says that its request runs. */
async function runs(child: ChildProcess): Promise<void> {
  for (let said = ''; !said.includes('waiting'); ) said += String((await once(child.stderr as never, 'data'))[0])
}

test('a whole answer ends the script with 0', SOON, async (t) => {
  const variables = { HTTP_X_A: 'b', QUERY_STRING: 'q=1', REMOTE_USER: 'ann', AUTH_TYPE: 'Basic' }
  const got = await run(t, 'tell', variables)
  assert.deepEqual([got.code, got.signal, got.error], [0, null, ''])
  assert.match(got.output, /^Status: 200 OK\r\n/)
  const told = JSON.parse(contentOf(got))
  assert.deepEqual(told.fields, [['x-a', 'b']])
  assert.equal(told.url, 'http://h/s.cgi/tell?q=1')
  assert.deepEqual([told.mount, told.user, told.remote], ['/s.cgi', 'ann', '192.0.2.7'])
})

test('Proxy is no proxy (httpoxy)', SOON, async (t) => {
  const told = JSON.parse(contentOf(await run(t, 'tell', { HTTP_PROXY: 'http://evil' })))
  assert.deepEqual([told.fields, told.proxy], [[], undefined])
})

test('a value that could split a message is refused, and so is a method that is none', SOON, async (t) => {
  assert.match((await run(t, 'tell', { HTTP_X_A: 'a\r\nb: c' })).output, /^Status: 400 /)
  assert.match((await run(t, 'tell', { REQUEST_METHOD: 'GE T' })).output, /^Status: 400 /)
  assert.match((await run(t, 'tell', { HTTP_HOST: 'a/b' })).output, /^Status: 400 /)
})

test('the content is as long as CONTENT_LENGTH says', SOON, async (t) => {
  assert.equal(contentOf(await post(t, { CONTENT_LENGTH: '5' }, '0123456789')), '5')
  assert.equal(contentOf(await post(t, { CONTENT_LENGTH: '0' }, '0123456789')), '0')
  assert.match((await post(t, { CONTENT_LENGTH: '50' }, '0123456789')).output, /^Status: 400 /)
  for (const length of ['-5', 'x', '5, 5', '1e3']) {
    assert.match((await post(t, { CONTENT_LENGTH: length }, '0123456789')).output, /^Status: 400 /, length)
  }
})

test('without CONTENT_LENGTH there is no content, unless it came in chunks', SOON, async (t) => {
  assert.equal(contentOf(await post(t, {}, '0123456789')), '0')
  assert.equal(contentOf(await post(t, { HTTP_TRANSFER_ENCODING: 'chunked' }, '0123456789')), '10')
})

test('a script need not read its content, nor see its end', SOON, async (t) => {
  const child = start(t, 'unread', { REQUEST_METHOD: 'POST', CONTENT_LENGTH: '100' })
  child.stdin?.write('some')
  const got = await ended(child)
  assert.deepEqual([got.code, contentOf(got)], [0, 'unread'])
})

test('large content goes at the pace of its reader', SOON, async (t) => {
  const got = await run(t, 'large')
  assert.deepEqual([got.code, contentOf(got).length], [0, 10_000_000])
})

test('an answer that breaks off ends the script by a signal, and the error output says why', SOON, async (t) => {
  const got = await run(t, 'break')
  assert.deepEqual([got.code, got.signal, contentOf(got)], [null, 'SIGKILL', 'begun'])
  assert.match(got.error, /^error: The answer broke off\..*in the middle/)
})

test('SIGTERM aborts the request', SOON, async (t) => {
  const child = start(t, 'wait')
  const running = runs(child)
  const end = ended(child)
  await running
  child.kill('SIGTERM')
  const got = await end
  assert.deepEqual([got.code, got.signal, got.output], [null, 'SIGKILL', ''])
})

test('a resource that does not care about SIGTERM ends too', SOON, async (t) => {
  const child = start(t, 'ignore')
  const running = runs(child)
  const end = ended(child)
  await running
  child.kill('SIGTERM')
  assert.equal((await end).signal, 'SIGKILL')
})

test('a web server that reads no more ends an endless answer', SOON, async (t) => {
  const child = start(t, 'endless')
  await once(child.stdout as never, 'data')
  const exit = once(child, 'exit')
  child.stdout?.destroy()
  assert.deepEqual(await exit, [null, 'SIGKILL'])
})

test('started by hand it says what it is', SOON, async (t) => {
  const child = spawn(process.execPath, [SCRIPT], { env: { PATH: process.env['PATH'] }, stdio: 'pipe' })
  t.after(() => child.kill('SIGKILL'))
  const got = await ended(child)
  assert.notEqual(got.code, 0)
  assert.match(got.error, /a CGI script is started by a web server/)
})
