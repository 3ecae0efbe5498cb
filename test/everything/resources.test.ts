import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startOriel } from '../support/command.ts'
import { everyKind } from '../support/every-kind.ts'
import { fill } from '../support/folder.ts'

test('every kind of resource: conditions, ranges and HEAD', { timeout: 120_000 }, async (t) => {
  const every = await everyKind(t)
  if (every === undefined) return
  const { kinds, folder, objects } = every
  const routes = kinds.map(({ name, keys }) => `{ match: '/${name}/*', ${keys} }`)
  fill(folder, {
    'oriel.config.mjs': `export default { listen: [{ host: '127.0.0.1', port: 0 }], ${objects} routes: [\n${routes.join(',\n')}] }`,
  })
  const oriel = startOriel(t, ['serve'], folder, { env: { PYTHONDONTWRITEBYTECODE: '1' } })
  const url = await oriel.url()
  for (const { name, path, tells } of kinds) {
    const at = (end: string, init: RequestInit = {}) => fetch(`${url}/${name}${path}${end}`, init)
    await t.test(name, async () => {
      const whole = await at('/hello')
      const text = await whole.text()
      const etag = whole.headers.get('etag') ?? ''
      assert.deepEqual([whole.status, text.slice(0, 10), etag !== ''], [200, 'hello from', true], text)
      const head = await at('/hello', { method: 'HEAD' })
      assert.deepEqual(
        [head.status, head.headers.get('content-length'), head.headers.get('etag')],
        [200, String(text.length), etag],
      )
      const same = await at('/hello', { headers: { 'If-None-Match': etag } })
      assert.deepEqual([same.status, await same.text(), same.headers.get('etag')], [304, '', etag])
      const part = await at('/hello', { headers: { Range: 'bytes=0-4' } })
      assert.deepEqual(
        [part.status, await part.text(), part.headers.get('content-range')],
        [206, 'hello', `bytes 0-4/${text.length}`],
      )
      const beyond = await at('/hello', { headers: { Range: 'bytes=1000-' } })
      assert.deepEqual([beyond.status, beyond.headers.get('content-range')], [416, `bytes */${text.length}`])
      assert.equal((await at('/missing')).status, 404)
      if (!tells) return
      const who = (await (await at('/who', { headers: { 'Remote-User': 'mallory' } })).json()) as Record<string, string>
      assert.equal(who['REMOTE_USER'] ?? '', '', JSON.stringify(who))
      assert.equal((await at('/fails')).status, 500)
    })
  }
})
