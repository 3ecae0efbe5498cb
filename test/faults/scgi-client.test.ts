import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Content } from '../../src/gateway/call.ts'
import { scgiBackends } from '../../src/gateway/scgi/backends.ts'
import { call, inMemory, inPieces } from '../support/fastcgi-call.ts'
import { makeFolder, patterned } from '../support/folder.ts'
import { gate } from '../support/gate.ts'
import { needPeer } from '../support/peers.ts'
import { freePorts } from '../support/ports.ts'
import { isWhole, ScgiProgram, type Script } from '../support/scgi-program.ts'

const LIMIT = { timeout: 20_000 }
const HEAD = 'Content-Type: text/plain\r\n\r\n'

const answer =
  (text: string): Script =>
  (got) => {
    if (isWhole(got)) got.socket.end(text, 'latin1')
  }

for (const [what, made] of [
  ['none', () => undefined],
  ['one in memory', () => inMemory('hello')],
  ['a large one in memory', () => inMemory('x'.repeat(60_000))],
  ['one that comes in pieces', () => inPieces(['he', 'llo', 'y'.repeat(100_000), 'z'])],
] as const satisfies readonly (readonly [string, () => Content | undefined])[]) {
  for (const unix of [false, true]) {
    test(`a request and its content over ${unix ? 'a Unix socket' : 'TCP'}: ${what}`, LIMIT, async (t) => {
      const content = made()
      const script: Script = (got) => {
        if (isWhole(got)) got.socket.end(`${HEAD}${got.variables.join(' ')} ${got.content}`, 'latin1')
      }
      const program = await ScgiProgram.start(t, script, unix ? join(makeFolder(), 'a.sock') : undefined)
      const variables = ['CONTENT_LENGTH', String(content?.size ?? 0), 'A', 'b']
      const open = scgiBackends({ address: [program.address] })
      const sent = { variables, ...(content !== undefined && { method: 'POST', content }) }
      const size = content?.size ?? 0
      const text = await call(open, sent).outcome
      const method = content === undefined ? 'GET' : 'POST'
      assert.ok(text.startsWith(`200 CONTENT_LENGTH ${size} SCGI 1 REQUEST_METHOD ${method} A b `))
      assert.equal(text.length, `200 CONTENT_LENGTH ${size} SCGI 1 REQUEST_METHOD ${method} A b `.length + size)
    })
  }
}

const OUTCOMES: readonly (readonly [what: string, said: string, outcome: RegExp])[] = [
  ['an answer without a length', `${HEAD}hello`, /^200 hello$/],
  ['LF alone, and a status', 'Status: 404 Nowhere\nA: b\n\nhello', /^404 hello$/],
  ['the length that is so', `Content-Length: 5\n${HEAD}hello`, /^200 hello$/],
  ['more than its length', `Content-Length: 5\n${HEAD}hello and more`, /^200 hello$/],
  ['less than its length', `Content-Length: 9\n${HEAD}hello`, /^(?:broken off: )?502 .*5 of the 9 bytes/],
  ['two lengths', `Content-Length: 5\nContent-Length: 6\n${HEAD}hello`, /^502 .*Content-Length is no length/],
  ['chunks', `Transfer-Encoding: chunked\n${HEAD}5\r\nhello\r\n0\r\n\r\n`, /^200 hello$/],
  ['nothing', '', /^502 .*it closed the connection without an answer/],
  ['no head', 'hello', /^502 .*ended within its head/],
  ['half a head', 'Content-Type: text/plain\r\n', /^502 .*ended within its head/],
  ['a status that is none', 'Status: 99\n\n', /^502 .*its status is none/],
  ['101', 'Status: 101\n\n', /^502 .*its status is none/],
  ['an endless head', `A: ${'x'.repeat(70_000)}\n`, /^502 .*more than 65536 bytes/],
]

