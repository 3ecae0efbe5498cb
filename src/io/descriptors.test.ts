import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../test/support/property.ts'
import { connectionsWarning, connectionsWithin, descriptorLimit, fitConnections, openFilesIn } from './descriptors.ts'

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

test('connections are as many as are wanted, where the descriptors are enough', () => {
  const cases = [
    [16_384, undefined, 16_384],
    [16_384, 1_048_576, 16_384],
    [16_384, 20_000, 14_976],
    [16_384, 1024, 744],
    [16_384, 64, 24],
    [16_384, 10, 1],
    [500, 1024, 500],
    [744, 1024, 744],
  ] as const
  for (const [wanted, limit, connections] of cases) {
    assert.equal(fitConnections(wanted, limit), connections, `${wanted} of ${limit}`)
  }
})

test('who asked for more is told how many it will be, and what to do', () => {
  const told = (asked: number, connections: number): string =>
    `limits.connections is ${asked}, and a process may open only 1024 files and sockets here: the server will take ` +
    `${connections} connections. Allow it 1366: LimitNOFILE=1366 in a systemd unit, --ulimit nofile for a container, ` +
    'or ulimit -n before the start.'
  assert.equal(connectionsWarning(1000, 1, 1024), told(1000, 744))
  assert.equal(connectionsWarning(3999, 4, 1024), told(3999, 4 * 744))
  for (const [asked, processes, limit] of [
    [744, 1, 1024],
    [1000, 2, 1024],
    [1_000_000, 1, undefined],
  ] as const) {
    assert.equal(connectionsWarning(asked, processes, limit), undefined)
  }
})

test('what is advised is enough', () => {
  const least = fc.integer({ min: 1, max: 10_000_000 })
  fc.assert(
    fc.property(least, fc.integer({ min: 1, max: 64 }), least, (asked, processes, limit) => {
      const warning = connectionsWarning(asked, processes, limit)
      const each = Math.ceil(asked / processes)
      if (warning === undefined) return assert.equal(fitConnections(each, limit), each)
      assert.ok(connectionsWithin(limit) < each)
      const advised = Number(/LimitNOFILE=(\d+)/.exec(warning)?.[1])
      return assert.equal(connectionsWarning(asked, processes, advised), undefined)
    }),
    runs(500),
  )
})
