import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../support/folder.ts'
import { needPeer } from '../support/peers.ts'

const UNITS = join(import.meta.dirname, '../../../contrib/systemd')

/** The units with a program that is there, for `oriel` may not be installed; and with more lines. */
function copied(more: string = ''): string[] {
  const folder = makeFolder()
  return ['oriel.service', 'oriel.socket'].map((name) => {
    const text = readFileSync(join(UNITS, name), 'utf8').replaceAll(/=oriel (?=serve|reload)/g, `=${process.execPath} `)
    const path = join(folder, name)
    writeFileSync(path, name === 'oriel.service' ? text.replace('[Install]', `${more}\n[Install]`) : text)
    return path
  })
}

test('systemd finds nothing wrong with the units that we give', { timeout: 60_000 }, (t) => {
  const program = needPeer(t, 'systemd-analyze')
  if (program === undefined) return
  const verify = (units: readonly string[]): string => {
    const { stdout, stderr, error } = spawnSync(program, ['verify', ...units], { encoding: 'utf8' })
    assert.equal(error, undefined)
    return `${stdout}${stderr}`
  }
  assert.equal(verify(copied()), '')
  assert.match(verify(copied('NoSuchKey=yes')), /NoSuchKey/, 'it would tell')
})
