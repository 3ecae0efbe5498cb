import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { fieldOfAnswer } from '../support/answers.ts'
import { certificate } from '../support/certificates.ts'
import { FaultSite, LINUX, until } from '../support/fault-site.ts'
import { fill, LONG_AGO, makeFolder } from '../support/folder.ts'
import { OWN_RESPONSE } from '../support/load.ts'
import { needPeer } from '../support/peers.ts'
import { RawClient } from '../support/raw-client.ts'

const DAY = 24 * 60 * 60 * 1000
const HOUR = DAY / 24
const HANG = 2000

const BEFORE = `
  ${OWN_RESPONSE}
  import { existsSync } from 'node:fs'
  async function* held(name) {
    yield Buffer.from('begins ')
    while (!existsSync(new URL('./' + name, import.meta.url))) await new Promise((resolve) => setTimeout(resolve, 5))
    yield Buffer.from('ends')
  }`
const CONFIG = `
  workers: 2,
  timeouts: { hang: ${HANG}, idle: 60000, body: 30000 },
  routes: [
    { match: '/held/:name', resource: ({ params }) => new Response(held(params.name)) },
    { match: '/worker', resource: () => new Response(String(process.pid)) },
    { match: '/*', files: { root: './public', write: true } },
  ],`

/** The jumps, as libfaketime is told, one after the other; and where the clock is then, in days from now. */
const JUMPS: readonly (readonly [told: string, days: number])[] = [
  ['+1d', 1],
  ['-1d', -1],
  ['+10y', 3650],
  ['-10y', -3650],
  ['+0', 0],
]

/** What is under way when the clock is set. */
interface UnderWay {
  finish(): Promise<void>
}

test(
  'when the clock is set forwards and backwards nothing is cut, nobody hangs, and files are still right',
  LINUX,
  async (t) => {
    if (needPeer(t, 'faketime') === undefined) return
    const files = certificate(t, 'localhost')
    if (files === undefined) return
    const clock = join(makeFolder({ clock: '+0\n' }), 'clock')
    const site = await FaultSite.start(t, {
      before: BEFORE,
      config: CONFIG,
      contents: { 'public/kept': 'kept', 'public/large': 'l'.repeat(5_000_000) },
      listen: ['http2: true', `tls: [{ cert: '${files.cert}', key: '${files.key}' }]`],
      within: ['env', ...faked(clock)],
    })
    const workers = site.workers
    const session = connectHttp2(site.url(''))
    t.after(() => session.destroy())
    const idle = await opened(t, site)
    assert.equal((await asked(idle, '/kept')).body, 'kept')
    const tickets = await shake(site)
    for (const [i, [told, days]] of JUMPS.entries()) {
      const underWay = [await uploading(t, site, i), await sending(t, site, i)]
      assert.equal(await byHttp2(session, '/kept'), 'kept')
      writeFileSync(clock, `${told}\n`)
      await until(async () => Math.abs((await dateOf(idle)) - Date.now() - days * DAY) < HOUR)
      await until(async () => Math.abs((await dateOf(await opened(t, site))) - Date.now() - days * DAY) < HOUR)
      // Time in which a worker would be missed that counted by the clock.
      const missed = new Promise((resolve) => setTimeout(resolve, HANG))
      // What is kept is looked at again within a second.
      for (const path of ['/kept', '/large']) await until(() => isDated(idle, path))
      for (const path of ['/kept', '/large']) await right(idle, path)
      // Whoever looks through the folder must not take what is under way for what a dead process left.
      for (let k = 0; k < 20; k++) await put(await opened(t, site), `/${i}/other`)
      await missed
      assert.equal(await byHttp2(session, '/kept'), 'kept')
      for (const { finish } of underWay) await finish()
      fill(site.folder, { 'public/kept': `kept ${i}` })
      await until(async () => (await asked(idle, '/kept')).body === `kept ${i}`)
      await right(idle, '/kept')
      fill(site.folder, { 'public/kept': 'kept' })
      await until(async () => (await asked(idle, '/kept')).body === 'kept')
      // Taken up again or not: the client is served.
      const { answer } = await shake(site, tickets.session)
      assert.match(answer, /^HTTP\/1.1 200 /)
    }
    assert.deepEqual(site.workers, workers)
    assert.equal((await site.run('reload')).code, 0)
    assert.equal((await asked(idle, '/kept')).body, 'kept')
    idle.destroy()
    session.destroy()
    site.oriel.signal('SIGTERM')
    assert.deepEqual([(await site.oriel.ended).code, site.oriel.stderr], [0, ''])
  },
)

