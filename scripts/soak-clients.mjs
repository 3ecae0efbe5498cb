// The clients of soak.mjs: each `run` is one life of one of them, returns how many requests were answered as they should,
// and throws where one was not.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const LARGE = 200 * 1024 ** 2
/** Between two requests of one client, in milliseconds: the machine is not to be filled, but to be busy for long. */
const PAUSE = 5
const PATIENCE = 20_000

/** How many there are at a time, and what each does. */
export const CLIENTS = {
  'keep-alive': { count: 16, run: ({ ports, state }) => keptAlive(ports[0], false, state, 200) },
  'keep-alive, TLS': { count: 4, run: ({ ports, state }) => keptAlive(ports[1], true, state, 200) },
  'connection per request': { count: 2, run: ({ ports, state }) => keptAlive(ports[0], false, state, 1) },
  'connection per request, TLS': { count: 1, run: ({ ports, state }) => keptAlive(ports[1], true, state, 1) },
  'HTTP/2': { count: 2, run: ({ ports, state }) => multiplexed(`http://127.0.0.1:${ports[0]}`, state) },
  'HTTP/2, TLS': { count: 2, run: ({ ports, state }) => multiplexed(`https://127.0.0.1:${ports[1]}`, state) },
  upload: { count: 2, run: ({ ports }) => uploaded(ports[0]) },
  'aborted upload': { count: 1, run: ({ ports }) => abortedUpload(ports[0]) },
  echo: { count: 1, run: ({ ports }) => echoed(ports[0]) },
  range: { count: 2, run: ({ ports }) => ranged(ports[0]) },
  listing: { count: 1, run: ({ ports }) => listed(ports[0]) },
  'aborted download': { count: 2, run: ({ ports }) => aborted(ports[0]) },
  'slow reader': { count: 4, run: ({ ports, state }) => slow(ports[0], state) },
  'bad request': { count: 1, run: ({ ports }) => bad(ports[0]) },
}

async function keptAlive(port, secure, state, count) {
  const agent = new (secure ? SecureAgent : Agent)({ keepAlive: count > 1, maxSockets: 1 })
  try {
    for (let i = 0; i < count && !state.stopping; i++) {
      const n = Math.floor(Math.random() * 200)
      const { status, body } = await ask(port, `/many/${n}.txt`, { agent, secure })
      assert.equal(status, 200)
      assert.equal(body.toString(), `file ${n}\n`.repeat(n + 1))
      await sleep(PAUSE)
    }
  } finally {
    agent.destroy()
  }
  return count
}

async function multiplexed(origin, state) {
  const session = connectHttp2(origin, { rejectUnauthorized: false })
  let failed
  session.on('error', (error) => (failed = error))
  try {
    const closed = once(session, 'close').then(() => Promise.reject(failed ?? new Error('closed in the handshake')))
    closed.catch(() => undefined)
    await Promise.race([once(session, 'connect'), closed])
    let count = 0
    const stream = async () => {
      for (let i = 0; i < 50 && !state.stopping; i++) {
        const n = Math.floor(Math.random() * 200)
        const one = session.request({ ':path': `/many/${n}.txt` })
        one.setTimeout(PATIENCE, () => one.close())
        let body = ''
        one.setEncoding('utf8').on('data', (more) => (body += more))
        // Some are not wanted any more.
        if (i % 10 === 9) one.close(8)
        await once(one, 'close')
        if (i % 10 !== 9) assert.equal(body, `file ${n}\n`.repeat(n + 1), 'an answer by HTTP/2 that is not whole')
        count++
        await sleep(PAUSE)
      }
    }
    await Promise.all(Array.from({ length: 8 }, stream))
    if (failed !== undefined) throw failed
    return count
  } finally {
    session.destroy()
  }
}

