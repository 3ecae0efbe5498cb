// Serves a site by `oriel serve` with two workers for a while, under all kinds of clients at once, with reloads and
// killed workers, and says whether memory and descriptors stay flat: node scripts/soak.mjs [minutes = 20] [seconds
// between two measurements = 60]. Run `npm run build` first. Ends with 1 where they grow, or where anything failed that
// should not have.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CLIENTS } from './soak-clients.mjs'

const MIB = 1024 ** 2
const RELOAD_EACH = 10_000
/** How long clients may take to end. */
const LAST = 30_000
const ORIEL = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const { developmentCertificate } = await import('../dist/io/development-certificate.js')
const OWN = new URL('../dist/index.js', import.meta.url)

const minutes = Number(process.argv[2] ?? 20)
const each = Number(process.argv[3] ?? 60) * 1000

const folder = mkdtempSync(join(tmpdir(), 'oriel-soak-'))
process.env.XDG_RUNTIME_DIR = folder
const ports = await freePorts(2)
makeSite()
const oriel = spawn(process.execPath, [ORIEL, 'serve', '--quiet'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
let told = ''
for (const stream of [oriel.stdout, oriel.stderr]) stream.on('data', (bytes) => (told = (told + bytes).slice(-100_000)))
const ended = once(oriel, 'exit')
process.on('exit', () => {
  oriel.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130))

/** What the clients have seen. */
const seen = { requests: 0, expected: 0, unexpected: new Map() }
const state = {
  stopping: false,
  /** When the last worker was killed: what ran on it fails. */
  killed: Number.NEGATIVE_INFINITY,
}

await serving()
const measured = []
const busy = new Map(Object.keys(CLIENTS).map((name) => [name, 0]))
const running = Object.entries(CLIENTS).flatMap(([name, { count, run }]) =>
  Array.from({ length: count }, () => repeat(name, run)),
)
const reloads = reloading()
const end = performance.now() + minutes * 60_000
let next = performance.now() + each
for (let i = 0; performance.now() < end; i++) {
  await sleep(next - performance.now())
  next += each
  measure(i)
  // In the second half of the time between two measurements it must have come back.
  if (performance.now() + each < end) killWorker()
}
state.stopping = true
await Promise.race([Promise.all([...running, reloads]), sleep(LAST)])
for (const [name, count] of busy) if (count > 0) seen.unexpected.set(`${name}: still waiting at the end`, count)
await judge()

/** One kind of client, again and again. What fails right around the end of a worker is expected to. */
async function repeat(name, run) {
  busy.set(name, busy.get(name) + 1)
  while (!state.stopping) {
    const began = performance.now()
    try {
      const answered = await run({ ports, state })
      seen.requests += answered
    } catch (error) {
      // What began before a worker was killed may have been its own.
      if (began <= state.killed && performance.now() - state.killed < 30_000) seen.expected++
      else {
        const what = `${name}: ${error.message}`
        seen.unexpected.set(what, (seen.unexpected.get(what) ?? 0) + 1)
      }
      await sleep(10)
    }
  }
  busy.set(name, busy.get(name) - 1)
}

async function reloading() {
  while (!state.stopping) {
    await sleep(RELOAD_EACH)
    const command = spawn(process.execPath, [ORIEL, 'reload'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    let why = ''
    command.stderr.on('data', (bytes) => (why += bytes))
    const [code] = await once(command, 'exit')
    if (code !== 0) seen.unexpected.set(`reload: ${why.trim()}`, 1)
  }
}

/** The youngest: the other one lives all the time, and shows what grows. */
function killWorker() {
  const victim = children(oriel.pid).at(-1)
  state.killed = performance.now()
  process.kill(victim, 'SIGKILL')
}

function measure(i) {
  const processes = [oriel.pid, ...children(oriel.pid)].map((pid, k) => ({
    name: k === 0 ? 'primary' : `worker ${pid}`,
    memory: memoryOf(pid),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  }))
  measured.push({ processes, requests: seen.requests })
  const list = processes.map((p) => `${p.name} ${(p.memory / MIB).toFixed(0)} MiB ${p.descriptors} fds`).join(', ')
  const bad = [...seen.unexpected.values()].reduce((sum, count) => sum + count, 0)
  const failures = `${seen.expected} expected failures, ${bad} others`
  console.log(`${new Date().toISOString().slice(11, 19)} ${i + 1}: ${seen.requests} requests, ${failures}; ${list}`)
}

/** Compares the last quarter of the measurements with the second, of the two processes that live all the time. */
async function judge() {
  const wrong = []
  const quarter = Math.floor(measured.length / 4)
  const average = (part, which, key) =>
    part.reduce((sum, { processes }) => sum + processes[which][key], 0) / part.length
  if (quarter > 0) {
    const [early, late] = [measured.slice(quarter, 2 * quarter), measured.slice(-quarter)]
    for (const [which, who] of ['the primary', 'the oldest worker'].entries()) {
      for (const [key, unit, room] of [
        ['memory', MIB, 20 * MIB],
        ['descriptors', 1, 20],
      ]) {
        const [a, b] = [average(early, which, key), average(late, which, key)]
        const flat = b <= a * 1.15 + room
        console.log(
          `${key} of ${who}: ${(a / unit).toFixed(0)} in the second quarter, ${(b / unit).toFixed(0)} in the last: ${flat ? 'flat' : 'GROWING'}`,
        )
        if (!flat) wrong.push(key)
      }
    }
  } else console.log('too few measurements to compare')
  // All clients have gone: nothing of them may be left.
  await sleep(20_000)
  measure(measured.length)
  oriel.kill('SIGTERM')
  const [code] = await ended
  if (code !== 0) wrong.push(`the server ended with ${code}`)
  const reports = told.split('\n').filter((line) => line !== '' && !/A worker ended and is replaced|Oriel /.test(line))
  for (const line of new Set(reports.slice(0, 40))) console.log(`  told: ${line}`)
  for (const [what, count] of seen.unexpected) console.log(`  unexpected, ${count} times: ${what}`)
  const flat = wrong.length === 0 && seen.unexpected.size === 0
  console.log(
    `${seen.requests} requests, ${seen.expected} expected failures: ${flat ? 'all is well' : `NOT WELL ${wrong}`}`,
  )
  process.exit(flat ? 0 : 1)
}

function makeSite() {
  const { file } = developmentCertificate(['127.0.0.1'], folder)
  mkdirSync(join(folder, 'public/many'), { recursive: true })
  mkdirSync(join(folder, 'uploads'))
  for (let i = 0; i < 200; i++) writeFileSync(join(folder, `public/many/${i}.txt`), `file ${i}\n`.repeat(i + 1))
  writeFileSync(join(folder, 'public/large'), '')
  truncateSync(join(folder, 'public/large'), 200 * MIB)
  writeFileSync(
    join(folder, 'oriel.config.mjs'),
    `import { Response } from '${OWN}'
    export default {
      workers: 2,
      listen: [{ port: ${ports[0]}, http2: true }, { port: ${ports[1]}, tls: [{ cert: '${file}', key: '${file}' }] }],
      timeouts: { idle: 5000, body: 5000, head: 5000 },
      routes: [
        { match: '/hello', resource: () => new Response('hello') },
        { match: '/echo', resource: { POST: (request) => new Response(request.body) } },
        { match: '/uploads/*', files: { root: './uploads', write: true } },
        { match: '/*', files: { root: './public', listing: true } },
      ],
    }`,
  )
}

async function serving() {
  for (let i = 0; i < 200; i++) {
    const well = await fetch(`http://127.0.0.1:${ports[0]}/hello`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (well) return
    await sleep(50)
  }
  console.error(`it does not serve: ${told}`)
  process.exit(1)
}

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const found = servers.map((server) => server.address().port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return found
}

function children(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number)
}

function memoryOf(pid) {
  return 1024 * Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0)
}
