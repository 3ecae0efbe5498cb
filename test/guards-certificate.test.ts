import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { certificateScheme } from '../src/access/schemes/certificate.ts'
import { Engine } from '../src/door/engine.ts'
import type { CertificateFiles, ClientCertificates } from '../src/io/certificate.ts'
import { Response } from '../src/message/response.ts'
import { Site } from '../src/site/site.ts'
import { authority, certificate, clientCertificate } from './support/certificates.ts'
import { makeFolder } from './support/folder.ts'
import { needPeer } from './support/peers.ts'
import { RawClient } from './support/raw-client.ts'

const SOON = { timeout: 30_000 }
const GET = 'GET /private HTTP/1.1\r\nHost: a\r\n\r\n'

interface Made {
  readonly ours: CertificateFiles
  readonly others: CertificateFiles
  readonly joe: CertificateFiles
  readonly ann: CertificateFiles
  readonly stranger: CertificateFiles
  readonly server: CertificateFiles
}

let made: Made | undefined

/** Two authorities and those whom they know, made once; undefined where there is no openssl. */
function people(t: TestContext): Made | undefined {
  const openssl = needPeer(t, 'openssl')
  const server = certificate(t, 'one.example')
  if (openssl === undefined || server === undefined || made !== undefined) return made
  const folder = makeFolder()
  const ours = authority(openssl, folder, 'ours')
  const others = authority(openssl, folder, 'others')
  made = {
    ours,
    others,
    joe: clientCertificate(openssl, folder, ours, '/CN=joe/OU=staff'),
    ann: clientCertificate(openssl, folder, ours, '/CN=ann'),
    // It has the name of somebody whom ours knows.
    stranger: clientCertificate(openssl, folder, others, '/CN=joe'),
    server,
  }
  return made
}

/** An engine whose one route is for those with a certificate, and says who came in. */
async function start(t: TestContext, tls: CertificateFiles, ...clients: ClientCertificates[]): Promise<Engine> {
  const site = new Site({
    routes: [
      { match: '/open', respond: 'open' },
      {
        match: '/*',
        access: { scheme: certificateScheme({ groups: 'OU' }) },
        resource: (_: unknown, { user }: { user: { name: string; groups: readonly string[] } }) =>
          new Response(`${user.name} ${user.groups}`),
      },
    ],
  })
  const engine = new Engine(site)
  t.after(() => engine.close())
  const ticketKeys = Buffer.alloc(48, 7)
  for (const one of clients) await engine.listen({ port: 0, tls: [tls], clients: one }, { ticketKeys })
  return engine
}

function portOf(engine: Engine, i: number = 0): number {
  return Number(new URL(engine.urls[i] ?? '').port)
}

function pem(files: CertificateFiles | undefined): ConnectionOptions {
  return files === undefined ? {} : { cert: readFileSync(files.cert), key: readFileSync(files.key) }
}

async function secured(t: TestContext, port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, servername: 'one.example', ...options })
  t.after(() => socket.destroy())
  await once(socket, 'secureConnect')
  return socket
}

