import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { type Asked, FakeApplication } from '../../../test/support/fake-application.ts'
import { noneLeft } from '../../../test/support/fastcgi-call.ts'
import { Connection, type SocketFacts } from '../../message/connection.ts'
import { Exchange } from '../../message/exchange.ts'
import { Request } from '../../message/request.ts'
import type { Response } from '../../message/response.ts'
import { WireServer } from '../../object/wire-server.ts'
import { TRAILERS } from '../../protocol/fastcgi/codes.ts'
import { record, streamEnd } from '../../protocol/fastcgi/records.ts'
import { Balancer } from '../balance/balancer.ts'
import type { Upstream } from '../call.ts'
import { fastCgiUpstream } from './backends.ts'

const SOON = { timeout: 20_000 }
const SAYS = ['FCGI_MPXS_CONNS', '1', 'ORIEL_WINDOW', '65536', 'ORIEL_OBJECTS', '1']
const facts: SocketFacts = {
  remote: { address: '192.0.2.7', port: 5 },
  local: { address: '192.0.2.1', port: 80 },
  secure: false,
  tls: undefined,
  remoteName: async () => 'c',
}

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
  await noneLeft()
})

interface Started {
  readonly application: FakeApplication
  readonly balancer: Balancer
  readonly reports: string[]
  ask(
    how: string,
    options?: { readonly method?: string; readonly signal?: AbortSignal; readonly timeout?: number },
  ): Promise<string>
}

/** An object server whose objects do what the query says, through a balancer that counts what runs. */
async function start(script: (asked: Asked, how: string) => void): Promise<Started> {
  const application = await new FakeApplication((asked) => {
    const [, how = ''] = /\?(\S*) /.exec(asked.variables['ORIEL_REQUEST'] ?? '') ?? []
    script(asked, how)
  }, SAYS).listen()
  const upstreams: Upstream[] = []
  const balancer = new Balancer({ name: 'objects', queue: () => 10 })
  const upstream = (): Upstream => {
    const made = fastCgiUpstream({ address: application.address, objects: true })
    upstreams.push(made)
    return made
  }
  balancer.become([{ name: 'a', upstream }])
  ends.push(() => {
    for (const one of upstreams) one.close()
    return application.close()
  })
  const reports: string[] = []
  const ask: Started['ask'] = async (how, { method = 'GET', signal, timeout = 10_000 } = {}) => {
    const timeouts = { firstByte: timeout }
    const server = new WireServer({
      handle: 'test',
      upstream: { open: balancer.open, quick: balancer.quick },
      timeouts,
    })
    server.whole = true
    const exchange = new Exchange((level, event) => void reports.push(`${level} ${event}`))
    const request = new Request(`http://h/o?${how}`, { method, ...(signal !== undefined && { signal }) })
    try {
      const answer = (await server.call('o', request, new Connection(facts, exchange, 'HTTP/1.1'))) as Response
      const text = await answer.text()
      const trailers = [...((await answer.trailers?.()) ?? [])]
      return `${answer.status} ${text}${trailers.length === 0 ? '' : ` ${trailers.join()}`}`
    } catch (error) {
      return `thrown ${(error as { status?: number }).status ?? (error as Error).name}`
    }
  }
  // What it can do is asked for first, and the first call is like any other.
  assert.equal(await ask('hello'), '200 hello')
  return { application, balancer, reports, ask }
}

const whole = (asked: Asked, text: string): void => {
  asked.stdout(`Status: 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`)
  asked.raw(streamEnd(6, asked.id))
  asked.end()
}

test('small answers come in any order, each to its own request', SOON, async () => {
  const held: Asked[] = []
  const { ask, balancer } = await start((asked, how) => {
    if (how === 'hello') return whole(asked, 'hello')
    held.push(asked)
    if (held.length === 20) for (const one of held.reverse()) whole(one, String(one.id))
  })
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(String(i))))
  assert.equal(new Set(answers).size, 20)
  assert.ok(answers.every((answer) => answer.startsWith('200 ')))
  assert.equal(balancer.running, 0)
})

