import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ListenAddress } from '../io/bound.ts'
import type { Config } from './config.ts'
import { developmentWarnings } from './development-mode.ts'

for (const [what, config, listen, reached] of [
  ['off', {}, [{ host: '0.0.0.0', port: 80 }], undefined],
  ['said to be off', { development: false }, [{ host: '0.0.0.0', port: 80 }], undefined],
  [
    'on, on loopback',
    { development: true },
    [{ port: 80 }, { host: 'localhost', port: 81 }, { host: '::1', port: 82 }],
    undefined,
  ],
  ['on, for all', { development: true }, [{ port: 80 }, { host: '0.0.0.0', port: 81 }], 'others can reach 0.0.0.0:81'],
  ['on, for IPv6', { development: true }, [{ host: '::', port: 81 }], 'others can reach :::81'],
  ['on, by a name', { development: true }, [{ host: '127.example', port: 1 }], 'others can reach 127.example:1'],
  ['on, on a Unix socket', { development: true }, [{ unix: '/s' }], 'others can reach unix:/s'],
  [
    'on, behind proxies',
    { development: true, trustedProxies: ['loopback'] },
    [{ port: 1 }],
    'there are trustedProxies',
  ],
] as const satisfies [string, Partial<Config>, ListenAddress[], string | undefined][]) {
  test(`development that is ${what} is ${reached === undefined ? 'nothing to warn of' : 'warned of'}`, () => {
    const told = developmentWarnings({ routes: [], ...config }, listen)
    assert.deepEqual(
      told.map((sentence) => sentence.split(': ')[0]),
      reached === undefined ? [] : [`development is on, and ${reached}`],
    )
  })
}
