import { dirname, extname, resolve } from 'node:path'
import type { Command } from '../../gateway/cgi/process-call.ts'
import type { CgiOptions } from './options.ts'
import type { FoundScript } from './scripts.ts'

/** A program with the arguments that come before the path of a script. */
export interface Runner {
  readonly file: string
  readonly args: readonly string[]
}

/** What the config names by paths, made absolute. */
export interface Paths {
  readonly interpreters: ReadonlyMap<string, Runner>
  readonly cwd: string | undefined
}

export function pathsOf({ interpreters = {}, cwd }: CgiOptions, base: string): Paths {
  const map = new Map<string, Runner>()
  for (const [suffix, given] of Object.entries(interpreters)) {
    const [program = '', ...args] = typeof given === 'string' ? [given] : given
    map.set(suffix, { file: resolve(base, program), args })
  }
  return { interpreters: map, cwd: cwd === undefined ? undefined : resolve(base, cwd) }
}

/**
 * How a script is run; undefined where it may not be. A suffix counts as it is spelled: an uploaded `x.PL` is nobody's
 * script.
 */
export function commandOf({ path, executable }: FoundScript, { interpreters, cwd }: Paths): Command | undefined {
  const folder = cwd ?? dirname(path)
  const runner = interpreters.get(extname(path))
  if (runner !== undefined) return { file: runner.file, args: [runner.file, ...runner.args, path], cwd: folder }
  return executable ? { file: path, args: [path], cwd: folder } : undefined
}
