import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Call, CallEvents, Open, Wire } from '../gateway/call.ts'
import { Connection, type SocketFacts } from '../message/connection.ts'
import { Exchange } from '../message/exchange.ts'
import { isDeclined } from '../message/outcome.ts'
import { Request } from '../message/request.ts'
import type { Response } from '../message/response.ts'
import { aliasOf } from './alias.ts'
import { WireServer } from './wire-server.ts'

const HERE: SocketFacts = {
  remote: { address: '127.0.0.1', port: 1 },
  local: { address: '127.0.0.1', port: 2 },
  secure: false,
  tls: undefined,
  remoteName: () => Promise.resolve(''),
}
const WIRE: Wire = {
  fed: true,
  write: () => true,
  endInput() {},
  pause() {},
  resume() {},
  abort() {},
}

/** Calls that wait until a test has them answered. */
class Fake {
  readonly calls: CallEvents[] = []
  readonly #form: (call: Call) => unknown

  constructor(form: (call: Call) => unknown) {
    this.#form = form
  }

  readonly open: Open = (call, events) => {
    this.#form(call)
    this.calls.push(events)
    return WIRE
  }

  /** Answers the oldest one. */
  answer(text: string): void {
    const events = this.calls.shift()
    events?.output(Buffer.from(text))
    events?.ended({})
  }
}

const whole = (call: Call): unknown => call.whole
const plain = (call: Call): unknown => call.variables

function asked(server: WireServer): Promise<unknown> {
  const connection = new Connection(HERE, new Exchange(), 'HTTP/1.1')
  return Promise.resolve(server.call('echo', new Request('http://a/echo@all'), connection))
}

test('each answer is understood in the form in which its own server was called', async () => {
  const [ours, other] = [new Fake(whole), new Fake(plain)]
  const upstream = aliasOf('objects.all', [
    { handle: 'a', upstream: { open: ours.open } },
    { handle: 'b', upstream: { open: other.open } },
  ])
  const server = new WireServer({ handle: 'a, b', upstream })
  const [first, second] = [asked(server), asked(server)]
  assert.deepEqual([ours.calls.length, other.calls.length], [1, 1])
  ours.answer('Status: 200\r\nOriel-Answer: declined\r\n\r\n')
  other.answer('Oriel-Answer: declined\r\nContent-Type: text/plain\r\n\r\nplain')
  assert.ok(isDeclined((await first) as never))
  assert.equal(await ((await second) as Response).text(), 'plain')
})

test('who does not answer at present is called only where nobody does', () => {
  const [absent, there] = [new Fake(whole), new Fake(whole)]
  let answers = false
  const upstream = aliasOf('objects.all', [
    { handle: 'a', upstream: { open: absent.open }, weight: 4, answers: () => answers },
    { handle: 'b', upstream: { open: there.open } },
  ])
  const server = new WireServer({ handle: 'a, b', upstream })
  for (let i = 0; i < 3; i++) void asked(server)
  assert.deepEqual([absent.calls.length, there.calls.length], [0, 3])
  answers = true
  for (let i = 0; i < 3; i++) void asked(server)
  assert.deepEqual([absent.calls.length, there.calls.length], [3, 3])
  const alone = aliasOf('objects.all', [{ handle: 'a', upstream: { open: absent.open }, answers: () => false }])
  void asked(new WireServer({ handle: 'a', upstream: alone }))
  assert.equal(absent.calls.length, 4)
})