for (const [what, said, outcome] of OUTCOMES) {
  test(`the application answers ${what}`, LIMIT, async (t) => {
    const program = await ScgiProgram.start(t, answer(said))
    assert.match(await call(scgiBackends({ address: [program.address] })).outcome, outcome)
  })
}

test('a reset at each position is no end of an answer', LIMIT, async (t) => {
  const text = `${HEAD}hello`
  const program = await ScgiProgram.start(t, ({ socket }, which) => {
    const part = text.slice(0, which)
    const reset = (): void => void setImmediate(() => socket.resetAndDestroy())
    if (part === '') reset()
    else socket.write(part, 'latin1', reset)
  })
  const open = scgiBackends({ address: [program.address] })
  // A request that is not safe, and so is tried once.
  for (let i = 0; i <= text.length; i++) {
    const outcome = await call(open, { method: 'POST', content: inMemory('') }).outcome
    assert.match(outcome, /^(?:broken off: )?502 .*: the connection broke off/, `after ${i} bytes`)
  }
  assert.equal(program.connections, text.length + 1)
})

test('an application that never reads holds up its own request alone, until time is up', LIMIT, async (t) => {
  const program = await ScgiProgram.start(t, (got, which) => {
    if (which === 0) got.socket.pause()
    else answer(`${HEAD}other`)(got, which)
  })
  const open = scgiBackends({ address: [program.address] })
  const content = inPieces(Array.from({ length: 200 }, () => 'x'.repeat(65536)))
  const variables = ['CONTENT_LENGTH', String(content.size)]
  const stuck = call(open, { method: 'POST', content, variables, timeouts: { firstByte: 500 } })
  while (program.connections === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(await call(open).outcome, '200 other')
  assert.match(await stuck.outcome, /^504 .*timeouts.firstByte/)
})

test('an application that answers without reading the content is heard', LIMIT, async (t) => {
  const program = await ScgiProgram.start(t, ({ socket }) => {
    socket.pause()
    socket.write(`Status: 413\nContent-Length: 3\n${HEAD}no!`)
  })
  const content = inPieces(Array.from({ length: 200 }, () => 'x'.repeat(65536)))
  const variables = ['CONTENT_LENGTH', String(content.size)]
  const open = scgiBackends({ address: [program.address] })
  assert.equal(await call(open, { method: 'POST', content, variables }).outcome, '413 no!')
})

test('an answer is asked for as it is read, and its connection goes with whoever reads no more', LIMIT, async (t) => {
  const large = patterned(30_000_000)
  let taken = false
  const program = await ScgiProgram.start(t, ({ socket }) => {
    socket.write(HEAD)
    socket.end(large, () => {
      taken = true
    })
  })
  const open = scgiBackends({ address: [program.address] })
  const whole = Buffer.from(await (await call(open).answered).bytes())
  assert.ok(whole.equals(large))
  taken = false
  const { body } = await call(open).answered
  const pieces = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
  await pieces.next()
  assert.equal(taken, false)
  await pieces.return?.()
  while (program.sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 5))
})

test('a client that goes closes the connection', LIMIT, async (t) => {
  const came = gate()
  const closed = gate()
  const program = await ScgiProgram.start(t, ({ socket }) => {
    socket.on('end', () => closed.open())
    came.open()
  })
  const gone = new AbortController()
  const one = call(scgiBackends({ address: [program.address] }), { signal: gone.signal })
  await came.passed
  gone.abort(new Error('gone'))
  await closed.passed
  assert.match(await one.outcome, /gone/)
})

