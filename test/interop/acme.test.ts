import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { AutomaticCertificates } from '../../src/acme/automatic.ts'
import type { ChallengeType } from '../../src/acme/challenges.ts'
import { type Clock, systemClock } from '../../src/acme/clock.ts'
import { Engine } from '../../src/door/engine.ts'
import { Response } from '../../src/message/response.ts'
import { serve } from '../../src/server/serve.ts'
import { Site } from '../../src/site/site.ts'
import { makeFolder } from '../support/folder.ts'
import { type Pebble, startPebble } from '../support/pebble.ts'
import { RawClient } from '../support/raw-client.ts'
import { Reports } from '../support/reports.ts'

const SOON = { timeout: 60_000 }
const GET = 'GET / HTTP/1.1\r\nHost: site.example\r\n\r\n'

/** A handshake with the site, as a client that trusts the authority only. @throws the handshake's error. */
async function secured(t: TestContext, port: number, ca: string, servername: string): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', ca, servername })
  t.after(() => socket.destroy())
  await once(socket, 'secureConnect')
  return socket
}

for (const challenge of ['http-01', 'tls-alpn-01'] as const) {
  test(
    `certificates are had by ${challenge}, one a name, and kept where only the server may read them`,
    SOON,
    async (t) => {
      const pebble = await startPebble(t)
      if (pebble === undefined) return
      const folder = makeFolder()
      const reports = new Reports()
      const names = ['site.example', 'www.site.example']
      const server = await serve({
        base: folder,
        listen: [{ port: pebble.http }, { port: pebble.tls, tls: 'acme' }],
        acme: { names, agree: true, email: 'me@site.example', ...pebbleOf(pebble), challenge },
        routes: [{ match: '/*', files: folder }],
        report: reports.report,
      })
      t.after(() => server.close())
      await reports.told('A certificate was issued.', 2)
      const ca = await pebble.issuer()
      for (const name of names) {
        const socket = await secured(t, pebble.tls, ca, name)
        assert.equal(socket.getPeerCertificate().subjectaltname, `DNS:${name}`)
      }
      const kept = readdirSync(join(folder, 'certificates'), { recursive: true, encoding: 'utf8' }).sort()
      const modes = kept.map((name) => [name, (statSync(join(folder, 'certificates', name)).mode & 0o777).toString(8)])
      const authority = `localhost_${new URL(pebble.directory).port}_dir`
      assert.deepEqual(modes, [
        [authority, '700'],
        [`${authority}/account.key`, '600'],
        [`${authority}/site.example.pem`, '600'],
        [`${authority}/www.site.example.pem`, '600'],
      ])
      for (const name of kept) {
        const { status } = await server.site.request(`http://site.example/certificates/${name}`)
        assert.equal(status, 404, name)
      }
    },
  )
}

function pebbleOf({ directory, root }: Pebble): { readonly directory: string; readonly root: string } {
  return { directory, root }
}

/** The real time, until it is put forward; long waits end then. */
class MovedClock implements Clock {
  #ahead = 0
  #moved = new AbortController()

  now(): number {
    return Date.now() + this.#ahead
  }

  random(): number {
    return 0
  }

  forward(milliseconds: number): void {
    this.#ahead += milliseconds
    this.#moved.abort()
    this.#moved = new AbortController()
  }

  wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    return systemClock.wait(milliseconds, AbortSignal.any([signal, this.#moved.signal]))
  }
}

const YEAR = 365 * 24 * 3_600_000

interface Running {
  readonly clock: MovedClock
  readonly reports: Reports
  readonly acme: AutomaticCertificates
}

/** A site with automatic certificates whose clock can be put forward. */
async function start(t: TestContext, pebble: Pebble, challenge: ChallengeType, http: number): Promise<Running> {
  const clock = new MovedClock()
  const reports = new Reports()
  const options = {
    names: ['site.example'],
    agree: true,
    folder: makeFolder(),
    challenge,
    ...pebbleOf(pebble),
  } as const
  const acme = new AutomaticCertificates(options, reports.report, clock)
  const site = new Site({
    routes: [
      { match: '/stream', resource: () => new Response(ticking(t)) },
      { match: '/*', resource: () => new Response('hello') },
    ],
    middleware: [acme.middleware],
  })
  await acme.open()
  const engine = new Engine(site, { automatic: acme, timeouts: { stop: 0 } })
  await engine.listen({ port: http })
  await engine.listen({ port: pebble.tls, tls: 'acme' })
  acme.start(engine)
  t.after(async () => {
    acme.stop()
    await engine.close()
  })
  return { clock, reports, acme }
}

/** A body that never ends: a piece for each that is asked for. */
async function* ticking(t: TestContext): AsyncGenerator<Uint8Array> {
  let going = true
  t.after(() => {
    going = false
  })
  while (going) {
    yield Buffer.from('tick\n')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Waits until so much more has come on a stream. */
async function more(socket: TLSSocket, bytes: number): Promise<void> {
  for (let got = 0; got < bytes; ) {
    const [piece] = (await once(socket, 'data')) as [Buffer]
    got += piece.length
  }
}

for (const challenge of ['http-01', 'tls-alpn-01'] as const) {
  test(`a renewal by ${challenge} reaches new connections at once and disturbs none that is open`, SOON, async (t) => {
    const pebble = await startPebble(t)
    if (pebble === undefined) return
    const { clock, reports } = await start(t, pebble, challenge, pebble.http)
    const ca = await pebble.issuer()
    await reports.told('A certificate was issued.')
    const kept = await secured(t, pebble.tls, ca, 'site.example')
    const client = new RawClient(kept)
    client.send(GET)
    assert.equal((await client.answer()).status, 200)
    const stream = await secured(t, pebble.tls, ca, 'site.example')
    stream.write('GET /stream HTTP/1.1\r\nHost: site.example\r\n\r\n')
    await more(stream, 200)
    // Pebble's certificates are for five years: with two left it is not time yet, with one it is.
    clock.forward(4 * YEAR)
    await reports.told('A certificate was issued.', 2)
    await more(stream, 500)
    client.send(GET)
    assert.equal((await client.answer()).status, 200)
    const renewed = await secured(t, pebble.tls, ca, 'site.example')
    assert.notEqual(serial(renewed), serial(kept))
    assert.equal(serial(stream), serial(kept))
    assert.deepEqual(
      reports.all.filter(({ event }) => event.includes('could')),
      [],
    )
  })
}

function serial(socket: TLSSocket): string {
  return socket.getPeerCertificate().serialNumber
}

test('where the authority sees no proof it is told why, and nobody gets a certificate', SOON, async (t) => {
  const pebble = await startPebble(t)
  if (pebble === undefined) return
  // The authority looks at another port, where nobody listens.
  const { reports, acme } = await start(t, pebble, 'http-01', 0)
  const [told] = await reports.told('No certificate could be had')
  assert.equal(told?.level, 'error')
  assert.match(
    String(told?.fields['reason']),
    /could not see that the name is ours by http-01: .*refused.*: urn:ietf:params:acme:error:connection/,
  )
  assert.equal(told?.fields['failures'], 1)
  assert.equal(acme.challenges.httpPending, false)
  await assert.rejects(secured(t, pebble.tls, '', 'site.example'), /alert handshake failure|ECONNRESET/)
})

test('where the authority is away the certificate that is there is served on, and asked for again', SOON, async (t) => {
  const pebble = await startPebble(t)
  if (pebble === undefined) return
  const { clock, reports } = await start(t, pebble, 'tls-alpn-01', 0)
  const ca = await pebble.issuer()
  await reports.told('A certificate was issued.')
  const before = serial(await secured(t, pebble.tls, ca, 'site.example'))
  await pebble.stop()
  clock.forward(4 * YEAR)
  const [told] = await reports.told('could not be renewed')
  assert.equal(told?.level, 'warn')
  assert.match(String(told?.fields['reason']), /^the authority cannot be reached: connect ECONNREFUSED/)
  assert.equal(serial(await secured(t, pebble.tls, ca, 'site.example')), before)
  clock.forward(75_000)
  assert.equal((await reports.told('could not be renewed', 2))[1]?.fields['failures'], 2)
})
