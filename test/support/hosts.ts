import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** Where the servers from npm are that Oriel is tried inside of. */
export const HOSTS: string = join(import.meta.dirname, '../../../test/hosts')

const require = createRequire(join(HOSTS, 'package.json'))

/**
 * Why a package of test/hosts cannot be used; undefined where it can.
 * @throws Error where it is absent with `ORIEL_REQUIRE_PEERS=1` in the environment.
 */
export function hostAbsent(name: string): string | undefined {
  if (existsSync(join(HOSTS, 'node_modules', name, 'package.json'))) return undefined
  const sentence = `${name} is not installed, and this test needs it: run npm install in test/hosts`
  if (process.env['ORIEL_REQUIRE_PEERS'] === '1') throw new Error(`${sentence} (ORIEL_REQUIRE_PEERS=1)`)
  return sentence
}

/** What a package of test/hosts exports. */
export function host<T>(name: string): T {
  return require(name) as T
}
