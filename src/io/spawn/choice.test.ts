import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const SPAWNING = join(import.meta.dirname, '../../../test/support/spawning.js')
const options = { skip: process.platform !== 'linux', timeout: 30_000 }

/** How programs can be started on this Node, by what asks for it. */
const WAYS = [
  ['koffi', 'posix_spawn by koffi'],
  ...(process.getBuiltinModule('node:ffi') === undefined ? [] : [['node', 'posix_spawn by node:ffi']]),
  ['plain', 'child_process'],
] as const

interface Found<T> {
  readonly name: string
  readonly found: T
}

async function spawning<T>(way: string, prefix: string, argument: string): Promise<Found<T>> {
  const script = `${prefix} exec "$0" --no-warnings "$1" "$2"`
  const args = ['-c', script, process.execPath, SPAWNING, argument]
  const { stdout } = await promisify(execFile)('/bin/sh', args, { env: { ...process.env, ORIEL_SPAWN: way } })
  return JSON.parse(stdout) as Found<T>
}

for (const [way, name] of WAYS) {
  test(`with ${name}, a start without descriptors fails and leaves none open`, options, async () => {
    const { found, ...rest } = await spawning<[outcome: string, more: number][]>(way, 'ulimit -n 64;', 'fewer')
    assert.deepEqual(rest, { name })
    assert.equal(found[0]?.[0], 'EMFILE')
    assert.equal(found.at(-1)?.[0], 'ran')
    assert.deepEqual(
      found.filter(([outcome]) => !['EMFILE', 'ran'].includes(outcome)),
      [],
    )
    assert.deepEqual(
      found.map(([, more]) => more),
      found.map(() => 0),
    )
  })

  test(`with ${name}, a program gets no descriptor that this process inherited`, options, async () => {
    const { name: used, found } = await spawning<string>(way, 'exec 5</dev/null 7>/dev/null;', 'ls /proc/$$/fd')
    // By child_process, those high up are passed on: Node marks only the first of what it inherits.
    const low = found.split('\n').filter((fd) => fd !== '' && (way !== 'plain' || Number(fd) < 16))
    assert.deepEqual([used, low], [name, ['0', '1', '2']])
  })
}

test('what is asked for and cannot be had is told with its reason', options, async () => {
  const { name, found } = await spawning<string>('nonsense', '', 'echo ran')
  assert.deepEqual([name, found], ['child_process', 'ran\n'])
})
