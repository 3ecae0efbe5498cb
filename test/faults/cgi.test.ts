import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type CgiSite, cgiSite, LINUX, open, plain, processesWith, zombies } from '../support/cgi-site.ts'
import { ask, type Got } from '../support/client.ts'
import { fill } from '../support/folder.ts'
import { until } from '../support/production.ts'
import { RawClient } from '../support/raw-client.ts'

const MIB = 1024 ** 2
const HEAD = "printf 'Content-Type: text/plain\\n\\n'"

/** Answers with its process, then waits for ever. */
const WAITS = "printf 'Content-Type: text/plain\\n\\n%s' $$; sleep 1000"

/** What was open before a test. The first start of all opens what stays open. */
async function counted(site: CgiSite): Promise<() => Promise<void>> {
  await ask(site.url, '/cgi-bin/next.cgi')
  let before = ''
  // Connections of before close a moment later.
  await until(async () => {
    const last = before
    await new Promise((resolve) => setTimeout(resolve, 20))
    before = summary()
    return before === last
  })
  return async () => {
    const next = await ask(site.url, '/cgi-bin/next.cgi')
    assert.equal(`${next.status} ${next.body}`, '200 next', 'the next request is served')
    await until(() => summary() === before && zombies().length === 0 && processesWith(site.folder).length === 0)
  }
}

/** Pipes, sockets and nameless files that are open, by number. */
function summary(): string {
  const counts = new Map<string, number>()
  for (const name of open()) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts]
    .map(([name, count]) => `${name} ${count}`)
    .toSorted()
    .join(', ')
}

function told({ status, body, complete }: Got): string {
  return `${status} ${status < 400 ? body : ''}${complete ? '' : '…'}`
}

/** What the log says of a failed request. */
async function logged(site: CgiSite): Promise<string> {
  const [line] = await site.reports.told('failed')
  return String((line?.fields['error'] as Error | undefined)?.message).replace(`${site.folder}/cgi-bin/`, '')
}

interface Fault {
  readonly script: string
  readonly answer: string
  /** What the error log has of it. */
  readonly log?: RegExp
  readonly content?: string
}

const FAULTS: Readonly<Record<string, Fault>> = {
  'says nothing': { script: 'exit 0', answer: '502 ', log: /^a\.cgi: it ended without a word \(exitCode 0\)$/ },
  'fails without a word': { script: 'exit 3', answer: '502 ', log: /without a word \(exitCode 3\)$/ },
  'has no head': { script: 'echo a text', answer: '502 ', log: /ended within its head, which begins "a text"/ },
  'has half a head': { script: "printf 'Content-Type: a/b\\nX-'", answer: '502 ', log: /within its head/ },
  'has a head that is none': {
    script: "printf 'no field\\n\\nx'",
    answer: '502 ',
    log: /a line of its head has no colon/,
  },
  'has a head without end': { script: 'yes x: y', answer: '502 ', log: /its head has more than 65536 bytes/ },
  'has a status that is none': { script: "printf 'Status: 99\\n\\nx'", answer: '502 ', log: /its status is none/ },
  'would switch protocols': { script: "printf 'Status: 101\\n\\nx'", answer: '502 ', log: /its status is none/ },
  'is killed before its head': { script: 'kill -9 $$', answer: '502 ', log: /a\.cgi: it was ended by SIGKILL$/ },
  'is killed within its content': {
    script: `${HEAD}; printf half; kill -9 $$`,
    answer: '502 ',
    log: /ended by SIGKILL/,
  },
  'is killed late within its content': { script: `${HEAD}; printf half; sleep 0.1; kill -9 $$`, answer: '200 half…' },
  'is killed when its content is complete': {
    script: "printf 'Content-Type: a/b\\nContent-Length: 4\\n\\nbody'; kill -9 $$",
    answer: '200 body',
  },
  'is shorter than it says': {
    script: "printf 'Content-Type: a/b\\nContent-Length: 9\\n\\nbody'",
    answer: '502 ',
    log: /4 of the 9 bytes/,
  },
  'is shorter than it says, late': {
    script: "printf 'Content-Type: a/b\\nContent-Length: 9\\n\\nbody'; sleep 0.1",
    answer: '200 body…',
  },
  'is longer than it says': { script: "printf 'Content-Type: a/b\\nContent-Length: 2\\n\\nbody'", answer: '200 bo' },
  'has chunks of its own': {
    script: "printf 'Content-Type: a/b\\nTransfer-Encoding: chunked\\n\\n4\\r\\nbody\\r\\n0\\r\\n\\r\\n'",
    answer: '200 body',
  },
  'has chunks that are none': {
    script: "printf 'Content-Type: a/b\\nTransfer-Encoding: chunked\\n\\nbody'",
    answer: '502 ',
    log: /chunk/,
  },
  'has a coding of its own': {
    script: "printf 'Content-Type: a/b\\nTransfer-Encoding: gzip\\n\\nbody'",
    answer: '502 ',
    log: /Transfer-Encoding is not chunked/,
  },
  'reads nothing of a content': { script: plain('body'), answer: '200 body', content: 'x'.repeat(10 * MIB) },
  'closes its input': { script: `exec <&-; ${plain('body')}`, answer: '200 body', content: 'x'.repeat(10 * MIB) },
  'reads nothing of a small content': { script: plain('body'), answer: '200 body', content: 'x'.repeat(60000) },
  'has no interpreter': { script: '#!/no/such\n', answer: '500 ', log: /the interpreter in its first line/ },
  'is none': { script: '#! \0\x01', answer: '500 ', log: /cannot start/ },
}

