import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { pathToFileURL } from 'node:url'
import { authority, certificate, clientCertificate } from '../support/certificates.ts'
import { ORIEL } from '../support/command.ts'
import { fill } from '../support/folder.ts'
import { needPeer } from '../support/peers.ts'
import { Production } from '../support/production.ts'
import { RawClient } from '../support/raw-client.ts'

const SOON = { timeout: 40_000, skip: process.platform === 'win32' ? 'there are no workers' : false }

for (const workers of [1, 2]) {
  test(
    `certificates of clients count by the authorities of the config, also after a reload, with workers: ${workers}`,
    SOON,
    async (t) => {
      const openssl = needPeer(t, 'openssl')
      const server = certificate(t, 'one.example')
      if (openssl === undefined || server === undefined) return
      const site = new Production(t, '')
      const ours = authority(openssl, site.folder, 'ours')
      const others = authority(openssl, site.folder, 'others')
      const joe = clientCertificate(openssl, site.folder, ours, '/CN=joe')
      const ann = clientCertificate(openssl, site.folder, others, '/CN=ann')
      const authorities = join(site.folder, 'authorities.pem')
      copyFileSync(ours.cert, authorities)
      const library = pathToFileURL(join(ORIEL, '../../access/schemes/certificate.js')).href
      fill(site.folder, {
        'oriel.config.mjs': `import { certificateScheme } from ${JSON.stringify(library)}
        import { Response } from 'oriel'
        const resource = (_, { user }) => new Response(user.name)
        const access = { scheme: certificateScheme(true) }
        const tls = [${JSON.stringify(server)}]
        export default {
          workers: ${workers},
          listen: [{ port: 0, tls, clients: { authorities: './authorities.pem' } }],
          routes: [{ match: '/*', access, resource }]
        }`,
      })
      const oriel = site.serve()
      const port = Number(new URL(await oriel.url()).port)
      const ask = async ({ cert, key }: { cert: string; key: string }): Promise<string> => {
        const own = { cert: readFileSync(cert), key: readFileSync(key) }
        const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...own })
        await once(socket, 'secureConnect')
        const client = new RawClient(socket)
        client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
        const { status, body } = await client.answer()
        client.destroy()
        return status === 200 ? body : String(status)
      }
      for (let i = 0; i < 4; i++) assert.deepEqual([await ask(joe), await ask(ann)], ['joe', '403'])
      copyFileSync(others.cert, authorities)
      assert.equal((await site.run('reload')).code, 0)
      for (let i = 0; i < 4; i++) assert.deepEqual([await ask(joe), await ask(ann)], ['403', 'ann'])
      // What cannot be read leaves all as it was.
      fill(site.folder, { 'authorities.pem': 'none' })
      const failed = await site.run('reload')
      assert.equal(failed.code, 1)
      assert.match(failed.stderr, /authorities\.pem has no certificate in PEM form/)
      for (let i = 0; i < 4; i++) assert.deepEqual([await ask(joe), await ask(ann)], ['403', 'ann'])
    },
  )
}
