import { constants } from 'node:os'
import type { Exit } from './contract.ts'
import * as C from './libc.ts'

/** A process that will end. */
export interface Child {
  readonly pid: number
  /** A child of this process ended, maybe this one. */
  childEnded(): void
}

const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name as NodeJS.Signals]))
const LOST: Exit = { code: null, signal: null }

/**
 * The processes that were started here and run. Each is asked for by its own number, never by "any": the children of
 * node:child_process are none of ours. A listener for SIGCHLD disturbs no other, and does not keep this process alive.
 */
export class Children {
  /** How many times some child ended. */
  endings = 0
  #libc: C.Libc
  #running = new Set<Child>()
  #info: Buffer = C.memory(C.SIZE_OF_SIGINFO)

  constructor(libc: C.Libc) {
    this.#libc = libc
    process.on('SIGCHLD', () => {
      this.endings++
      for (const child of this.#running) child.childEnded()
    })
  }

  add(child: Child): void {
    this.#running.add(child)
  }

  delete(child: Child): void {
    this.#running.delete(child)
  }

  /**
   * How a process ended, undefined while it runs.
   * @param keep That its number stays taken: until a call without it, nobody else can get it.
   */
  exitOf(pid: number, keep: boolean): Exit | undefined {
    const info = this.#info
    if (this.#libc.waitid(C.P_PID, pid, info, C.WEXITED | C.WNOHANG | (keep ? C.WNOWAIT : 0)) !== 0) return LOST
    if (info.readInt32LE(C.SI_PID) === 0) return undefined
    const status = info.readInt32LE(C.SI_STATUS)
    if (info.readInt32LE(C.SI_CODE) === C.CLD_EXITED) return { code: status, signal: null }
    return { code: null, signal: SIGNALS.get(status) ?? 'SIGKILL' }
  }
}
