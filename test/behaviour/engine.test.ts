import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Engine } from '../../src/door/engine.ts'
import { serveFastCgi } from '../../src/door/fastcgi/server.ts'
import { fastCgiClient, http1Client, http2Client, inProcess, type Transport } from '../support/transports.ts'
import { CGI, HTTP2, IN_PROCESS } from './cannot.ts'
import { CASES } from './cases.ts'
import { behaviourFolder, behaviourSite } from './site.ts'
import { behaviour, type Door, type Opening } from './suite.ts'

const http1: Opening = async (site) => {
  const engine = new Engine(site)
  const { url } = await engine.listen({ port: 0 })
  return { transport: http1Client(url), close: () => engine.close() }
}

const http2: Opening = async (site) => {
  const engine = new Engine(site)
  const { url } = await engine.listen({ port: 0, http2: true })
  return { transport: http2Client(url), close: () => engine.close() }
}

const fastCgi: Opening = async (site) => {
  const application = await serveFastCgi(site, { listen: '127.0.0.1:0' })
  return { transport: await fastCgiClient(application.address), close: () => application.close() }
}

behaviour('HTTP/1.1', http1)
behaviour('HTTP/2', http2, HTTP2)
behaviour('FastCGI', fastCgi, CGI)
behaviour('site.request()', async (site) => ({ transport: inProcess(site), close: async () => {} }), IN_PROCESS)

test('the fields of an answer are the same over HTTP/1.1, HTTP/2 and FastCGI', { timeout: 60_000 }, async (t) => {
  const root = behaviourFolder()
  const site = behaviourSite(root)
  const doors: Door[] = []
  for (const open of [http1, http2, fastCgi]) {
    const door = await open(site, root)
    if (door !== undefined) doors.push(door)
  }
  t.after(async () => {
    for (const { transport } of doors) await transport.close()
    for (const door of doors) await door.close()
  })
  const [one, two, three] = doors.map(({ transport }) => transport)
  for (const [what, [question, { broken }]] of Object.entries(CASES)) {
    if (broken === true) continue
    const fields = async (transport: Transport | undefined): Promise<object> =>
      (await transport?.ask(question))?.headers ?? {}
    if (HTTP2[what] === undefined) assert.deepEqual(await fields(two), await fields(one), what)
    if (CGI[what] === undefined) assert.deepEqual(await fields(three), await fields(one), what)
  }
})
