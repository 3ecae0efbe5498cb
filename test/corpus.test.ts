import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Resource } from '../src/message/interface.ts'
import type { Request } from '../src/message/request.ts'
import { Response } from '../src/message/response.ts'
import { fieldOfAnswer, type ReadAnswer, readAnswers } from './support/answers.ts'
import { type CorpusCase, readCorpus } from './support/corpus.ts'
import { EngineUnderTest, startEngine } from './support/engine.ts'
import { connectInMemory, settled } from './support/memory-socket.ts'
import { fc, pieces, runs, seeded } from './support/property.ts'
import { RawClient } from './support/raw-client.ts'

const SOON = { timeout: 120_000 }
const CASES = readCorpus(join(import.meta.dirname, '../../test/corpus/requests'))
/** Longer messages are mostly one letter many times: they are cut everywhere near both ends, and here and there. */
const CUT_EVERYWHERE = 1500
const PROBE = 'GET /probe HTTP/1.1\r\nHost: probe\r\n\r\n'

const ECHO: Resource = { GET: told, POST: told }
const under = new EngineUnderTest({ routes: [{ match: '/*', module: ECHO }] })

async function told(request: Request): Promise<Response> {
  const { method, path, search, authority, version } = request
  let text = `${method} ${path}${search} host=${authority}${version === '1.0' ? ' version=1.0' : ''}`
  if (request.body !== null) text += ` body=${Buffer.from(await request.arrayBuffer()).toString('latin1')}`
  const trailers = [...(request.trailers ?? [])].map(([name, value]) => `${name}: ${value}`)
  if (trailers.length > 0) text += ` trailers=${trailers.join(', ')}`
  return new Response(Buffer.from(text, 'latin1'))
}

function methodsOf(sent: CorpusCase): string[] {
  return sent.bytes.match(/(?<=^|\r\n|\r\n\r\n[^\r]?)[A-Z]+(?= \S+ HTTP\/1\.[01]\r\n)/g) ?? []
}

/** What comes before the answer that the case waits for. */
function interimOf({ answers }: CorpusCase): string {
  return answers.some(({ status }) => status === 100) ? 'HTTP/1.1 100 Continue\r\n\r\n' : ''
}

/** What came back says what the case says. */
function check(sent: CorpusCase, text: string, ended: boolean): void {
  const expected = sent.answers.filter(({ status }) => status >= 200)
  const { answers, rest } = readAnswers(text, methodsOf(sent), ended)
  assert.deepEqual(
    answers.map(({ status }) => status),
    expected.map(({ status }) => status),
    text,
  )
  for (const [i, { text: content, fields }] of expected.entries()) {
    const answer = answers[i] as ReadAnswer
    if (content !== undefined) assert.equal(answer.body, content)
    for (const [name, value] of fields) {
      const got = fieldOfAnswer(answer, name)
      assert.ok(got !== undefined && (value === undefined || got === value), `${name}: ${got}`)
    }
    assert.ok(fieldOfAnswer(answer, 'date') !== undefined, 'an answer without Date')
  }
  assert.equal(rest, interimOf(sent))
  const last = answers.at(-1)
  if (last !== undefined && !sent.clientEnds) {
    const closes = fieldOfAnswer(last, 'connection') === 'close'
    assert.equal(closes, sent.then === 'closed', 'the last answer says whether the connection is closed')
  }
}

function isAll(sent: CorpusCase, text: string): boolean {
  const { answers, rest } = readAnswers(text, methodsOf(sent), false)
  return answers.length === sent.answers.filter(({ status }) => status >= 200).length && rest === interimOf(sent)
}

async function replay(sent: CorpusCase, given: readonly string[]): Promise<undefined> {
  const ends = connectInMemory(under.engine)
  const { socket } = ends
  try {
    for (const piece of given) {
      ends.give(piece)
      await settled(1)
    }
    if (sent.clientEnds) ends.end()
    await settled(2)
    assert.equal(socket.wasReset, false, 'reset')
    assert.equal(socket.wasEnded || socket.destroyed, sent.then === 'closed', `closed, after ${ends.read}`)
    check(sent, ends.read, socket.wasEnded)
    if (sent.then === 'waits' || sent.clientEnds) return
    const before = ends.read.length
    ends.give(PROBE)
    await settled(2)
    const more = ends.read.slice(before)
    if (sent.then === 'closed') assert.equal(more, '', 'something was answered behind the end')
    else assert.ok(more.endsWith('GET /probe host=probe'), `the connection is out of step: ${JSON.stringify(more)}`)
  } finally {
    socket.destroy()
  }
}

async function replayAll(cut: (sent: CorpusCase) => Iterable<readonly string[]>): Promise<void> {
  const wrong: string[] = []
  for (const sent of CASES) {
    for (const given of cut(sent)) {
      const how = given.length === 1 ? 'whole' : given.length === 2 ? `cut at ${given[0]?.length}` : 'byte by byte'
      const failure = await replay(sent, given).catch((error: Error) => `${sent.name}, ${how}: ${error.message}`)
      if (failure !== undefined && wrong.push(failure) > 20) break
    }
  }
  assert.deepEqual(wrong, [])
}

function* cutsInTwo({ bytes }: CorpusCase): Generator<readonly string[]> {
  for (let at = 1; at < bytes.length; at++) {
    const near = at < 100 || at > bytes.length - 100
    if (bytes.length <= CUT_EVERYWHERE || near || at % 997 === 0) yield [bytes.slice(0, at), bytes.slice(at)]
  }
}

test('the corpus is there', () => {
  assert.ok(CASES.length > 100)
  for (const { name, why, bytes } of CASES) {
    assert.ok(bytes.length > 0, name)
    assert.match(why, /^(?:RFC \d+ §|Of |A |The )/, name)
  }
})

test('every message of the corpus is answered as it says, whole', SOON, () => replayAll(({ bytes }) => [[bytes]]))

test('every message of the corpus is answered alike wherever it is cut in two', SOON, () => replayAll(cutsInTwo))

test('every message of the corpus is answered alike byte by byte', SOON, () =>
  replayAll(({ bytes }) => (bytes.length <= CUT_EVERYWHERE ? [[...bytes]] : [])),
)

test('every message of the corpus is answered alike in random pieces', SOON, async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.nat(CASES.length - 1), async (seed, index) => {
      const sent = CASES[index] as CorpusCase
      await replay(sent, pieces(sent.bytes, seeded(seed)))
    }),
    runs(1500),
  )
})

test('every message of the corpus is answered as it says over a real socket', SOON, async (t) => {
  const { engine } = await startEngine(t, { routes: [{ match: '/*', module: ECHO }] })
  const port = Number(new URL(engine.urls[0] ?? '').port)
  for (const sent of CASES) {
    const client = await RawClient.open({ port, host: '127.0.0.1' })
    try {
      client.send(sent.bytes)
      if (sent.clientEnds) client.end()
      else if (sent.then === 'open') client.send(PROBE)
      if (sent.then === 'open') await client.until((text) => text.endsWith('GET /probe host=probe'))
      else if (sent.then === 'closed') assert.equal(await client.closed(), 'end')
      else await client.until((text) => isAll(sent, text))
      const probed = client.text.lastIndexOf('HTTP/1.1 200 OK\r\n')
      check(sent, sent.then === 'open' ? client.text.slice(0, probed) : client.text, sent.then === 'closed')
    } catch (error) {
      throw new Error(`${sent.name}: ${(error as Error).message}`, { cause: error })
    } finally {
      client.destroy()
    }
  }
})
