import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, failure, Peer, text } from '../../../test/support/gateway-peer.ts'
import { HttpError } from '../../message/errors.ts'
import type { CallEvents, Content } from '../call.ts'
import { Balancer } from './balancer.ts'
import type { MemberOptions } from './member.ts'

const lost = { error: new HttpError(502, { cause: new Error('lost') }) }

/** Back ends that say who was asked, in order. */
function members() {
  const asked: { readonly name: string; readonly peer: Peer; readonly events: CallEvents }[] = []
  const closed: string[] = []
  const member = (name: string, options: Partial<MemberOptions> = {}): MemberOptions => ({
    name,
    upstream: () => ({
      open: (_, events) => {
        const peer = new Peer()
        peer.events = events
        asked.push({ name, peer, events })
        return peer
      },
      close: () => void closed.push(name),
    }),
    ...options,
  })
  const names = (): string => asked.map(({ name }) => name).join('')
  return { asked, closed, member, names }
}

function answer({ peer }: { readonly peer: Peer }): void {
  peer.says('A: b\n\nok')
  peer.ends()
}

const balancer = (queue = 10): Balancer => new Balancer({ name: 'shop', queue: () => queue })

test('the least busy one is asked, by its weight', async () => {
  const { asked, member, names } = members()
  const balance = balancer()
  balance.become([member('a'), member('b', { weight: 3 })])
  const asks = Array.from({ length: 8 }, () => ask({ open: balance.open }))
  assert.equal([...names()].filter((name) => name === 'b').length, 6)
  assert.equal(balance.running, 8)
  for (const one of asked) answer(one)
  for (const { answered } of asks) assert.match(await text(answered), /^200 .*ok$/)
  assert.equal(balance.running, 0)
  assert.deepEqual(
    balance.takeLoad().members.map(({ served }) => served),
    [2, 6],
  )
  assert.deepEqual(
    balance.takeLoad().members.map(({ served }) => served),
    [0, 0],
  )
})

test('the log is told once that one is left alone, and why, and once that it answers again', async () => {
  const refused = new HttpError(503, { cause: new Error('nobody listens there') })
  const { asked, member, names } = members()
  const balance = balancer()
  balance.become([member('a', { capacity: 1 }), member('b', { capacity: 1 })])
  const asks: ReturnType<typeof ask>[] = []
  const told = () => asks.flatMap((one) => one.told)
  const next = (): (typeof asked)[0] => {
    asks.push(ask({ open: balance.open, method: 'POST' }))
    return asked.at(-1) as (typeof asked)[0]
  }
  const left = { upstream: 'a', why: 'nobody listens there' }
  next().events.ended({ error: refused, again: false, unbegun: true })
  assert.deepEqual(
    told().map(({ level, fields: { requestId, ...fields } }) => [level, fields]),
    [['warn', left]],
  )
  // The other one has it now, so the next request goes to this one all the same; that it still fails is no news.
  next().events.ended({ error: refused })
  assert.equal(names(), 'aba')
  assert.equal(told().length, 1)
  answer(next())
  // Nor is it, at this time, that it fails once more.
  next().events.ended({ error: refused })
  answer(next())
  assert.equal(names(), 'abaaaa')
  assert.deepEqual(
    told().map(({ event, level }) => [level, event]),
    [
      ['warn', 'A back end is left alone for a while, and others answer.'],
      ['info', 'A back end answers again.'],
    ],
  )
  answer(asked[1] as (typeof asked)[0])
})

test('nothing is told of one that is alone, nor of those whom somebody watches', () => {
  for (const [names, hopeless] of [
    [['a'], undefined],
    [['a', 'b'], () => undefined],
  ] as const) {
    const { asked, member } = members()
    const balance = new Balancer({ name: 'shop', queue: () => 1, ...(hopeless && { hopeless }) })
    balance.become(names.map((name) => member(name)))
    const { told } = ask({ open: balance.open, method: 'POST' })
    asked[0]?.events.ended(lost)
    assert.deepEqual(told, [])
  }
})

test('what is too much waits for its turn, in order; what is more than may wait is 503', async () => {
  const { asked, member, names } = members()
  const balance = balancer(2)
  const first = ask({ open: balance.open, method: 'POST', content: bytes('body') })
  balance.become([member('a', { capacity: 1 })])
  assert.deepEqual(asked[0]?.peer.written, ['body'])
  const others = [ask({ open: balance.open }), ask({ open: balance.open })]
  assert.equal(await failure(ask({ open: balance.open }).answered), '503 shop: 2 requests wait for it already (queue)')
  assert.equal(names(), 'a')
  answer(asked[0] as (typeof asked)[0])
  assert.match(await text(first.answered), /ok$/)
  assert.equal(balance.waiting, 1)
  balance.become([member('a', { capacity: 2 })])
  assert.equal(balance.waiting, 0)
  for (const one of asked.slice(1)) answer(one)
  for (const { answered } of others) assert.match(await text(answered), /ok$/)
})