for (const [what, { script, answer, log, content }] of Object.entries(FAULTS)) {
  for (const spool of content === undefined ? [true] : [true, false]) {
    test(`a program that ${what}${spool ? '' : ', not spooled'}: ${answer}`, LINUX, async (t) => {
      const site = await cgiSite(t, { 'a.cgi': script, 'next.cgi': plain('next') }, { spool })
      const clean = await counted(site)
      const got = await ask(site.url, '/cgi-bin/a.cgi', content === undefined ? {} : { method: 'POST', body: content })
      assert.equal(told(got), answer)
      if (log !== undefined) assert.match(await logged(site), log)
      await clean()
    })
  }
}

for (const [limit, script, answer] of [
  ['firstByte', 'sleep 1000', '504 '],
  ['firstByte', "printf 'Content-Type: '; sleep 1000", '504 '],
  ['idle', `${HEAD}; printf half; sleep 1000`, '200 half…'],
  ['total', `${HEAD}; while :; do printf .; sleep 0.05; done`, '200 …'],
  ['total', `trap '' TERM; ${HEAD}; (trap '' TERM; sleep 1000) & while :; do printf .; sleep 0.05; done`, '200 …'],
] as const) {
  test(`timeouts.${limit} ends a program and all that it started: ${script}`, LINUX, async (t) => {
    const limits = { firstByte: 0, idle: 0, total: 0, [limit]: 300 }
    const site = await cgiSite(t, { 'a.cgi': script, 'next.cgi': plain('next') }, { timeouts: limits })
    const clean = await counted(site)
    const got = await ask(site.url, '/cgi-bin/a.cgi')
    assert.equal(told(got).replace(/\.+/, ''), answer)
    if (got.status === 504)
      assert.match(await logged(site), new RegExp(`no answer within 300 ms \\(timeouts\\.${limit}\\)`))
    await clean()
  })
}

for (const [what, script] of [
  ['waits', WAITS],
  ['is silent', 'echo $$ > started; sleep 1000'],
  ['ignores TERM', `trap '' TERM; ${WAITS}`],
  ['has children', `(exec >/dev/null 2>&1; trap '' TERM; sleep 1001) & ${WAITS}`],
  ['has ended, but not its children', `${plain('x')}; (trap '' TERM; while :; do echo; sleep 0.01; done) &`],
  ['floods', `${HEAD}; exec cat /dev/zero`],
] as const) {
  test(`a client that goes takes with it a program that ${what}`, LINUX, async (t) => {
    const site = await cgiSite(t, { 'a.cgi': script, 'next.cgi': plain('next') })
    const clean = await counted(site)
    const client = await RawClient.open({ port: Number(new URL(site.url).port), host: '127.0.0.1' })
    client.send('GET /cgi-bin/a.cgi HTTP/1.1\r\nHost: a\r\n\r\n')
    if (what === 'is silent') await until(() => processesWith(site.folder).length > 0)
    else await client.until((text) => text.includes('\r\n\r\n'))
    client.socket.resetAndDestroy()
    await until(() => processesWith('sleep\x001001').length === 0 && processesWith(site.folder).length === 0)
    await clean()
  })
}

test('a client that goes while its content is read, or in the queue, starts nothing', LINUX, async (t) => {
  const site = await cgiSite(t, { 'a.cgi': `echo x >> ran; ${WAITS}`, 'next.cgi': plain('next') }, { processes: 1 })
  const clean = await counted(site)
  const to = { port: Number(new URL(site.url).port), host: '127.0.0.1' }
  const [first, second, third] = [await RawClient.open(to), await RawClient.open(to), await RawClient.open(to)]
  first.send('GET /cgi-bin/a.cgi HTTP/1.1\r\nHost: a\r\n\r\n')
  await first.until((text) => text.includes('\r\n\r\n'))
  second.send('GET /cgi-bin/a.cgi HTTP/1.1\r\nHost: a\r\n\r\n')
  third.send(`POST /cgi-bin/a.cgi HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(500_000)}`)
  await until(() => open().some((name) => name.includes('oriel-')))
  second.socket.resetAndDestroy()
  third.socket.resetAndDestroy()
  await until(() => site.backends.length >= 3)
  first.socket.resetAndDestroy()
  await clean()
  assert.equal(readFileSync(join(site.folder, 'cgi-bin/ran'), 'utf8'), 'x\n')
})