/** What somebody with such a certificate is answered. */
async function asked(t: TestContext, port: number, options: ConnectionOptions): Promise<string> {
  const client = new RawClient(await secured(t, port, options))
  client.send(GET)
  const { status, body } = await client.answer()
  return status === 200 ? body : String(status)
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  const only = { minVersion: version, maxVersion: version }

  test(
    `${version}: who has a certificate of a listed authority comes in, by its name, and nobody else`,
    SOON,
    async (t) => {
      const all = people(t)
      if (all === undefined) return
      const port = portOf(await start(t, all.server, { authorities: all.ours.cert }))
      for (const [who, answer] of [
        [all.joe, 'joe staff'],
        [all.ann, 'ann '],
        [all.stranger, '403'],
        // What the authority has signed is not what is public knowledge.
        [all.server, '403'],
        [undefined, '403'],
      ] as const) {
        assert.equal(await asked(t, port, { ...only, ...pem(who) }), answer)
        assert.equal(await asked(t, port, { ...only, ...pem(who), servername: 'another.example' }), answer)
      }
    },
  )

  test(`${version}: a session that is taken up again has the certificate that it began with`, SOON, async (t) => {
    const all = people(t)
    if (all === undefined) return
    const engine = await start(t, all.server, { authorities: all.ours.cert }, { authorities: all.others.cert })
    for (const [who, here, there] of [
      [all.joe, 'joe staff', '403'],
      [all.stranger, '403', 'joe '],
      [undefined, '403', '403'],
    ] as const) {
      const first = await secured(t, portOf(engine), { ...only, ...pem(who) })
      let session = first.getSession()
      first.on('session', (newer) => {
        session = newer
      })
      const client = new RawClient(first)
      client.send(GET)
      const { status, body } = await client.answer()
      assert.equal(status === 200 ? body : String(status), here)
      const again = await secured(t, portOf(engine), { ...only, ...(session !== undefined && { session }) })
      assert.equal(again.isSessionReused(), true)
      const second = new RawClient(again)
      second.send(GET)
      const answer = await second.answer()
      assert.equal(answer.status === 200 ? answer.body : String(answer.status), here)
      // A listener that believes others: the session is none there, and a certificate counts by its own authorities.
      const elsewhere = { ...only, ...pem(who), ...(session !== undefined && { session }) }
      const other = await secured(t, portOf(engine, 1), elsewhere)
      assert.equal(other.isSessionReused(), false)
      const third = new RawClient(other)
      third.send(GET)
      const told = await third.answer()
      assert.equal(told.status === 200 ? told.body : String(told.status), there)
    }
  })

  test(`${version}: where a certificate is demanded nobody else is spoken to`, SOON, async (t) => {
    const all = people(t)
    if (all === undefined) return
    const port = portOf(await start(t, all.server, { authorities: all.ours.cert, demanded: true }))
    assert.equal(await asked(t, port, { ...only, ...pem(all.joe) }), 'joe staff')
    for (const who of [all.stranger, undefined]) {
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...only, ...pem(who) })
      t.after(() => socket.destroy())
      let read = ''
      socket.on('data', (data) => {
        read += data
      })
      socket.on('secureConnect', () => socket.write('GET /open HTTP/1.1\r\nHost: a\r\n\r\n'))
      socket.on('error', () => undefined)
      await new Promise((resolve) => socket.on('close', resolve))
      assert.equal(read, '')
    }
  })
}

test('over HTTP/2 all streams of a connection have its certificate', SOON, async (t) => {
  const all = people(t)
  if (all === undefined) return
  const port = portOf(await start(t, all.server, { authorities: all.ours.cert }))
  const get = async (who: CertificateFiles | undefined): Promise<string[]> => {
    const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, ...pem(who) })
    t.after(() => session.destroy())
    return Promise.all(
      [1, 2, 3].map(async () => {
        const stream = session.request({ ':path': '/private' })
        let body = ''
        stream.on('data', (piece) => {
          body += piece
        })
        const [[headers]] = (await Promise.all([once(stream, 'response'), once(stream, 'close')])) as [
          [Record<string, unknown>],
          unknown,
        ]
        return headers[':status'] === 200 ? body : String(headers[':status'])
      }),
    )
  }
  assert.deepEqual(await get(all.joe), ['joe staff', 'joe staff', 'joe staff'])
  assert.deepEqual(await get(all.stranger), ['403', '403', '403'])
  assert.deepEqual(await get(undefined), ['403', '403', '403'])
})

test('a file without authorities is refused when it is read', SOON, async (t) => {
  const all = people(t)
  if (all === undefined) return
  for (const authorities of [all.joe.key, join(makeFolder(), 'gone.pem')]) {
    await assert.rejects(start(t, all.server, { authorities }), (error: Error) => error.message.includes(authorities))
  }
})
