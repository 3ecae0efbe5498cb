import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import type { Place } from '../log/sinks/place.ts'
import { type Config, ConfigError } from './config.ts'
import { checkPlaces } from './usable-places.ts'

const WRONG: readonly (readonly [Place, RegExp])[] = [
  [{ file: 'none/x.log' }, /there is no folder .*none: make it/],
  [{ file: 'logs' }, /logs is a folder: name a file in it/],
  [{ sql: { file: 'none/x.db' } }, /there is no folder .*none: make it/],
  [{ http: 'nonsense' }, /"nonsense" is no URL that lines can be sent to: give http:/],
  [{ http: 'ftp://a.example/' }, /is no URL that lines can be sent to/],
  [{ syslog: 'udp:nohost' }, /udp:nohost is no address: give unix:PATH, udp:host:port/],
  [{ syslog: { address: 'x' } }, /x is no address/],
]

for (const [to, message] of WRONG) {
  test(`a place ${JSON.stringify(to)} is a fault of the log and of the error log, by its key`, async () => {
    const base = makeFolder()
    mkdirSync(join(base, 'logs'))
    const check = (config: object) => checkPlaces({ routes: [], ...config }, base, { name: 'x' })
    const refused = (key: RegExp) => (error: unknown) => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.message, key)
      assert.match(error.message, message)
      return true
    }
    await assert.rejects(check({ log: ['json', { to }] }), refused(/log\[1\]\.to: /))
    await assert.rejects(check({ errorLog: { to } }), refused(/errorLog\.to: /))
  })
}

test('places that can be used are let pass, and nothing is made', async () => {
  const base = makeFolder()
  const places = [
    ...['stdout', { file: 'a.log' }, { sql: { file: 'a.db' } }, { http: 'https://a.example/x' }, { syslog: true }],
    ...[{ syslog: 'udp:a.example:514' }, { syslog: { severity: 'err' } }, () => undefined],
  ] as Place[]
  const log: Config['log'] = [{ logRequest: () => undefined }, 'combined', {}, ...places.map((to) => ({ to }))]
  await checkPlaces({ routes: [], log, errorLog: { to: { file: 'b.log' } } }, base, { name: 'x' })
  mkdirSync(join(base, 'a.log'))
})
