import assert from 'node:assert/strict'
import { closeSync, openSync, readdirSync, readFileSync, truncateSync, writeSync } from 'node:fs'
import { request } from 'node:http'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { FaultSite, killIfThere, LINUX, runs, until } from '../support/fault-site.ts'
import { fill, patterned } from '../support/folder.ts'
import { gate } from '../support/gate.ts'
import { OWN_RESPONSE } from '../support/load.ts'

const MIB = 1024 ** 2
const GIB = 1024 ** 3
/** At each of these places the large file says where it is; all else in it are zeros, which take no place on a disk. */
const MARKS = 16 * MIB
const HALF = 4 * MIB
const CONTENT = patterned(2 * HALF)

const BEFORE = `
  ${OWN_RESPONSE}
  import { existsSync } from 'node:fs'
  import { createHash } from 'node:crypto'
  const told = 'one'
  /** Reads slowly until it is told to go on. */
  async function read(request) {
    const hash = createHash('sha256')
    for await (const piece of request.body) {
      hash.update(piece)
      if (!existsSync(new URL('./go', import.meta.url))) await new Promise((resolve) => setTimeout(resolve, 2))
    }
    return new Response(hash.digest('hex') + ' ' + told)
  }`
const REST = `
  limits: { body: ${GIB} },
  timeouts: { body: 60000, stop: 60000 },
  routes: [
    { match: '/told', resource: () => new Response(told) },
    { match: '/read', resource: { POST: read } },
    { match: '/*', files: { root: './public', write: true } },
  ],`

interface Exchange {
  /** The body of the request is written here. */
  readonly up: Writable
  readonly answer: Promise<{ readonly status: number; readonly body: Readable }>
}

type Ask = (t: TestContext, site: FaultSite, method: string, path: string) => Exchange

function overHttp1(_: TestContext, site: FaultSite, method: string, path: string): Exchange {
  const sent = request({ host: '127.0.0.1', port: site.port, method, path, agent: false })
  const answer = new Promise<Awaited<Exchange['answer']>>((resolve, reject) => {
    sent.on('response', (body) => resolve({ status: body.statusCode ?? 0, body }))
    sent.on('error', reject)
  })
  return { up: sent, answer }
}

function overHttp2(t: TestContext, site: FaultSite, method: string, path: string): Exchange {
  const session: ClientHttp2Session = connectHttp2(site.url(''), { settings: { initialWindowSize: MIB } })
  session.on('connect', () => session.setLocalWindowSize(4 * MIB))
  session.on('error', () => undefined)
  t.after(() => session.destroy())
  const stream = session.request({ ':method': method, ':path': path })
  const answer = new Promise<Awaited<Exchange['answer']>>((resolve, reject) => {
    stream.on('response', (fields) => resolve({ status: fields[':status'] ?? 0, body: stream }))
    stream.on('error', reject)
  })
  stream.on('close', () => session.close())
  return { up: stream, answer }
}

const VERSIONS: readonly (readonly [string, Ask])[] = [
  ['HTTP/1.1', overHttp1],
  ['HTTP/2', overHttp2],
]

function makeLarge(folder: string): void {
  const path = join(folder, 'public/large')
  const fd = openSync(path, 'w')
  truncateSync(path, GIB)
  for (let at = 0; at < GIB; at += MARKS) writeSync(fd, Buffer.from(String(at).padStart(16)), 0, 16, at)
  closeSync(fd)
}

const ZEROS = Buffer.alloc(MIB)

/** Looks at each byte of the large file as it comes. @throws Error where one is wrong. */
class Checked {
  size = 0

  take(bytes: Buffer): void {
    for (let i = 0; i < bytes.length; ) {
      const inBlock = this.size % MARKS
      const length = Math.min(bytes.length - i, inBlock < 16 ? 16 - inBlock : Math.min(MIB, MARKS - inBlock))
      const piece = bytes.subarray(i, i + length)
      const mark = Buffer.from(String(this.size - inBlock).padStart(16))
      const wanted = inBlock < 16 ? mark.subarray(inBlock, inBlock + length) : ZEROS.subarray(0, length)
      if (!piece.equals(wanted)) throw new Error(`wrong bytes at ${this.size}`)
      this.size += length
      i += length
    }
  }
}

/** The rest of an answer, in text. */
async function textOf(body: Readable): Promise<string> {
  let text = ''
  for await (const piece of body) text += (piece as Buffer).toString('latin1')
  return text
}

