import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Connection } from '../message/connection.ts'
import type { HttpError } from '../message/errors.ts'
import { Exchange } from '../message/exchange.ts'
import { Request } from '../message/request.ts'
import { Response } from '../message/response.ts'
import { badAnswer, type CallEnd, type CallEvents, type Open } from './call.ts'
import { permission, type Question } from './permission.ts'
import { Refused } from './refused.ts'
import { replyOf } from './reply.ts'

const SOCKET = {
  remote: { address: '127.0.0.1', port: 1 },
  local: { address: '127.0.0.1', port: 2 },
  secure: false,
  tls: undefined,
  remoteName: () => Promise.resolve(''),
}
const TIMEOUTS = { firstByte: 0, idle: 0, total: 0 }

/** An Authorizer in the hand of the test, and what it is asked. */
function asked(method = 'GET') {
  const aborted: boolean[] = []
  let events: CallEvents | undefined
  const open: Open = (_, given) => {
    events = given
    return {
      fed: true,
      write: () => true,
      endInput: () => undefined,
      pause: () => undefined,
      resume: () => undefined,
      abort: () => aborted.push(true),
    }
  }
  const question: Question = {
    request: new Request('http://x/', { method }),
    connection: new Connection(SOCKET, new Exchange(), 'HTTP/1.1'),
    variables: [],
    lines: undefined,
    asked: true,
    content: undefined,
    data: undefined,
    tried: undefined,
    over: undefined,
  }
  const made = permission(open, question, { timeouts: TIMEOUTS, name: 'it' }, replyOf)
  return {
    made,
    aborted,
    says: (text: string | Buffer) => events?.output(typeof text === 'string' ? Buffer.from(text, 'latin1') : text),
    ends: (end: CallEnd) => events?.ended(end),
  }
}

const is502 = (error: unknown): boolean => (error as HttpError).status === 502
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('a permission counts once its Authorizer has ended well, though all of its content came before', async () => {
  const { made, says, ends } = asked()
  let settled = false
  void made.finally(() => {
    settled = true
  })
  says('Status: 200\nContent-Length: 2\nVariable-A: b\n\nok')
  await turn()
  assert.equal(settled, false)
  ends({})
  assert.deepEqual({ ...(await made) }, { A: 'b' })
})

for (const method of ['GET', 'HEAD']) {
  for (const [what, end] of [
    ['goes away', { error: badAnswer('it went away') }],
    ['fails', { said: { appStatus: 1 } }],
  ] as const) {
    test(`an Authorizer that ${what} behind all of its content has let nobody in, to ${method}`, async () => {
      const { made, says, ends } = asked(method)
      says('Status: 200\nContent-Length: 2\n\nok')
      await turn()
      ends(end)
      await assert.rejects(made, is502)
    })
  }

  test(`a permission without an end is none, to ${method}`, { timeout: 10_000 }, async () => {
    for (const head of ['Status: 200\n\n', 'Status: 200\nContent-Length: 2\n\nok']) {
      const { made, says, aborted } = asked(method)
      const outcome = assert.rejects(made, is502)
      says(head)
      for (let i = 0; i < 40; i++) {
        says(Buffer.alloc(65536))
        await turn()
      }
      await outcome
      assert.deepEqual(aborted, [true])
    }
  })
}

for (const head of [
  'Status: 200\nVariable-A: b\nvariable-A: c\n\n',
  'Status: 200\nVariable-A b: c\n\n',
  'Status: 200\nContent-Length: 9\n\nabc',
  'Status: 200\nVariable-A: b',
  'Status: 2000\n\n',
]) {
  test(`${JSON.stringify(head)} is no clear permission`, async () => {
    const { made, says, ends } = asked()
    says(head)
    ends({})
    await assert.rejects(made, is502)
  })
}

test('what an object has thrown is no permission, whatever its status is', async () => {
  const { made, says, ends } = asked()
  says('Status: 200\nOriel-Answer: thrown\n\n')
  ends({})
  await assert.rejects(made, Refused)
})

test('any other answer is the client’s', async () => {
  const { made, says, ends } = asked()
  says('Status: 403\nX-Why: you\n\nnot you')
  ends({})
  const { answer } = await made.then(
    () => assert.fail(),
    (error: Refused) => error,
  )
  assert.ok(answer instanceof Response)
  assert.deepEqual([answer.status, answer.headers.get('x-why'), await answer.text()], [403, 'you', 'not you'])
})
