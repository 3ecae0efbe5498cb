import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildConfig } from '../src/config/build.ts'
import { checkConfig } from '../src/config/check.ts'
import { makeFolder } from './support/folder.ts'
import { isWhole, ScgiProgram } from './support/scgi-program.ts'

const LIMIT = { timeout: 20_000 }
const SOURCE = { name: 'oriel.config.json', text: '' }

/** The site of a config with one route in a folder. */
async function built(base: string, route: object, explaining: boolean = false) {
  const config = checkConfig({ routes: [{ match: '/app/*', ...route }] }, SOURCE)
  return (await buildConfig(config, { base, source: SOURCE, explaining })).site
}

const PLAIN = { address: 'unix:x.sock' }
const WRONG: readonly (readonly [route: object, message: RegExp])[] = [
  [{ scgi: 'nowhere' }, /no address/],
  [{ scgi: [] }, /./],
  [{ scgi: {} }, /address/],
  [{ scgi: { ...PLAIN, sendfile: ['none'] } }, /there is no folder .*none/],
  [{ scgi: { ...PLAIN, conections: 1 } }, /connections/],
  [{ scgi: { ...PLAIN, connections: 0 } }, /connections/],
  [{ scgi: { ...PLAIN, keepAlive: true } }, /keepAlive/],
  [{ scgi: { ...PLAIN, env: { 'A=': 'b' } } }, /no name of a variable/],
]

for (const [route, message] of WRONG) {
  test(`${JSON.stringify(route)} is refused with its key`, async () => {
    await assert.rejects(built(makeFolder(), route), (error: Error) => {
      assert.match(error.message, message)
      assert.match(error.message, /routes\[0\]/)
      return true
    })
  })
}

test('every form of an address and of options is taken', async () => {
  const base = makeFolder({ 'docs/': '' })
  const more = { env: { A: 'b' }, authorization: false, timeouts: { firstByte: 0 }, spool: false }
  for (const scgi of [
    'unix:run/x.sock',
    '127.0.0.1:4000',
    ['[::1]:4000', 'app:4000'],
    { ...PLAIN, ...more, connections: 4, queue: 0, connectTimeout: 10, sendfile: ['docs'], accel: true },
  ]) {
    await built(base, { scgi })
  }
})

test('oriel explain makes no connection, and tells the variables as they are sent', LIMIT, async (t) => {
  const base = makeFolder()
  const path = join(base, 'a.sock')
  const script = (got: { readonly variables: readonly string[] } & Parameters<typeof isWhole>[0]): void => {
    if (isWhole(got)) got.socket.end(`Content-Type: text/plain\n\n${got.variables.join('\n')}`)
  }
  const program = await ScgiProgram.start(t, script, path)
  const route = { scgi: { address: 'unix:a.sock', env: { MODE: 'live' } } }
  const { lines } = await (await built(base, route, true)).explain('GET', '/app/x%20y?q')
  assert.equal(program.connections, 0)
  assert.deepEqual(Object.fromEntries(lines)['address'], `unix:${path}`)
  const told = lines.filter(([word]) => word === 'env').map(([, text]) => text)
  const sent = (await (await (await built(base, route)).request('/app/x%20y?q')).text()).split('\n')
  const pairs = sent.flatMap((name, i) => (i % 2 === 0 ? [`${name}=${sent[i + 1]}`] : []))
  const plain = (list: readonly string[]): string[] => list.filter((pair) => !/^(?:SERVER_|REMOTE_|HTTP_)/.test(pair))
  assert.deepEqual(plain(told), plain(pairs))
  assert.deepEqual(told.slice(0, 2), ['CONTENT_LENGTH=0', 'SCGI=1'])
  assert.ok(told.includes('PATH_INFO=/x y') && told.includes('MODE=live'))
})

test('an application hands a file over, and another route, where that is allowed', LIMIT, async (t) => {
  const base = makeFolder({ 'docs/a.txt': 'a file' })
  const program = await ScgiProgram.start(t, (got) => {
    const to = got.variables.includes('/app/file') ? `X-Sendfile: ${join(base, 'docs/a.txt')}` : 'X-Accel-Redirect: /in'
    if (isWhole(got)) got.socket.end(`${to}\nContent-Type: text/plain\n\n`)
  })
  const config = {
    routes: [
      { match: '/app/*', scgi: { address: program.address, sendfile: ['docs'], accel: true } },
      { match: '/off/*', scgi: program.address },
      { match: '/in', respond: 'inside', internal: true },
    ],
  }
  const { site } = await buildConfig(checkConfig(config, SOURCE), { base, source: SOURCE })
  assert.equal(await (await site.request('/app/file')).text(), 'a file')
  assert.equal(await (await site.request('/app/other')).text(), 'inside')
  const off = await site.request('/off/other')
  assert.deepEqual([await off.text(), off.headers.get('x-accel-redirect')], ['', null])
})
