import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { TestContext } from 'node:test'

/** Where Debian puts what is not in everybody's PATH. */
const MORE = ['/usr/sbin', '/usr/local/sbin', '/sbin']

/** The path of a program, or undefined where it is not installed. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...MORE].filter(Boolean)
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

/**
 * The path of a real peer that a test needs. Where it is absent the test is skipped and says so, and undefined is
 * returned; with `ORIEL_REQUIRE_PEERS=1` in the environment, as in continuous integration, it fails instead.
 */
export function needPeer(t: Pick<TestContext, 'skip'>, name: string): string | undefined {
  const absent = peerAbsent(name)
  if (absent === undefined) return findProgram(name)
  t.skip(absent)
  return undefined
}

/** Why tests cannot have a peer; undefined where it is there. @throws Error where it is absent with `ORIEL_REQUIRE_PEERS=1`. */
export function peerAbsent(name: string): string | undefined {
  if (findProgram(name) !== undefined) return undefined
  const sentence = `${name} is not installed, and this test needs it`
  if (process.env['ORIEL_REQUIRE_PEERS'] === '1') throw new Error(`${sentence} (ORIEL_REQUIRE_PEERS=1)`)
  return sentence
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Whether a Python has these modules; where not, the test is skipped or fails, as where a program is absent. */
export function needModules(t: TestContext, python: string, modules: readonly string[]): boolean {
  const { status } = spawnSync(python, ['-c', modules.map((name) => `import ${name}`).join('\n')], { stdio: 'ignore' })
  if (status === 0) return true
  const sentence = `${python} has not all of ${modules.join(', ')}, and this test needs them`
  if (process.env['ORIEL_REQUIRE_PEERS'] === '1') throw new Error(`${sentence} (ORIEL_REQUIRE_PEERS=1)`)
  t.skip(sentence)
  return false
}