async function uploaded(port) {
  const path = `/uploads/${randomBytes(8).toString('hex')}`
  const content = randomBytes(100_000 + Math.floor(Math.random() * 900_000))
  assert.equal((await ask(port, path, { method: 'PUT', content })).status, 201)
  assert.ok((await ask(port, path)).body.equals(content), 'what was uploaded is not what was sent')
  assert.equal((await ask(port, path, { method: 'DELETE' })).status, 204)
  await sleep(50)
  return 3
}

async function abortedUpload(port) {
  const socket = connect({ port, host: '127.0.0.1' }).on('error', () => undefined)
  await once(socket, 'connect')
  socket.write('PUT /uploads/never HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n')
  socket.write(randomBytes(50_000))
  await sleep(Math.random() * 100)
  socket.destroy()
  return 1
}

async function echoed(port) {
  const content = randomBytes(1_000_000)
  const { status, body } = await ask(port, '/echo', { method: 'POST', content })
  assert.equal(status, 200)
  assert.ok(body.equals(content), 'an echo that is not what was sent')
  await sleep(50)
  return 1
}

async function ranged(port) {
  const first = Math.floor(Math.random() * (LARGE - 100_000))
  const { status, body, headers } = await ask(port, '/large', {
    headers: { Range: `bytes=${first}-${first + 99_999}` },
  })
  assert.equal(status, 206)
  assert.equal(headers['content-range'], `bytes ${first}-${first + 99_999}/${LARGE}`)
  assert.equal(body.length, 100_000)
  await sleep(20)
  return 1
}

async function listed(port) {
  const { status, body } = await ask(port, '/many/')
  assert.equal(status, 200)
  assert.match(body.toString(), /199\.txt/)
  await sleep(50)
  return 1
}

async function aborted(port) {
  const socket = connect({ port, host: '127.0.0.1' }).on('error', () => undefined)
  socket.write('GET /large HTTP/1.1\r\nHost: a\r\n\r\n')
  let size = 0
  socket.on('data', (bytes) => {
    size += bytes.length
    if (size > 5_000_000) socket.resetAndDestroy()
  })
  await once(socket, 'close')
  assert.ok(size > 5_000_000, `a download broke off after ${size} bytes`)
  await sleep(200)
  return 1
}

async function slow(port, state) {
  const socket = connect({ port, host: '127.0.0.1' }).on('error', () => undefined)
  socket.write('GET /large HTTP/1.1\r\nHost: a\r\n\r\n')
  for (let i = 0; i < 20 && !state.stopping; i++) {
    await sleep(500)
    if (socket.readableEnded || socket.destroyed) throw new Error('a slow download was cut')
    socket.read(10_000)
  }
  socket.destroy()
  return 1
}

const BAD = [
  ['nonsense\r\n\r\n', 400],
  ['GET / HTTP/1.1\r\n\r\n', 400],
  ['GET / HTTP/3.0\r\nHost: a\r\n\r\n', 505],
  ['POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
  [`GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
  ['GET /uploads/../../secret HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 404],
]

async function bad(port) {
  const [text, status] = BAD[Math.floor(Math.random() * BAD.length)]
  const socket = connect({ port, host: '127.0.0.1' }).on('error', () => undefined)
  socket.setTimeout(PATIENCE, () => socket.destroy())
  let answer = ''
  socket.setEncoding('latin1').on('data', (more) => (answer += more))
  socket.write(text)
  await once(socket, 'close')
  assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `))
  await sleep(50)
  return 1
}

function ask(port, path, { method = 'GET', headers = {}, content, agent = false, secure = false } = {}) {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, headers, agent, rejectUnauthorized: false }
    const sent = (secure ? secureRequest : request)(options, (answer) => {
      const parts = []
      answer.on('data', (part) => parts.push(part))
      answer.on('error', reject)
      answer.on('end', () =>
        resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }),
      )
    })
    sent.setTimeout(PATIENCE, () => sent.destroy(new Error(`no answer to ${method} for ${PATIENCE} ms`)))
    sent.on('error', reject)
    sent.end(content)
  })
}
