import assert from 'node:assert/strict'
import { chmodSync, cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type OrielProcess, startOriel } from './command.ts'
import { openFolder } from './peer-process.ts'

const EXAMPLES = join(import.meta.dirname, '../../../examples')

/** A copy of an example in a folder of its own. */
export function copyExample(name: string): string {
  const folder = openFolder()
  cpSync(join(EXAMPLES, name), folder, { recursive: true, filter: (path) => !path.endsWith('.sock') })
  chmodSync(folder, 0o755)
  return folder
}

export interface ServedExample {
  /** Without a slash at its end. */
  readonly url: string
  readonly oriel: OrielProcess
}

/**
 * Serves a copy of an example as its README says, by `oriel serve`, on a free port.
 * @param changes What stands in its config, and what stands there instead, as the address of a back end.
 */
export async function serveExample(
  t: TestContext,
  folder: string,
  changes: Readonly<Record<string, string>> = {},
): Promise<ServedExample> {
  const path = join(folder, 'oriel.config.ts')
  let config = readFileSync(path, 'utf8')
  for (const [there, instead] of Object.entries({ 'port: 8080': 'port: 0', ...changes })) {
    assert.ok(config.includes(there), `${there} is not in ${config}`)
    config = config.replaceAll(there, instead)
  }
  writeFileSync(path, config)
  const oriel = startOriel(t, ['serve'], folder)
  return { url: await oriel.url(), oriel }
}