/** What a program needs in its environment to live by a clock that stands in a file; timers go on as they are. */
function faked(clock: string): string[] {
  const environment = execFileSync('faketime', ['-m', '-f', '+0', 'env'], { encoding: 'utf8' })
  const library = /^LD_PRELOAD=.*$/m.exec(environment)?.[0] ?? ''
  return [library, `FAKETIME_TIMESTAMP_FILE=${clock}`, 'FAKETIME_NO_CACHE=1', 'DONT_FAKE_MONOTONIC=1', 'NO_FAKE_STAT=1']
}

async function opened(t: TestContext, site: FaultSite): Promise<RawClient> {
  const client = await RawClient.open({ port: site.port, host: '127.0.0.1' })
  t.after(() => client.destroy())
  return client
}

type Answer = Awaited<ReturnType<RawClient['answer']>>

function asked(client: RawClient, path: string, ...fields: string[]): Promise<Answer> {
  client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`)
  return client.answer()
}

async function dateOf(client: RawClient): Promise<number> {
  return Date.parse(fieldOfAnswer(await asked(client, '/worker'), 'date') ?? '')
}

/** Whether a file was changed no later than the answer is made (RFC 9110 §8.8.2.1). */
async function isDated(client: RawClient, path: string): Promise<boolean> {
  const answer = await asked(client, path, 'Range: bytes=0-0')
  const [modified = '', date = ''] = ['last-modified', 'date'].map((name) => fieldOfAnswer(answer, name))
  return Date.parse(modified) <= Math.min(LONG_AGO.getTime(), Date.parse(date))
}

/** A file's answer is the same by its validators. */
async function right(client: RawClient, path: string): Promise<void> {
  const answer = await asked(client, path, 'Range: bytes=0-0')
  assert.equal(answer.status, 206)
  const [tag = '', modified = ''] = ['etag', 'last-modified'].map((name) => fieldOfAnswer(answer, name))
  assert.equal((await asked(client, path, `If-None-Match: ${tag}`)).status, 304)
  assert.equal((await asked(client, path, `If-Modified-Since: ${modified}`)).status, 304)
  assert.equal((await asked(client, path, `If-Range: ${tag}`, 'Range: bytes=0-0')).status, 206)
}

async function put(client: RawClient, path: string): Promise<void> {
  client.send(`PUT ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc`)
  assert.match(String((await client.answer()).status), /^20[14]$/)
  client.destroy()
}

/** Half of a file is there. */
async function uploading(t: TestContext, site: FaultSite, i: number): Promise<UnderWay> {
  fill(site.folder, { [`public/${i}/`]: '' })
  const client = await opened(t, site)
  client.send(`PUT /${i}/file HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 8\r\n\r\n`)
  await client.until((text) => text.includes(' 100 '))
  client.send('half')
  return {
    finish: async () => {
      client.send('half')
      assert.equal((await client.answer()).status, 201)
      assert.equal(readFileSync(join(site.folder, `public/${i}/file`), 'utf8'), 'halfhalf')
    },
  }
}

/** Half of an answer is there. */
async function sending(t: TestContext, site: FaultSite, i: number): Promise<UnderWay> {
  const client = await opened(t, site)
  client.send(`GET /held/${i} HTTP/1.1\r\nHost: a\r\n\r\n`)
  await client.until((text) => text.includes('begins'))
  return {
    finish: async () => {
      fill(site.folder, { [String(i)]: '' })
      assert.equal((await client.answer()).body, 'begins ends')
    },
  }
}

function byHttp2(session: ReturnType<typeof connectHttp2>, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path })
    let text = ''
    stream.setEncoding('utf8').on('data', (more: string) => {
      text += more
    })
    stream.on('end', () => resolve(text)).on('error', reject)
  })
}

/** A request over TLS, with what takes the session up again. */
function shake(site: FaultSite, session?: Buffer): Promise<{ answer: string; session: Buffer | undefined }> {
  return new Promise((resolve, reject) => {
    const resumed = session === undefined ? {} : { session }
    const socket: TLSSocket = connectTls({
      port: site.ports[1],
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ...resumed,
    })
    let answer = ''
    let ticket: Buffer | undefined
    socket.on('session', (given) => {
      ticket = given
    })
    socket.setEncoding('latin1').on('data', (more: string) => {
      answer += more
    })
    socket.on('error', reject).on('close', () => resolve({ answer, session: ticket }))
    socket.write('GET /kept HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  })
}
