import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { type Config, serve } from '../src/index.ts'
import { softwareName } from '../src/io/software.ts'
import { RawClient } from './support/raw-client.ts'

const OURS = softwareName()

async function served(t: TestContext, config: Partial<Config>): Promise<string> {
  const server = await serve({ port: 0, routes: [], ...config })
  t.after(() => server.close())
  return server.url
}

test('each answer says of the server what it is: of resources, of errors, to what is no request', async (t) => {
  assert.match(OURS, /^oriel\/\d+\.\d+\.\d+/)
  const url = await served(t, { routes: [{ match: '/', respond: 'Hello' }] })
  for (const path of ['/', '/absent']) assert.equal((await fetch(`${url}${path}`)).headers.get('server'), OURS)
  const client = await RawClient.open({ host: '127.0.0.1', port: Number(new URL(url).port) })
  t.after(() => client.socket.destroy())
  client.send('NONSENSE\r\n\r\n')
  client.end()
  await client.answer()
  assert.match(client.text, /^HTTP\/1\.1 400 /)
  assert.equal(client.text.split('\r\n').filter((line) => line === `Server: ${OURS}`).length, 1)
})

test('who answers may say it itself', async (t) => {
  const url = await served(t, { routes: [{ match: '/', respond: { headers: { Server: 'Mine/2' } } }] })
  assert.equal((await fetch(url)).headers.get('server'), 'Mine/2')
})

test('the config says another text, or nothing', async (t) => {
  const routes = [{ match: '/', respond: 'Hello' }]
  for (const [server, told] of [
    ['Example/1.0 (of us)', 'Example/1.0 (of us)'],
    [false, null],
  ] as const) {
    assert.equal((await fetch(await served(t, { routes, server }))).headers.get('server'), told)
  }
})

test('the answer of an HTTP server behind this one says that it came through here, and keeps its Server', async (t) => {
  const upstream = createServer((request, response) => {
    if (request.url === '/named') response.setHeader('Server', 'Behind/1')
    response.setHeader('Via', '1.0 other')
    response.end('Hello')
  })
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  t.after(() => upstream.close())
  const { port } = upstream.address() as { port: number }
  const routes = [{ match: '/*', proxy: `http://127.0.0.1:${port}` }]
  const of = async (url: string) => {
    const { headers } = await fetch(url)
    return [headers.get('server'), headers.get('via')]
  }
  const url = await served(t, { routes })
  assert.deepEqual(await of(`${url}/named`), ['Behind/1', '1.0 other, 1.1 oriel'])
  assert.deepEqual(await of(url), [OURS, '1.0 other, 1.1 oriel'])
  assert.deepEqual(await of(await served(t, { routes, server: false })), [null, '1.0 other'])
})
