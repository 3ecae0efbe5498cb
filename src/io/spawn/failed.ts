import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs'
import { constants as system } from 'node:os'
import type { SpawnOptions } from './contract.ts'

/** The system's names of errors. Of two for one number the first counts: EAGAIN, and not EWOULDBLOCK. */
const NAMES = new Map(
  Object.entries(system.errno)
    .map(([name, number]): [number, string] => [number, name])
    .reverse(),
)

/** The name of an error that the C library returned. */
export function nameOfError(number: number): string {
  return NAMES.get(number) ?? `error ${number}`
}

/** A program could not be started; nothing is left of the attempt. */
export class SpawnFailed extends Error {
  override readonly name = 'SpawnFailed'
  /** The system's name of the error: ENOENT, EACCES, ENOEXEC, E2BIG, EMFILE, EAGAIN… */
  readonly code: string

  constructor(code: string, options: SpawnOptions) {
    super(`cannot start ${options.file}: ${reason(code, options)} (${code})`)
    this.code = code
  }
}

/** Refuses what the system would cut off or take for something else: a NUL ends a text there. */
export function checkTexts(options: SpawnOptions): void {
  const { file, args, env, cwd } = options
  if (file.includes('\0') || cwd?.includes('\0') || args.some(hasNul) || env.some(isNoByteString)) {
    throw new SpawnFailed('EINVAL', options)
  }
}

function hasNul(text: string): boolean {
  return text.includes('\0')
}

function isNoByteString(text: string): boolean {
  return /[^\x01-\xff]/.test(text)
}

/** What it means and what to do, found out only now: most starts succeed. */
function reason(code: string, options: SpawnOptions): string {
  const { file, cwd } = options
  if (cwd !== undefined && folderRefusal(cwd) === code) return folderReason(code, cwd)
  switch (code) {
    case 'ENOENT':
      return refusal(file, constants.F_OK) === undefined ? interpreterReason(file) : 'there is no such file'
    case 'ENOTDIR':
      return 'a part of the path is not a folder'
    case 'EACCES':
      return `this user may not execute it: the file needs the x bit, all folders above too, on a file system without noexec`
    case 'EPERM':
      return 'the system does not allow it'
    case 'ENOEXEC':
      return 'the system knows no such format: a script needs a first line as #!/bin/sh'
    case 'ETXTBSY':
      return 'somebody is still writing the file'
    case 'E2BIG':
      return 'the environment or the arguments are longer than the system takes'
    case 'EMFILE':
    case 'ENFILE':
      return 'too many files are open: raise the limit (LimitNOFILE in a systemd unit, or ulimit -n)'
    case 'EAGAIN':
      return 'no more processes are allowed: raise the limit (TasksMax in a systemd unit, or ulimit -u)'
    case 'ENOMEM':
      return 'there is not enough memory'
    case 'EINVAL':
      return 'its path, arguments or environment hold a NUL, or the environment a character that is no byte'
    default:
      return 'the system refuses'
  }
}

function folderReason(code: string, cwd: string): string {
  if (code === 'ENOENT') return `the folder ${cwd}, where it is to run, does not exist`
  if (code === 'ENOTDIR') return `${cwd}, where it is to run, is not a folder`
  return `this user may not enter the folder ${cwd}, where it is to run`
}

/** As what the system would refuse a folder to run in. */
function folderRefusal(path: string): string | undefined {
  const refused = refusal(path, constants.F_OK)
  if (refused !== undefined) return refused
  return statSync(path).isDirectory() ? refusal(path, constants.X_OK) : 'ENOTDIR'
}

function refusal(path: string, mode: number): string | undefined {
  try {
    accessSync(path, mode)
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}

function interpreterReason(file: string): string {
  const line = firstBytes(file, 256).toString().split('\n', 1)[0] ?? ''
  return `the interpreter in its first line, ${JSON.stringify(line.replace('\r', '\\r'))}, does not exist`
}

/** The beginning of a file, empty where it cannot be read. */
export function firstBytes(file: string, count: number): Buffer {
  const bytes = Buffer.alloc(count)
  let descriptor: number | undefined
  try {
    descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    return bytes.subarray(0, readSync(descriptor, bytes, 0, count, 0))
  } catch {
    // Only a better message hangs on it, and a program may well be executable and not readable.
    return bytes.subarray(0, 0)
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}
