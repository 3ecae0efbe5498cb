import { fstatSync, lstatSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ListenAddress } from '../../io/bound.ts'

/** Where an object server listens. */
export interface PublishPlace {
  /** Undefined: the socket that descriptor 0 is. */
  readonly listen: string | ListenAddress | undefined
  /** Whether somebody started it by hand, and is to be told where it is. */
  readonly byHand: boolean
}

/**
 * The place of an object server: what the program says; the socket that Oriel has for it (`ORIEL_PUBLISH`, `SOCKET`); a
 * listening socket on descriptor 0 (FastCGI §2.2); else, by hand, a socket of this user.
 * @throws TypeError where there can be none, with what to do.
 */
export function placeOf(
  name: string,
  listen: string | ListenAddress | undefined,
  env: NodeJS.ProcessEnv = process.env,
): PublishPlace {
  if (listen !== undefined) return { listen, byHand: false }
  const { ORIEL_PUBLISH: ours, SOCKET: socket } = env
  if (ours !== undefined && socket !== undefined && socket !== '') return { listen: `unix:${socket}`, byHand: false }
  if (isSocket(0)) return { listen: undefined, byHand: false }
  return { listen: { unix: join(ownFolder(env), `${name}.sock`), mode: '600' }, byHand: true }
}

function isSocket(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isSocket()
  } catch {
    return false
  }
}

/** A folder in which nobody else can put anything. @throws TypeError for one that somebody else has made. */
function ownFolder({ XDG_RUNTIME_DIR: runtime }: NodeJS.ProcessEnv): string {
  const uid = process.getuid?.()
  const folder =
    runtime !== undefined && runtime !== '' ? join(runtime, 'oriel') : join(tmpdir(), `oriel-${uid ?? 'user'}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const stats = lstatSync(folder)
  if (!stats.isDirectory() || (uid !== undefined && stats.uid !== uid) || (stats.mode & 0o077) !== 0) {
    throw new TypeError(
      `${folder} is not this user's alone: say where to listen, as in { listen: 'unix:/path/to/socket' }`,
    )
  }
  return folder
}
