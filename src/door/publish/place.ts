import { lstatSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ListenAddress } from '../../io/bound.ts'
import { type FoundSocket, findSocket } from '../../io/inherited.ts'

/** Where an object server listens. */
export interface PublishPlace {
  /** Undefined: the socket that descriptor 0 is. */
  readonly listen: string | ListenAddress | undefined
  /** Where that socket is. */
  readonly handedOver?: string | undefined
  /** Whether somebody started it by hand, and is to be told where it is. */
  readonly byHand: boolean
}

/**
 * The place of an object server: what the program says; the socket that Oriel has for it (`ORIEL_PUBLISH`, `SOCKET`); a
 * listening socket on descriptor 0 (FastCGI §2.2), which a pipe of whoever started it is not; else, by hand, a socket of
 * this user.
 * @throws TypeError where there can be none, with what to do.
 */
export function placeOf(
  name: string,
  listen: string | ListenAddress | undefined,
  env: NodeJS.ProcessEnv = process.env,
  descriptor0: () => FoundSocket = () => findSocket({ fd: 0, name: '' }),
): PublishPlace {
  if (listen !== undefined) return { listen, byHand: false }
  const { ORIEL_PUBLISH: ours, SOCKET: socket } = env
  if (ours !== undefined && socket !== undefined && socket !== '') return { listen: `unix:${socket}`, byHand: false }
  const { at } = descriptor0()
  if (!('wrong' in at)) return { listen: undefined, handedOver: addressOf(at), byHand: false }
  return { listen: { unix: join(ownFolder(env), `${name}.sock`), mode: '600' }, byHand: true }
}

/** What the system says of an address. */
function addressOf(at: Exclude<FoundSocket['at'], { readonly wrong: string }>): string | undefined {
  if ('unix' in at) return at.unix === undefined ? undefined : `unix:${at.unix}`
  return `${at.host.includes(':') ? `[${at.host}]` : at.host}:${at.port}`
}

function isOwn(folder: string | undefined, uid: number | undefined): folder is string {
  if (folder === undefined || folder === '') return false
  const stats = lstatSync(folder, { throwIfNoEntry: false })
  return stats?.isDirectory() === true && (uid === undefined || stats.uid === uid)
}

/**
 * A folder in which nobody else can put anything. XDG_RUNTIME_DIR may be that of a user who has logged out, or that this one
 * was before `su`. @throws TypeError for one that somebody else has made.
 */
function ownFolder({ XDG_RUNTIME_DIR: runtime }: NodeJS.ProcessEnv): string {
  const uid = process.getuid?.()
  const folder = isOwn(runtime, uid) ? join(runtime, 'oriel') : join(tmpdir(), `oriel-${uid ?? 'user'}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const stats = lstatSync(folder)
  if (!stats.isDirectory() || (uid !== undefined && stats.uid !== uid) || (stats.mode & 0o077) !== 0) {
    throw new TypeError(
      `${folder} is not this user's alone: say where to listen, as in { listen: 'unix:/path/to/socket' }`,
    )
  }
  return folder
}
