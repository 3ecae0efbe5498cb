import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ListenAddress } from '../io/bound.ts'
import { writingWarnings } from './writable.ts'

const access = { scheme: { identify: () => undefined, challenge: () => 'X' } }
const open = /^routes\[0\]: anybody who reaches this server can write to \S+: put access on the route\.$/
const code = /^routes\[0\]: who can write to \S+ can change the code of the site/

for (const [what, files, guarded, listen, expected] of [
  [
    'a folder that can be written, for all to reach',
    { root: 'www', write: true },
    false,
    { port: 1, host: '0.0.0.0' },
    [open],
  ],
  ['one with options', { root: 'www', write: { sync: false } }, false, { port: 1, host: '::' }, [open]],
  ['one with a guard', { root: 'www', write: true }, true, { port: 1, host: '0.0.0.0' }, []],
  ['one that cannot be written', { root: 'www', write: false }, false, { port: 1, host: '0.0.0.0' }, []],
  ['a folder by its path', 'www', false, { port: 1, host: '0.0.0.0' }, []],
  ['one on loopback', { root: 'www', write: true }, false, { port: 1 }, []],
  ['one on loopback by name', { root: 'www', write: true }, false, { port: 1, host: 'localhost' }, []],
  ['one behind a Unix socket', { root: 'www', write: true }, false, { unix: '/s' }, []],
  ['one behind a proxy', { root: 'www', write: true }, false, { unix: '/s' }, [open]],
  ['the folder of the config', { root: '.', write: true }, true, { port: 1 }, [code]],
  ['a folder that the config is in', { root: '..', write: true }, false, { port: 1, host: 'h' }, [open, code]],
  ['a folder with a similar name', { root: '../si', write: true }, true, { port: 1 }, []],
] as const) {
  test(`what an operator is told of ${what}`, () => {
    const routes = [{ match: '/*', files, ...(guarded && { access }) }]
    const told = writingWarnings(
      { routes, ...(what.includes('proxy') && { trustedProxies: ['unix'] }) },
      [listen as ListenAddress],
      '/srv/site',
    )
    assert.equal(told.length, expected.length, told.join())
    for (const [i, pattern] of expected.entries()) assert.match(told[i] ?? '', pattern)
  })
}

test('access of the site is enough, and a route that it leaves open is told of', () => {
  const listen = [{ port: 8080, host: '0.0.0.0' }]
  const files = { root: 'uploads', write: true }
  const told = (own: object) => writingWarnings({ access, routes: [{ match: '/*', files, ...own }] }, listen, '/site/a')
  assert.deepEqual(told({}), [])
  assert.match(told({ access: 'public' })[0] ?? '', open)
})