test('a content that arrives waits with its request, and goes on where it stopped', async () => {
  const { asked, member } = members()
  const balance = balancer()
  const pieces = async function* () {
    yield Buffer.from('one')
    yield Buffer.from('two')
  }
  const { answered } = ask({ open: balance.open, content: { size: 6, source: pieces(), close: () => undefined } })
  await new Promise((resolve) => setImmediate(resolve))
  balance.become([member('a')])
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual([asked[0]?.peer.written, asked[0]?.peer.done], [['one', 'two'], ['input']])
  answer(asked[0] as (typeof asked)[0])
  assert.match(await text(answered), /ok$/)
})

test('a safe request that got no answer goes to another one, one that may have been done does not', async () => {
  for (const [method, end, expected] of [
    ['GET', lost, 'ab'],
    ['POST', lost, 'a'],
    ['POST', { ...lost, unbegun: true }, 'ab'],
  ] as const) {
    const { asked, member, names } = members()
    const balance = balancer()
    balance.become([member('a'), member('b')])
    const { answered } = ask({ open: balance.open, method })
    asked[0]?.peer.ends(end)
    assert.equal(names(), expected)
    if (expected === 'a') assert.equal(await failure(answered), '502 lost')
    else {
      asked[1]?.peer.ends(lost)
      assert.equal(await failure(answered), '502 lost', 'nobody is left')
    }
  }
})

test('where it is told who comes and goes, a request that found nobody waits for the next one', async () => {
  const { asked, member, names } = members()
  const balance = new Balancer({ name: 'shop', queue: () => 10, hopeless: () => undefined })
  balance.become([member('a')])
  const { answered } = ask({ open: balance.open, method: 'POST' })
  asked[0]?.peer.ends({ ...lost, unbegun: true })
  assert.deepEqual([names(), balance.waiting], ['a', 1])
  balance.become([])
  balance.become([member('b')])
  assert.deepEqual([names(), balance.waiting], ['ab', 0])
  answer(asked[1] as (typeof asked)[0])
  assert.match(await text(answered), /ok$/)
})

test('one that failed is left alone for a while, and so is one that is not well', async () => {
  const { asked, member, names } = members()
  const balance = balancer()
  balance.become([member('a'), member('b')])
  ask({ open: balance.open, method: 'POST' })
  asked[0]?.peer.ends(lost)
  for (let i = 0; i < 3; i++) ask({ open: balance.open })
  assert.equal(names(), 'abbb')
  const b = balance.members[1]
  if (b !== undefined) b.healthy = false
  ask({ open: balance.open })
  assert.equal(names(), 'abbba', 'one that failed once may be well; one whose health was looked at is not')
})

test('one that is fast is given some ahead, one that is slow none', async () => {
  const { asked, member } = members()
  const balance = balancer()
  balance.become([member('a', { capacity: 1, ahead: 3 })])
  for (const [served, most] of [
    [1_000_000, 4],
    [0, 1],
  ] as const) {
    for (const one of balance.members) one.served = served
    assert.equal(balance.takeLoad().members[0]?.served, served)
    const calls = Array.from({ length: 6 }, () => ask({ open: balance.open }))
    assert.equal(balance.running, most)
    while (asked.length > 0) for (const one of asked.splice(0)) answer(one)
    for (const { answered } of calls) assert.match(await text(answered), /ok$/)
  }
})

test('what was left without an answer in time is counted until there is one', async () => {
  const { asked, member } = members()
  const balance = balancer()
  balance.become([member('a')])
  const late = (): number[] => balance.takeLoad().members.map((one) => one.late)
  const call = () => balance.open(ask({ open: balance.open }).call, asked[0]?.events as CallEvents)
  for (let i = 0; i < 2; i++) call().abort(true)
  call().abort()
  assert.deepEqual(late(), [2])
  answer(asked[0] as (typeof asked)[0])
  assert.deepEqual(late(), [0])
})

test('one that is named no more ends what it has, and is closed then', async () => {
  const { asked, closed, member, names } = members()
  const balance = balancer()
  balance.become([member('a')])
  const { answered } = ask({ open: balance.open })
  balance.become([member('b')])
  ask({ open: balance.open })
  assert.deepEqual([names(), closed], ['ab', []])
  answer(asked[0] as (typeof asked)[0])
  assert.match(await text(answered), /ok$/)
  assert.deepEqual(closed, ['a'])
  balance.become([])
  asked[1]?.peer.ends(lost)
  assert.deepEqual(closed, ['a', 'b'])
})

test('where none is to be expected nobody waits', async () => {
  const { asked, member } = members()
  let why: string | undefined
  const balance = new Balancer({ name: 'shop', queue: () => 10, hopeless: () => why })
  const early = ask({ open: balance.open })
  why = 'it ended with exit code 3'
  balance.become([])
  assert.equal(await failure(early.answered), '503 shop: it ended with exit code 3')
  assert.equal(await failure(ask({ open: balance.open }).answered), '503 shop: it ended with exit code 3')
  balance.become([member('a')])
  const { answered } = ask({ open: balance.open })
  answer(asked[0] as (typeof asked)[0])
  assert.match(await text(answered), /ok$/)
})

function bytes(text: string): Content {
  return { size: text.length, bytes: Buffer.from(text), close: () => undefined }
}
