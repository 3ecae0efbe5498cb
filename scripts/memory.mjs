// Shows what slow clients cost: node scripts/memory.mjs [connections]. Run `npm run build` first.
// Each client reads a file of 1 GiB at one byte a second, or sends a body of 1 GiB to a handler that reads one piece a
// second. The server is a process of its own; its memory is compared before and while they are at it, garbage collected.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const GIB = 1024 ** 3
const MIB = 1024 ** 2
const LIMIT = 2
const SECONDS = 8

if (process.send === undefined) await measure(Number(process.argv[2] ?? 40))
else await serveSlowly(process.argv[2])

async function serveSlowly(root) {
  const { serve, Response } = await import('../dist/index.js')
  const read = async (request) => {
    let size = 0
    for await (const piece of request.body) {
      size += piece.byteLength
      await sleep(1000)
    }
    return new Response(String(size))
  }
  const server = await serve({
    port: 0,
    limits: { body: GIB },
    routes: [
      { match: '/slow', module: read },
      { match: '/*', files: root },
    ],
  })
  process.on('message', () => {
    globalThis.gc()
    const { rss, heapUsed, external } = process.memoryUsage()
    process.send({ rss, heapUsed, external })
  })
  process.send({ url: server.url })
}

async function measure(count) {
  const root = mkdtempSync(join(tmpdir(), 'oriel-memory-'))
  writeFileSync(join(root, 'large'), '')
  truncateSync(join(root, 'large'), GIB)
  try {
    const rows = []
    for (const [name, open] of [
      ['1 GiB file, read at 1 byte a second', reader],
      ['1 GiB body, to a slow handler', sender],
    ]) {
      rows.push(await cost(name, open, count, root))
    }
    console.table(rows)
    if (rows.some((row) => row['MiB each'] >= LIMIT)) process.exitCode = 1
  } finally {
    rmSync(root, { recursive: true })
  }
}

async function cost(name, open, count, root) {
  const child = fork(fileURLToPath(import.meta.url), [root], { execArgv: ['--expose-gc'] })
  const [{ url }] = await once(child, 'message')
  const port = Number(new URL(url).port)
  const ask = async () => {
    child.send('memory')
    return (await once(child, 'message'))[0]
  }
  // Code that runs for the first time takes memory once, not for each client.
  for (const socket of [open(port), open(port)]) {
    await sleep(500)
    socket.destroy()
  }
  await sleep(500)
  const before = await ask()
  const sockets = Array.from({ length: count }, () => open(port))
  let most = before
  for (let i = 0; i < SECONDS; i++) {
    await sleep(1000)
    const now = await ask()
    if (now.rss > most.rss) most = now
  }
  for (const socket of sockets) socket.destroy()
  child.kill()
  await once(child, 'exit')
  const each = (key) => Number(((most[key] - before[key]) / MIB / count).toFixed(3))
  return {
    what: name,
    clients: count,
    'MiB each': each('rss'),
    'heap each': each('heapUsed'),
    'buffers each': each('external'),
  }
}

function reader(port) {
  const socket = connect({ port, host: '127.0.0.1', onread: { buffer: Buffer.alloc(1), callback: paused } })
  socket.write('GET /large HTTP/1.1\r\nHost: a\r\n\r\n')
  return socket.on('error', () => {})

  function paused() {
    setTimeout(() => socket.resume(), 1000)
    return false
  }
}

function sender(port) {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.write(`POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: ${GIB}\r\n\r\n`)
  const piece = Buffer.alloc(65536)
  const more = () => {
    while (!socket.destroyed && socket.write(piece)) {}
  }
  more()
  return socket.on('drain', more).on('error', () => {})
}