async function served(t: TestContext, workers: number): Promise<FaultSite> {
  const site = await FaultSite.start(t, {
    before: BEFORE,
    config: `workers: ${workers}, ${REST}`,
    contents: { 'public/old': 'old' },
  })
  t.after(() => {
    // A successor is nobody's child.
    for (const pid of successors) killIfThere(pid)
  })
  const successors: number[] = []
  replacedBy.set(site, successors)
  return site
}

const replacedBy = new WeakMap<FaultSite, number[]>()

/** From now on `/told` is "two". */
async function reload(site: FaultSite): Promise<void> {
  change(site)
  assert.match((await site.run('reload')).stdout, /^Reloaded /)
}

async function replace(site: FaultSite): Promise<void> {
  change(site)
  const { stdout, stderr } = await site.run('serve', '--replace', '--quiet')
  const pid = Number(/\(process (\d+)\)/.exec(stdout)?.[1])
  assert.ok(runs(pid), stdout + stderr)
  replacedBy.get(site)?.push(pid)
}

function change(site: FaultSite): void {
  const name = 'oriel.config.mjs'
  const text = readFileSync(join(site.folder, name), 'utf8')
  fill(site.folder, { [name]: text.replace("told = 'one'", "told = 'two'") })
}

for (const workers of [1, 2]) {
  for (const [version, ask] of VERSIONS) {
    const by = `by ${version}, with ${workers} worker${workers > 1 ? 's' : ''}`

    test(`a download of 1 GiB goes through reloads, ${by}`, LINUX, async (t) => {
      const site = await served(t, workers)
      makeLarge(site.folder)
      const exchange = ask(t, site, 'GET', '/large')
      exchange.up.end()
      const { status, body } = await exchange.answer
      assert.equal(status, 200)
      const checked = new Checked()
      let reloads: Promise<void> | undefined
      for await (const piece of body) {
        checked.take(piece as Buffer)
        // Once while nothing is read, and then again while much is.
        if (reloads === undefined) {
          await reload(site)
          reloads = (async () => {
            for (let i = 0; i < 3 && checked.size < GIB; i++) await site.run('reload')
          })()
        }
      }
      assert.equal(checked.size, GIB)
      await reloads
      assert.equal(await site.said('/told'), '200 two')
      assert.equal(site.oriel.stderr, '')
    })

    for (const [what, act] of [
      ['a reload', reload],
      ['--replace', replace],
    ] as const) {
      test(`uploads to a file and to who reads slowly go through ${what}, ${by}`, LINUX, async (t) => {
        const site = await served(t, workers)
        const { pid } = site
        const [file, slow] = [ask(t, site, 'PUT', '/old'), ask(t, site, 'POST', '/read')]
        const half = CONTENT.subarray(0, HALF)
        await written(file.up, half)
        // He takes a little of it only.
        const sent = gate()
        slow.up.write(half, () => sent.open())
        await until(() => readdirSync(join(site.folder, 'public')).length === 2)
        await act(site)
        assert.equal(await site.said('/told'), '200 two')
        assert.equal(await site.said('/old'), '200 old', 'nothing is there before all of it is')
        fill(site.folder, { go: '' })
        await sent.passed
        const rest = CONTENT.subarray(HALF)
        file.up.end(rest)
        slow.up.end(rest)
        const [put, read] = await Promise.all([file.answer, slow.answer.then(({ body }) => textOf(body))])
        put.body.resume()
        assert.equal(put.status, 204)
        const { createHash } = await import('node:crypto')
        const hash = createHash('sha256').update(CONTENT).digest('hex')
        assert.equal(read, `${hash} one`, 'it ends where it began')
        assert.ok(readFileSync(join(site.folder, 'public/old')).equals(CONTENT))
        assert.deepEqual(readdirSync(join(site.folder, 'public')), ['old'])
        if (act === replace) {
          await until(() => !runs(pid))
          const [successor = 0] = replacedBy.get(site) ?? []
          process.kill(successor, 'SIGTERM')
          await until(() => !runs(successor))
        } else site.oriel.signal('SIGTERM')
        assert.deepEqual([(await site.oriel.ended).code, site.oriel.stderr], [0, ''])
      })
    }
  }
}

function written(to: Writable, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    to.write(bytes, (error) => (error == null ? resolve() : reject(error)))
  })
}
