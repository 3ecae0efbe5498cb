import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../test/support/property.ts'
import { connectionsWithin, descriptorLimit, fitConnections, openFilesIn } from './descriptors.ts'

const MODULE = join(import.meta.dirname, 'descriptors.js')

test('the limit is that of this process, to which Node has raised it', { skip: process.platform !== 'linux' }, () => {
  const script = `import(process.argv[1]).then((it) => console.log(it.descriptorLimit()))`
  const run = [process.execPath, '--eval', script, MODULE]
  for (const [limits, expected] of [
    ['ulimit -n 100', '100'],
    ['ulimit -Sn 90 && ulimit -Hn 100', '100'],
  ]) {
    const said = execFileSync('sh', ['-c', `${limits} && exec "$@"`, 'sh', ...run], { encoding: 'utf8' })
    assert.equal(said.trim(), expected, limits)
  }
  assert.ok((descriptorLimit() ?? 1) > 0)
})

test('the limit is read from the table of the system', () => {
  const table = (value: string): string => `Limit                     Soft Limit           Hard Limit           Units
Max processes             62987                62987                processes
Max open files            ${value}
Max locked memory         8388608              8388608              bytes
`
  assert.equal(openFilesIn(table('1024                 524288               files')), 1024)
  assert.equal(openFilesIn(table('unlimited            unlimited            files')), undefined)
  assert.equal(openFilesIn(''), undefined)
})

test('connections are as many as were asked for, where the descriptors are enough', () => {
  const cases = [
    [undefined, undefined, 16_384],
    [undefined, 1_048_576, 16_384],
    [undefined, 20_000, 14_976],
    [undefined, 1024, 744],
    [undefined, 64, 24],
    [undefined, 10, 1],
    [500, 1024, 500],
    [500, undefined, 500],
    [744, 1024, 744],
  ] as const
  for (const [asked, limit, connections] of cases) {
    assert.deepEqual(fitConnections(asked, 16_384, limit), { connections }, `${asked} of ${limit}`)
  }
})

test('who asked for more is told how many it will be, and what to do', () => {
  assert.deepEqual(fitConnections(1000, 16_384, 1024), {
    connections: 744,
    warning:
      'limits.connections is 1000, and this process may open only 1024 files and sockets: it will take 744 connections. ' +
      'Allow it 1366: LimitNOFILE=1366 in a systemd unit, --ulimit nofile for a container, or ulimit -n before the start.',
  })
})

test('what is advised is enough', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000_000 }), fc.integer({ min: 0, max: 10_000_000 }), (asked, limit) => {
      const { connections, warning } = fitConnections(asked, 16_384, limit)
      assert.ok(connections >= 1 && connections <= asked)
      if (warning === undefined) return assert.equal(connections, asked)
      const advised = Number(/LimitNOFILE=(\d+)/.exec(warning)?.[1])
      assert.equal(fitConnections(asked, 16_384, advised).warning, undefined)
      return assert.ok(connectionsWithin(advised) >= asked)
    }),
    runs(500),
  )
})