test('no more connections than allowed; others wait in a queue, and those beyond it are 503', LIMIT, async (t) => {
  const held = gate()
  const program = await ScgiProgram.start(t, (got, which) => {
    if (which === 0) void held.passed.then(() => got.socket.end(`${HEAD}0`))
    else got.socket.end(`${HEAD}${which}`)
  })
  const open = scgiBackends({ address: [program.address], connections: 1, queue: 2 })
  const all = [1, 2, 3, 4].map(() => call(open).outcome)
  assert.match(await (all[3] as Promise<string>), /^503 .*2 requests wait for it already \(queue\)/)
  while (program.connections === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(program.connections, 1)
  held.open()
  assert.deepEqual(await Promise.all(all.slice(0, 3)), ['200 0', '200 1', '200 2'])
})

test('where nobody listens it is 503 with what to do, and a content goes to another address', LIMIT, async (t) => {
  const [port] = await freePorts(1)
  const none = `127.0.0.1:${port}`
  const path = join(makeFolder(), 'none.sock')
  assert.match(await call(scgiBackends({ address: [none] })).outcome, /^503 .*nobody listens there/)
  assert.match(await call(scgiBackends({ address: [`unix:${path}`] })).outcome, /^503 .*there is no such socket/)
  const program = await ScgiProgram.start(t, (got) => {
    if (isWhole(got)) got.socket.end(`${HEAD}${got.content}`)
  })
  const open = scgiBackends({ address: [none, `unix:${path}`, program.address] })
  const variables = ['CONTENT_LENGTH', '5']
  for (let i = 0; i < 3; i++) {
    assert.equal(await call(open, { method: 'POST', content: inMemory('hello'), variables }).outcome, '200 hello')
  }
})

test('a safe request that got no answer goes to another address, one that is not safe does not', LIMIT, async (t) => {
  const dying = await ScgiProgram.start(t, ({ socket }) => socket.end())
  const living = await ScgiProgram.start(t, answer(`${HEAD}living`))
  for (const method of ['GET', 'HEAD']) {
    const open = scgiBackends({ address: [dying.address, living.address], connections: method.length })
    assert.match(await call(open, { method }).outcome, /^200/)
  }
  const open = scgiBackends({ address: [dying.address] })
  assert.match(await call(open, { method: 'POST' }).outcome, /^502 .*without an answer/)
})

test('a variable that would be several goes nowhere', LIMIT, async (t) => {
  const program = await ScgiProgram.start(t, answer(`${HEAD}hello`))
  const open = scgiBackends({ address: [program.address] })
  assert.match(await call(open, { variables: ['A', 'b\0REMOTE_USER\0root'] }).outcome, /^500 .*NUL/)
})

/** Listens on TCP and on a Unix socket, with queues of one; answers on the latter once it is told to. */
const FULL = `
import socket, sys
tcp = socket.create_server(('127.0.0.1', 0), backlog=0)
unix = socket.socket(socket.AF_UNIX)
unix.bind(sys.argv[1])
unix.listen(0)
print(tcp.getsockname()[1], flush=True)
sys.stdin.readline()
while True:
  one, _ = unix.accept()
  if one.recv(10000): one.sendall(b'A: b\\n\\nhello')
  one.close()
`

test('a connection that does not come about in time is 504; one whose queue is full waits', LIMIT, async (t) => {
  const python = needPeer(t, 'python3')
  if (python === undefined) return
  const path = join(makeFolder(), 'full.sock')
  const child = spawn(python, ['-c', FULL, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const [port] = await once(child.stdout, 'data')
  const tcp = { port: Number(port), host: '127.0.0.1' }
  const filling = [tcp, tcp, tcp, { path }].map((where) => connect(where).on('error', () => {}))
  t.after(() => {
    for (const socket of filling) socket.destroy()
  })
  await Promise.all([0, 3].map((i) => once(filling[i] as Socket, 'connect')))
  const late = scgiBackends({ address: [`127.0.0.1:${tcp.port}`], connectTimeout: 300 })
  assert.match(await call(late).outcome, /^504 .*no connection in time/)
  const full = scgiBackends({ address: [`unix:${path}`], connectTimeout: 300 })
  assert.match(await call(full).outcome, /^503 .*its queue is full/)
  const waits = call(scgiBackends({ address: [`unix:${path}`], connectTimeout: 5000 })).outcome
  filling[3]?.destroy()
  child.stdin.write('go\n')
  assert.equal(await waits, '200 hello')
})
