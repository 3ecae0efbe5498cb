import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import type { ListenAddress } from '../io/bound.ts'
import { type BuildOptions, type Built, buildConfig } from './build.ts'
import type { Config } from './config.ts'

const base = makeFolder({ 'site/index.html': 'index', 'root.pem': 'root' })
const ACME = { names: ['a.example', 'a.example'], agree: true } as const
const PLAIN: ListenAddress = { port: 80 }
const SECURE: ListenAddress = { port: 443, tls: 'acme' }
const routes: Config['routes'] = [{ match: '/*', files: '.' }]

function build(config: Partial<Config>, options: Partial<BuildOptions> = {}): Promise<Built> {
  return buildConfig({ routes, ...config }, { base, source: { name: 'x.json' }, ...options })
}

test('what fits not together in a config with automatic certificates is told with its key', async () => {
  const cases: readonly (readonly [config: Partial<Config>, words: RegExp])[] = [
    [{ listen: [PLAIN, SECURE] }, /^x\.json: listen\[1\]\.tls: needs the key acme/],
    [{ listen: [PLAIN], acme: ACME }, /^x\.json: acme: nothing uses it: write tls: "acme"/],
    [{ listen: [SECURE], acme: { ...ACME, folder: '.' } }, /^x\.json: acme\.folder: expected a folder of its own/],
    [{ listen: [SECURE], acme: { ...ACME, folder: '..' } }, /^x\.json: acme\.folder: expected a folder of its own/],
    [{ listen: [SECURE], acme: { ...ACME, challenge: 'http-01' } }, /^x\.json: acme\.challenge: http-01 needs a place/],
    [{ listen: [SECURE], acme: { ...ACME, root: 'no.pem' } }, /^x\.json: acme\.root: .*no\.pem cannot be read: ENOENT/],
  ]
  for (const [config, words] of cases) await assert.rejects(build(config), { name: 'ConfigError', message: words })
})

test('a config is checked without writing anything', async () => {
  const { acme, listen } = await build({ listen: [PLAIN, SECURE], acme: { ...ACME, root: 'root.pem' } })
  assert.ok(acme !== undefined)
  assert.equal(listen[1]?.tls, 'acme')
  assert.equal(existsSync(join(base, 'certificates')), false)
  const explained = await build({ listen: [PLAIN, SECURE], acme: ACME }, { explaining: true })
  assert.equal(explained.acme, undefined)
})

test('a config that says the same when it is loaded again keeps what orders; another one does not', async () => {
  const config = { listen: [PLAIN, SECURE], acme: ACME }
  const { acme } = await build(config)
  assert.equal((await build(config, { acme })).acme, acme)
  assert.notEqual((await build({ ...config, acme: { ...ACME, names: ['b.example'] } }, { acme })).acme, acme)
  // Without port 80 the proof is another one.
  assert.notEqual((await build({ ...config, listen: [SECURE] }, { acme })).acme, acme)
})
