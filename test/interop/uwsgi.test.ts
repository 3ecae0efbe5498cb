import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { ask } from '../support/client.ts'
import { startOriel } from '../support/command.ts'
import { patterned } from '../support/folder.ts'
import { openFolder, startPeer } from '../support/peer-process.ts'
import { needPeer } from '../support/peers.ts'

const APP = `
import hashlib, json
from wsgiref.validate import validator

@validator
def application(environ, start_response):
  name = environ['PATH_INFO']
  if name == '/large':
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'x' * 65536 for _ in range(200)]
  if name == '/digest':
    body = environ['wsgi.input'].read(int(environ['CONTENT_LENGTH'] or 0))
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '64')])
    return [hashlib.sha256(body).hexdigest().encode()]
  if name == '/broken':
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '1000000')])
    return [b'x' * 1000]
  start_response('418 Teapot', [('Content-Type', 'application/json'), ('Set-Cookie', 'a=1'), ('Set-Cookie', 'b=2')])
  names = ['REQUEST_METHOD', 'SCRIPT_NAME', 'PATH_INFO', 'QUERY_STRING', 'HTTP_COOKIE', 'MODE']
  return [json.dumps({name: environ.get(name) for name in names}).encode()]
`

test('uWSGI answers over its SCGI socket', { timeout: 60_000 }, async (t) => {
  const uwsgi = needPeer(t, 'uwsgi')
  if (uwsgi === undefined) return
  const folder = openFolder({ 'app.py': APP, 'kept/': '' })
  const socket = join(folder, 'app.sock')
  const words = ['--plugin', 'python3', '--scgi-socket', socket, '--chmod-socket=666', '--chdir', folder]
  const more = [
    '--master',
    '--die-on-term',
    '--threads',
    '4',
    '--buffer-size',
    '65535',
    '--need-app',
    '--module',
    'app',
  ]
  const peer = await startPeer(t, uwsgi, [...words, ...more], { path: socket }, { folder })
  const config = `export default {
    listen: [{ port: 0, host: '127.0.0.1' }],
    routes: [{ match: '/app/*', scgi: { address: 'unix:app.sock', env: { MODE: 'live' } } }],
  }\n`
  const url = await startOriel(
    t,
    ['serve'],
    openFolder({ 'oriel.config.ts': config.replace('app.sock', socket) }),
  ).url()
  await t.test('variables, cookies, a status with its reason', async () => {
    const got = await ask(url, '/app/a%20b/c?x=1&y=%26', { headers: { cookie: 'a=1; b=2' } })
    assert.deepEqual([got.status, got.headers['set-cookie']], [418, ['a=1', 'b=2']])
    assert.deepEqual(JSON.parse(String(got.body)), {
      REQUEST_METHOD: 'GET',
      SCRIPT_NAME: '/app',
      PATH_INFO: '/a b/c',
      QUERY_STRING: 'x=1&y=%26',
      HTTP_COOKIE: 'a=1; b=2',
      MODE: 'live',
    })
  })
  await t.test('a content of 1 MB, in chunks too', async () => {
    const body = patterned(1_000_000)
    for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
      const got = await ask(url, '/app/digest', { method: 'POST', body, headers })
      assert.equal(String(got.body), createHash('sha256').update(body).digest('hex'))
    }
  })
  await t.test('a large answer, and one that is shorter than its length', async () => {
    const large = await ask(url, '/app/large')
    assert.deepEqual([large.complete, large.body.length], [true, 200 * 65536])
    const broken = await ask(url, '/app/broken')
    assert.notDeepEqual([broken.status, broken.complete], [200, true])
  })
  await t.test('many at once', async () => {
    const all = await Promise.all(Array.from({ length: 64 }, (_, i) => ask(url, `/app/${i}`)))
    assert.deepEqual([...new Set(all.map(({ status }) => status))], [418])
  })
  await t.test('once it has gone, 503', async () => {
    await peer.stop()
    assert.equal((await ask(url, '/app/x')).status, 503)
  })
})