test('what is not as usual goes on like any other call', SOON, async () => {
  let told = (): void => {}
  const isTold = new Promise<void>((resolve) => {
    told = resolve
  })
  const { ask, balancer, reports } = await start((asked, how) => {
    const head = 'Status: 200 OK\r\n\r\n'
    switch (how) {
      case 'large':
        return whole(asked, 'x'.repeat(50_000))
      case 'pieces':
        for (const c of `${head}in pieces`) asked.stdout(c)
        return asked.end()
      case 'complains':
        asked.stdout(head)
        asked.stderr('something is odd\n')
        asked.stdout('all the same')
        return asked.end()
      case 'trailers':
        asked.stdout(`${head}content`)
        asked.raw(record(TRAILERS, asked.id, 'Digest: abc\r\n') + streamEnd(6, asked.id))
        return asked.end()
      case 'short':
        asked.stdout(`Status: 200 OK\r\nContent-Length: 9\r\n\r\nshort`)
        return asked.end()
      case 'broken':
        asked.stdout(`${head}half`)
        return asked.end(0, 64)
      case 'refused':
        return asked.end(0, 2)
      case 'nothing':
        return asked.end()
      case 'thrown':
        asked.stdout('Status: 409 Conflict\r\nOriel-Answer: thrown\r\nOriel-Code: x\r\n\r\nwhy')
        return asked.end()
      case 'closes':
        return void asked.connection.destroy()
      case 'late':
        asked.onAbort = told
        return undefined
      default:
        return whole(asked, 'hello')
    }
  })
  assert.equal(await ask('large'), `200 ${'x'.repeat(50_000)}`)
  assert.equal(await ask('pieces'), '200 in pieces')
  assert.equal(await ask('complains'), '200 all the same')
  assert.ok(reports.length > 0, 'what it wrote to its standard error is reported')
  assert.equal(await ask('trailers'), '200 content digest,abc')
  assert.equal(await ask('short'), 'thrown 502')
  assert.equal(await ask('broken'), 'thrown 502')
  assert.equal(await ask('nothing'), 'thrown 502')
  assert.equal(await ask('thrown'), 'thrown 409')
  assert.equal(await ask('refused'), 'thrown 503')
  assert.equal(await ask('closes'), 'thrown 502')
  assert.equal(await ask('hello'), '200 hello')
  assert.equal(await ask('late', { timeout: 300 }), 'thrown 504')
  await isTold
  assert.equal(balancer.running, 0)
})

test('a client that goes is told to the object at once', SOON, async () => {
  const { ask, balancer, application } = await start((asked, how) => {
    if (how === 'hello') whole(asked, 'hello')
  })
  const controller = new AbortController()
  const answer = ask('waits', { signal: controller.signal })
  await application.came(2)
  const asked = application.asked[1] as Asked
  const aborted = new Promise<void>((resolve) => {
    asked.onAbort = resolve
  })
  controller.abort()
  await aborted
  assert.match(await answer, /^thrown/)
  assert.equal(balancer.running, 0)
  assert.equal(await ask('hello'), '200 hello')
})

test('an object server that closes its connection gets a GET once more, and a POST never', SOON, async () => {
  let came = 0
  const { ask } = await start((asked, how) => {
    if (how === 'hello') return whole(asked, 'hello')
    came++
    asked.connection.destroy()
  })
  assert.equal(await ask('closes', { method: 'POST' }), 'thrown 502')
  assert.equal(came, 1)
  assert.equal(await ask('hello'), '200 hello')
  assert.equal(await ask('closes'), 'thrown 502')
  assert.equal(came, 3)
})

test('what ends whoever gets it is asked once more, and goes through no more of several', SOON, async () => {
  let begun = 0
  const upstreams: Upstream[] = []
  const members = []
  for (const name of ['a', 'b', 'c', 'd']) {
    const application = await new FakeApplication((asked) => {
      if (!/ends/.test(asked.variables['ORIEL_REQUEST'] ?? '')) return whole(asked, 'hello')
      begun++
      asked.connection.destroy()
    }, SAYS).listen()
    const made = fastCgiUpstream({ address: application.address, objects: true })
    upstreams.push(made)
    members.push({ name, upstream: () => made })
    ends.push(() => application.close())
  }
  ends.unshift(async () => {
    for (const one of upstreams) one.close()
  })
  const balancer = new Balancer({ name: 'objects', queue: () => 10 })
  balancer.become(members)
  const server = new WireServer({ handle: 'test', upstream: { open: balancer.open, quick: balancer.quick } })
  const ask = async (path: string): Promise<unknown> =>
    server.call('o', new Request(`http://h/${path}`), new Connection(facts, new Exchange(), 'HTTP/1.1'))
  // All of them have a connection that has carried others before.
  for (let i = 0; i < 3; i++) await Promise.all(members.map(() => ask('o')))
  await assert.rejects(ask('ends'), { status: 502 })
  assert.equal(begun, 2)
})
