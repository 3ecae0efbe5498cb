import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import type { Report } from '../message/exchange.ts'
import { SECOND } from './let-in.ts'
import { removeTree } from './remove-tree.ts'
import type { Ids } from './specification.ts'

/** The longest name of a Unix socket that systems take, in bytes (`sun_path`, without its NUL). */
const LONGEST_PATH = process.platform === 'linux' ? 107 : 103
/** What a socket adds to the folder of a supervisor: a number for its process, a letter for the second name, and its name. */
const LONGEST_REST = `/123456789${SECOND}/s`.length
/** The name of a socket that answers for as long as the supervisor lives. */
export const ALIVE = 'alive'

/**
 * The folder of one supervisor, beside those of others. Its own part of the name marks its processes too. Where
 * processes are different users', others may pass through it; the folders in it are each one user's.
 */
export class PrivateFolder {
  readonly path: string
  readonly token: string
  readonly #report: Report
  #alive: Server
  #last = 0

  private constructor(path: string, token: string, alive: Server, report: Report) {
    this.path = path
    this.token = token
    this.#alive = alive
    this.#report = report
  }

  /** @throws Error where there can be none, with what to do. */
  static async make(base: string, report: Report): Promise<PrivateFolder> {
    const token = randomBytes(6).toString('hex')
    const path = join(base, token)
    if (Buffer.byteLength(path) + LONGEST_REST > LONGEST_PATH) {
      const most = LONGEST_PATH - LONGEST_REST - token.length - 1
      throw new Error(`the folder for the sockets of applications, ${base}, has a name longer than ${most} bytes`)
    }
    makeBase(base)
    makeOwn(path)
    const alive = answering(join(path, ALIVE))
    await once(alive, 'listening')
    return new PrivateFolder(path, token, alive, report)
  }

  /**
   * A folder for one process, that only this user may enter, with all rights there.
   * @param owner Who else will have to.
   * @throws Error where they cannot come so far.
   */
  add({ uid, gid }: Ids, owner?: Ids): string {
    makeBase(dirname(this.path))
    if (!existsSync(join(this.path, ALIVE))) this.#renew()
    const root = process.getuid?.() === 0
    if (root && (uid !== 0 || (owner !== undefined && owner.uid !== 0))) checkPassable(this.path)
    const path = join(this.path, String(++this.#last))
    mkdirSync(path, { mode: 0o700 })
    chmodSync(path, 0o700)
    if (root) chownSync(path, uid, gid)
    return path
  }

  async remove(): Promise<void> {
    await new Promise((resolve) => this.#alive.close(resolve))
    removeTree(this.path)
  }

  /** Somebody has removed it, as what tidies up folders for temporary files does. Closing the socket removes its name. */
  #renew(): void {
    this.#report('warn', `The folder for the sockets of applications, ${this.path}, was removed; there is another one.`)
    this.#alive.close()
    makeOwn(this.path)
    this.#alive = answering(join(this.path, ALIVE))
    // Where it cannot be told that this one lives, the next process makes it anew.
    this.#alive.on('error', (error) => this.#report('error', `No socket can be in ${this.path}: ${error.message}`))
  }
}

/** Root's processes may be other users', and so may be the workers who connect to them. */
function passable(): number {
  return process.getuid?.() === 0 ? 0o711 : 0o700
}

function checkPassable(folder: string): void {
  for (let path = folder; path !== dirname(path); path = dirname(path)) {
    if ((statSync(path).mode & 0o001) !== 0) continue
    throw new Error(`other users cannot pass through ${path} to the sockets of applications: chmod o+x ${path}`)
  }
}

function makeBase(base: string): void {
  // Other rights than the mask of this process leaves.
  if (mkdirSync(base, { recursive: true }) !== undefined) chmodSync(base, passable())
  const stats = lstatSync(base)
  if (!stats.isDirectory() || stats.uid !== process.getuid?.() || (stats.mode & 0o022) !== 0) {
    throw new Error(`${base} is not this user's own folder: others could put sockets of theirs there`)
  }
}

function makeOwn(path: string): void {
  mkdirSync(path, { recursive: true })
  chmodSync(path, passable())
}

/** A process that looks whether this one lives asks nothing else. */
function answering(path: string): Server {
  return createServer((socket) => socket.destroy())
    .listen(path)
    .unref()
}
