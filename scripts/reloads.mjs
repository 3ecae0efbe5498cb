// Reloads a site 1,000 times under load, and tells what became of the requests and of the memory:
// node scripts/reloads.mjs [workers] [reloads]. Needs Linux, and dist/ (npm run build).
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const workers = Number(process.argv[2] ?? 1)
const reloads = Number(process.argv[3] ?? 1000)
/** Clients that keep their connection, and as many that open one for each request. */
const CLIENTS = 4
/** Between two requests of a client, in milliseconds: the answers are to be counted, not the speed. */
const PAUSE = 10
const MEBIBYTE = 1024 * 1024

const folder = mkdtempSync(join(tmpdir(), 'oriel-reloads-'))
const put = (name, text) => writeFileSync(join(folder, name), text)
const named = (n) =>
  put('name.ts', `export const name: string = 'reload ${n}'\nexport const ballast = Buffer.alloc(100_000)`)
put(
  'oriel.config.mjs',
  `export default { workers: ${workers}, listen: [{ port: 0 }], routes: [{ match: '/*', module: './m.ts' }] }`,
)
put('m.ts', "import { name } from './name.ts'\nexport const GET = (): Response => new Response(name)")
put(
  'settle.mjs',
  "import v8 from 'node:v8'\nv8.setFlagsFromString('--expose-gc')\nprocess.on('SIGUSR2', () => { globalThis.gc?.(); globalThis.gc?.() })",
)
named(0)

const command = new URL('../dist/cli/main.js', import.meta.url).pathname
const server = spawn(process.execPath, [command, 'serve'], {
  cwd: folder,
  env: { ...process.env, XDG_RUNTIME_DIR: folder, NODE_OPTIONS: `--import ${join(folder, 'settle.mjs')}` },
  stdio: ['ignore', 'pipe', 'inherit'],
})
process.once('exit', () => {
  server.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})
let printed = ''
let wake = () => {}
server.stdout.setEncoding('utf8').on('data', (text) => {
  // The lines of requests are of no interest here.
  printed += text.replace(/^.* GET .*\n/gm, '')
  wake()
})
server.once('exit', (code, signal) => {
  if (!over) throw new Error(`the server ended with ${signal ?? code}`)
})

async function until(pattern) {
  for (;;) {
    const found = pattern.exec(printed)
    if (found !== null) return found
    await new Promise((resolve) => {
      wake = resolve
    })
  }
}

let over = false
const counts = { kept: 0, fresh: 0, failed: 0, stale: 0 }
let newest = 0

/** One request after the other, until all reloads are made. Which reload answers never goes back on a connection. */
async function client(url, kind) {
  const agent = new Agent({ keepAlive: kind === 'kept', maxSockets: 1 })
  while (!over) {
    const made = newest
    try {
      const text = await asked(url, agent)
      counts[kind]++
      if (Number(/^reload (\d+)$/.exec(text)?.[1]) < made) counts.stale++
    } catch (error) {
      counts.failed++
      console.error(`failed (${kind}): ${error.message}`)
    }
    await wait(PAUSE)
  }
  agent.destroy()
}

function asked(url, agent) {
  return new Promise((resolve, reject) => {
    const sent = get(url, { agent, timeout: 10_000 }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (more) => {
        text += more
      })
      answer.on('end', () =>
        answer.statusCode === 200 ? resolve(text) : reject(new Error(`status ${answer.statusCode}`)),
      )
      answer.on('error', reject)
    })
    sent.on('error', reject)
    sent.on('timeout', () => sent.destroy(new Error('no answer in 10 seconds')))
  })
}

function processes() {
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === server.pid)
  return [server.pid, ...children.map(Number)]
}

function parentOf(pid) {
  try {
    return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return undefined
  }
}

/** The memory of each process after its garbage was collected, in MiB, and its open descriptors. */
async function settled() {
  const pids = processes()
  for (const pid of pids) process.kill(pid, 'SIGUSR2')
  await wait(1000)
  return pids.map((pid) => {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
    return `${((pages * 4096) / MEBIBYTE).toFixed(1)} MiB, ${readdirSync(`/proc/${pid}/fd`).length} descriptors`
  })
}

const [, url] = await until(/ at (http:\/\/[^\s,]+)/)
const clients = ['kept', 'fresh'].flatMap((kind) => Array.from({ length: CLIENTS }, () => client(url, kind)))
const times = []
for (let n = 1; n <= reloads; n++) {
  named(n)
  printed = ''
  const since = performance.now()
  server.kill('SIGHUP')
  await until(/^Reloaded .*\n/m)
  times.push(performance.now() - since)
  newest = n
  if (n === 100 || n === reloads) console.log(`after ${n} reloads: ${(await settled()).join('; ')}`)
}
over = true
await Promise.all(clients)
times.sort((a, b) => a - b)
const { kept, fresh, failed, stale } = counts
console.log(
  `workers: ${workers}; requests: ${kept} on kept connections, ${fresh} on fresh ones; failed: ${failed}; by an older site than was there: ${stale}`,
)
console.log(`a reload: median ${times[times.length >> 1].toFixed(1)} ms, longest ${times.at(-1).toFixed(1)} ms`)
server.kill('SIGTERM')
await new Promise((resolve) => server.once('exit', resolve))
process.exitCode = failed + stale === 0 ? 0 : 1
