import { constants } from 'node:os'
import type { Exit } from './contract.ts'
import * as C from './libc.ts'

/** A process that was started here. */
export interface Child {
  readonly pid: number
  /** A child of this process ended, maybe this one. */
  childEnded(): void
  /** It is there for a while: it gets streams. */
  grownUp(): void
  /** It ended, and others held its pipes open: maybe not any more. */
  readRest(): void
}

const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name as NodeJS.Signals]))
const LOST: Exit = { code: null, signal: null }
/** Milliseconds: a child is grown up after one to two of these. */
const YOUTH = 5

/**
 * The processes that were started here and run. Each is asked for by its own number, never by "any": the children of
 * node:child_process are none of ours. A listener for SIGCHLD disturbs no other, and does not keep this process alive.
 */
export class Children {
  /** How many times some child ended. */
  endings = 0
  #libc: C.Libc
  #running = new Set<Child>()
  #young = new Set<Child>()
  #newborn = new Set<Child>()
  #lingering = new Set<Child>()
  #starts = 0
  #timer: NodeJS.Timeout | undefined
  #look: NodeJS.Immediate | undefined
  #info: Buffer = C.memory(C.SIZE_OF_SIGINFO)

  constructor(libc: C.Libc) {
    this.#libc = libc
    process.on('SIGCHLD', () => {
      this.endings++
      this.#look ??= setImmediate(() => this.#lookRound())
    })
  }

  add(child: Child): void {
    this.#running.add(child)
    this.#newborn.add(child)
    this.#timer ??= setTimeout(() => this.#tick(), YOUTH)
  }

  ended(child: Child): void {
    this.#running.delete(child)
  }

  /** Its pipes are at their end, or nobody wants to know. */
  settled(child: Child): void {
    this.#young.delete(child)
    this.#newborn.delete(child)
    this.#lingering.delete(child)
  }

  /**
   * Who is being started has all descriptors of this process, until its own program begins: so the pipes of one that
   * ended may stay open for that moment. False where nobody is being started; else there is one more try after it.
   */
  linger(child: Child): boolean {
    if (this.#starts === 0) return false
    this.#lingering.add(child)
    return true
  }

  startBegins(): void {
    this.#starts++
  }

  startEnds(): void {
    this.#starts--
    const lingering = this.#lingering
    if (lingering.size === 0) return
    this.#lingering = new Set()
    for (const child of lingering) child.readRest()
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

  /** Once for all signals of a turn. In the listener itself, a start for each end would leave Node no turn for others. */
  #lookRound(): void {
    this.#look = undefined
    for (const child of [...this.#running]) child.childEnded()
  }

  #tick(): void {
    const old = this.#young
    this.#young = this.#newborn
    this.#newborn = new Set()
    this.#timer = this.#young.size > 0 ? setTimeout(() => this.#tick(), YOUTH) : undefined
    for (const child of old) child.grownUp()
  }
}