test('100 MiB on the standard error cost neither memory nor the answer', LINUX, async (t) => {
  const flood = `head -c ${100 * MIB} /dev/zero | tr '\\000' e >&2; ${plain('body')}`
  const site = await cgiSite(t, { 'a.cgi': flood, 'next.cgi': plain('next') })
  const clean = await counted(site)
  const before = process.memoryUsage.rss()
  assert.equal(told(await ask(site.url, '/cgi-bin/a.cgi')), '200 body')
  assert.ok(process.memoryUsage.rss() - before < 40 * MIB)
  const [line] = await site.reports.told('more errors than are shown')
  assert.equal(line?.fields['bytes'], 100 * MIB - 65536)
  await clean()
})

test('a flood to a slow client stands still in the program, and comes whole', LINUX, async (t) => {
  const size = 20 * MIB
  const site = await cgiSite(t, { 'a.cgi': `${HEAD}; head -c ${size} /dev/zero`, 'next.cgi': plain('next') })
  const clean = await counted(site)
  const before = process.memoryUsage.rss()
  const client = await RawClient.open({ port: Number(new URL(site.url).port), host: '127.0.0.1' })
  let came = 0
  client.socket.removeAllListeners('data').pause()
  client.send('GET /cgi-bin/a.cgi HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await until(() => processesWith(site.folder).length > 0)
  await new Promise((resolve) => setTimeout(resolve, 300))
  assert.ok(process.memoryUsage.rss() - before < 30 * MIB, 'it is not taken into memory')
  assert.equal(processesWith(site.folder).length, 1)
  client.socket.on('data', (bytes: Buffer) => {
    came += bytes.byteLength
  })
  client.socket.resume()
  assert.equal(await client.closed(), 'end')
  assert.ok(came > size)
  client.destroy()
  await clean()
})

test('more processes than there may be wait, more than may wait are 503', LINUX, async (t) => {
  const waits = `${plain('ran')}; echo x >> started; while [ ! -e go ]; do sleep 0.02; done`
  const site = await cgiSite(t, { 'a.cgi': waits, 'next.cgi': plain('next') }, { processes: 2, queue: 1 })
  const clean = await counted(site)
  const running = [1, 2, 3].map(() => ask(site.url, '/cgi-bin/a.cgi'))
  await until(() => processesWith(site.folder).length === 2)
  const refused = await ask(site.url, '/cgi-bin/a.cgi')
  assert.deepEqual([refused.status, refused.headers['retry-after']], [503, '1'])
  assert.match(await logged(site), /too many processes, and too many requests that wait/)
  fill(site.folder, { 'cgi-bin/go': '' })
  assert.deepEqual((await Promise.all(running)).map(told), ['200 ran', '200 ran', '200 ran'])
  await clean()
})

test('an environment that the system does not take is told', LINUX, async (t) => {
  const huge = 'x'.repeat(200_000)
  const site = await cgiSite(t, { 'a.cgi': plain('ran'), 'next.cgi': plain('next') }, {}, [], { head: 400_000 })
  const clean = await counted(site)
  assert.equal((await ask(site.url, '/cgi-bin/a.cgi', { headers: { 'X-Huge': huge } })).status, 431)
  await clean()
  const own = await cgiSite(t, { 'a.cgi': plain('ran') }, { env: { HUGE: huge } })
  assert.equal((await ask(own.url, '/cgi-bin/a.cgi')).status, 500)
  assert.match(await logged(own), /longer than the system takes \(E2BIG\)/)
})

test('without descriptors for a process the answer is 503, and with them it goes on', LINUX, async (t) => {
  const site = await cgiSite(t, { 'a.cgi': plain('ran'), 'next.cgi': plain('next') })
  const clean = await counted(site)
  const client = await RawClient.open({ port: Number(new URL(site.url).port), host: '127.0.0.1' })
  t.after(() => client.destroy())
  client.send('GET /cgi-bin/a.cgi HTTP/1.1\r\nHost: a\r\n\r\n')
  assert.equal((await client.answer()).status, 200)
  const taken: number[] = []
  const giveBack = (): void => {
    for (const fd of taken.splice(0)) closeSync(fd)
  }
  t.after(giveBack)
  const limit = Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1])
  if (limit > 100_000) return t.skip('the limit of descriptors is too high here to reach it')
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'))
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EMFILE')
  }
  client.send('GET /cgi-bin/a.cgi HTTP/1.1\r\nHost: a\r\n\r\n')
  const answer = await client.answer()
  giveBack()
  assert.equal(answer.status, 503)
  client.send('GET /cgi-bin/a.cgi HTTP/1.1\r\nHost: a\r\n\r\n')
  assert.equal((await client.answer()).body, 'ran')
  client.destroy()
  await clean()
})
