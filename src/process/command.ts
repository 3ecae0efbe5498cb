import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import type { ApplicationSpec, ProcessLimits } from './specification.ts'
import type { Who } from './who.ts'

/** The name of the variable by which all that a process starts is found again. */
export const MARK = 'ORIEL_PROCESS'
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** How a process is started. */
export interface Started {
  readonly file: string
  readonly args: readonly string[]
  readonly env: Record<string, string>
  /** The user and group that the start itself gives it; undefined where a program on the way does, or nobody needs to. */
  readonly become: { readonly uid: number; readonly gid: number } | undefined
}

/**
 * What is really executed: the command, and before it what sets limits and groups; each replaces itself by the next, so
 * that the number of the process stays.
 * @throws Error where the program, or one that it takes to start it, is not there.
 */
export function startOf(spec: ApplicationSpec, who: Who, socket: string, mark: string): Started {
  const env = environmentOf(spec, who, socket, mark)
  const [program = '', ...args] = spec.command.map((part) => part.replaceAll('$SOCKET', socket))
  const tools = process.env['PATH'] ?? DEFAULT_PATH
  const command = [programOf(program, env['PATH'] ?? DEFAULT_PATH, spec.cwd), ...args]
  const groups = who.other ? withGroups(who, tools) : undefined
  const [file = '', ...rest] = [...withLimits(spec.limits, tools), ...(groups ?? []), ...command]
  const { uid, gid } = who
  return { file, args: rest, env, become: who.other && groups === undefined ? { uid, gid } : undefined }
}

function environmentOf({ env }: ApplicationSpec, who: Who, socket: string, mark: string): Record<string, string> {
  const { PATH = DEFAULT_PATH, HOME, LANG = 'C.UTF-8' } = process.env
  const home = who.other ? who.home : (HOME ?? who.home)
  return { PATH, LANG, ...(home !== undefined && { HOME: home }), ...env, SOCKET: socket, [MARK]: mark }
}

/** The path of a program, which is looked for as execvp(3) does. */
function programOf(program: string, path: string, cwd: string): string {
  const found = program.includes('/') ? runnable(resolve(cwd, program)) : search(program, path)
  if (found !== undefined) return found
  if (!program.includes('/')) {
    throw new Error(`there is no program ${program} in PATH (${path}): install it, or name it by its path`)
  }
  const file = resolve(cwd, program)
  throw new Error(
    statSync(file, { throwIfNoEntry: false }) === undefined
      ? `there is no program ${file}: correct the path, which is relative to ${cwd}`
      : `${file} cannot be executed: it must be a file with the x bit, in folders that this user may enter`,
  )
}

function search(name: string, path: string): string | undefined {
  for (const folder of path.split(delimiter)) {
    const found = folder === '' ? undefined : runnable(join(folder, name))
    if (found !== undefined) return found
  }
  return undefined
}

function runnable(file: string): string | undefined {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile() ? file : undefined
  } catch {
    // Not there, or not for this user: the next may be.
    return undefined
  }
}

/** The start by itself (libuv) leaves a process no groups but one; setpriv(1) of util-linux gives it all of its user. */
function withGroups({ uid, gid, user }: Who, path: string): string[] | undefined {
  const setpriv = search('setpriv', path)
  if (setpriv === undefined || process.platform !== 'linux' || user === undefined) return undefined
  return [setpriv, `--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--']
}

const MIB = 1 << 20

function withLimits({ memory, files, cpu, processes, core }: ProcessLimits, path: string): string[] {
  // By prlimit(1), by ulimit of the shell, and in what the latter counts.
  const limits = (
    [
      ['as', 'v', memory, MIB, 1024],
      ['nofile', 'n', files, 1, 1],
      ['cpu', 't', cpu, 1, 1],
      ['nproc', 'u', processes, 1, 1],
      ['core', 'c', core, MIB, 512],
    ] as const
  ).flatMap(([long, short, value, unit, unitOfShell]) =>
    value === undefined ? [] : [{ long, short, value: value * unit, ofShell: Math.ceil((value * unit) / unitOfShell) }],
  )
  if (limits.length === 0) return []
  const prlimit = process.platform === 'linux' ? search('prlimit', path) : undefined
  if (prlimit !== undefined) return [prlimit, ...limits.map(({ long, value }) => `--${long}=${value}`), '--']
  const shell = search('sh', path)
  if (shell === undefined) throw new Error('limits take prlimit (of util-linux) or a shell, and there is neither')
  const set = limits.map(({ short, ofShell }) => ulimit(short, ofShell)).join(' && ')
  return [shell, '-c', `${set} && exec "$@"`, 'limits']
}

/** Shells disagree on the letter for the number of processes: bash has -u, and dash and BusyBox, which stop there, -p. */
function ulimit(letter: string, value: number): string {
  const by = (name: string): string => `ulimit -${name} ${value}`
  return letter === 'u' ? `if (ulimit -u) >/dev/null 2>&1; then ${by('u')}; else ${by('p')}; fi` : by(letter)
}
