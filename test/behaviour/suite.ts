import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, type TestContext, test } from 'node:test'
import type { Site } from '../../src/site/site.ts'
import { multipartRanges } from '../support/multipart-ranges.ts'
import type { Seen, Talk, Transport } from '../support/transports.ts'
import { CASES, type Expected } from './cases.ts'
import { behaviourFolder, behaviourSite } from './site.ts'

const SOON = { timeout: 60_000 }

/** What serves the site, and how it is reached. */
export interface Door {
  readonly transport: Transport
  close(): Promise<void>
}

/** Opens a door. @param root For a site in another process. Undefined where its peer is absent, which it has told. */
export type Opening = (site: Site, root: string) => Promise<Door | undefined>

/** What a door cannot do by its nature: the names of cases, and why. */
export type Cannot = Readonly<Record<string, string>>

/** The cases that are more than a question and an answer. */
const STEPS: Readonly<Record<string, (transport: Transport) => Promise<void>>> = {
  'several ranges': severalRanges,
  'two users at once': twoUsers,
  'streams both ways at once': bothWays,
  'a client that goes before its answer': (transport) => leaves(transport, 'waits', 'waiting'),
  'a client that goes within its request': (transport) => leaves(transport, 'reads', 'reading'),
  'a client that goes within its answer': (transport) => leaves(transport, 'endless', 'answered'),
}

/** All names, for lists of what a door cannot do. */
export const NAMES: readonly string[] = [...Object.keys(CASES), ...Object.keys(STEPS)]

/**
 * Runs all that a site promises through one front door, a test for each case.
 * @param name Of the door.
 * @param absent Why it is not there; undefined where it is.
 */
export function behaviour(name: string, open: Opening, cannot: Cannot = {}, absent?: string): void {
  let opened: Promise<Door | undefined> | undefined
  const unknown = Object.keys(cannot).filter((what) => !NAMES.includes(what))
  assert.deepEqual(unknown, [], `${name} cannot do what is no case`)
  const root = behaviourFolder()
  after(async () => {
    const door = await opened?.catch(() => undefined)
    await door?.transport.close()
    await door?.close()
  }, SOON)
  const run = (what: string, steps: (transport: Transport) => Promise<void>): void => {
    const skip = absent ?? cannot[what] ?? false
    test(`${name}: ${what}`, { ...SOON, skip }, async (t: TestContext) => {
      opened ??= open(behaviourSite(root), root)
      const door = await opened
      if (door === undefined) return t.skip('its peer is absent')
      await steps(door.transport)
    })
  }
  for (const [what, [question, expected]] of Object.entries(CASES)) {
    run(what, async (transport) => check(await transport.ask(question), expected, question.method))
  }
  for (const [what, steps] of Object.entries(STEPS)) run(what, steps)
}

function check(seen: Seen, expected: Expected, method: string | undefined): void {
  const { headers = {}, body, trailers, lines, informed, broken = false } = expected
  // Broken before anybody saw a head: so servers do that keep it for the first piece.
  if (broken && seen.status === 0) return
  assert.equal(seen.status, expected.status ?? 200, seen.body.subarray(0, 300).toString())
  for (const [field, value] of Object.entries(headers)) assert.equal(seen.headers[field], value, field)
  if (body instanceof RegExp) assert.match(seen.body.toString(), body)
  else if (body !== undefined) assert.ok(seen.body.equals(Buffer.from(body)), seen.body.subarray(0, 300).toString())
  if (trailers !== undefined) assert.deepEqual(seen.trailers, trailers)
  if (lines !== undefined) assert.deepEqual(linesLike(seen, lines), lines)
  if (informed !== undefined) assert.deepEqual(seen.informed, informed)
  assert.equal(seen.broken ?? false, broken, broken ? 'it looks whole' : 'it broke off')
  if (!broken && seen.headers['content-length'] !== undefined && method !== 'HEAD') {
    assert.equal(Number(seen.headers['content-length']), seen.body.byteLength)
  }
}

/** The lines with these names. A name that is expected in lower case may come in any. */
function linesLike({ lines = [] }: Seen, wanted: Expected['lines'] = []): (readonly [string, string])[] {
  const names = new Set(wanted.map(([name]) => name))
  return lines
    .map(([name, value]) =>
      names.has(name.toLowerCase()) ? ([name.toLowerCase(), value] as const) : ([name, value] as const),
    )
    .filter(([name]) => names.has(name))
}

async function severalRanges({ ask }: Transport): Promise<void> {
  for (const path of ['/validators', '/files/ten.txt']) {
    const { status, headers, body } = await ask({ path, headers: { range: 'bytes=0-1,-2' } })
    assert.equal(status, 206)
    const parts = multipartRanges(headers['content-type'] ?? '', body)
    assert.deepEqual(
      parts.map((part) => [Buffer.from(part.content).toString(), part.headers['content-range']]),
      [
        ['01', 'bytes 0-1/10'],
        ['89', 'bytes 8-9/10'],
      ],
    )
  }
}

async function twoUsers({ ask }: Transport): Promise<void> {
  const names = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 'ann' : 'bob'))
  const asked = names.map((name) => ask({ path: `/late/${name}`, headers: { 'x-user': name } }))
  const seen = await Promise.all(asked)
  assert.deepEqual(
    seen.map(({ body }) => body.toString()),
    names.map((name) => `${name} ${name}`),
  )
}

function begin({ talk }: Transport, path: string): Talk {
  assert.ok(talk !== undefined, 'a client cannot take its time here')
  return talk({ method: 'POST', path })
}

async function bothWays(transport: Transport): Promise<void> {
  const talk = begin(transport, '/both')
  assert.equal(await talk.status, 200)
  assert.equal(await told(talk, 5), 'ready')
  for (const text of ['one', 'two', 'three']) {
    talk.send(text)
    assert.equal(await told(talk, text.length), text)
  }
  talk.end()
  assert.equal((await talk.pieces.next()).done, true)
}

/** So many bytes of the answer. */
async function told({ pieces }: Talk, size: number): Promise<string> {
  let text = ''
  while (text.length < size) {
    const { done, value } = await pieces.next()
    if (done === true) break
    text += value
  }
  return text
}

async function leaves(transport: Transport, path: string, how: string): Promise<void> {
  const id = randomUUID()
  const talk = begin(transport, `/${path}/${id}`)
  if (path !== 'reads') talk.end()
  else talk.send('something')
  await transport.ask({ path: `/arrived/${id}` })
  if (path === 'endless') await told(talk, 3000)
  talk.leave()
  const { body } = await transport.ask({ path: `/left/${id}` })
  assert.equal(body.toString(), how)
}
