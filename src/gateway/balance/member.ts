import type { Upstream } from '../call.ts'
import { News } from './news.ts'

/** One of several back ends that answer alike. */
export interface MemberOptions {
  /** What it is known by among the others, and in the log. */
  readonly name: string
  /** The pid of who answers there, where that is known: what the log of requests calls it then. */
  readonly process?: number
  /** Makes what its calls are opened by; where it was among those before it has one. */
  readonly upstream: () => Upstream
  /** Its share of the requests, compared with the others; 1 where it is left out. */
  readonly weight?: number
  /** Requests that it takes at once; without limit where it is left out. */
  readonly capacity?: number
  /**
   * The most requests that it is given beside those, to find the next one as soon as it has done with one: as many as it
   * gets done in `AHEAD`. A slow one is given none, since another one may be free before. None where it is left out.
   */
  readonly ahead?: number
}

/** Milliseconds. */
const AHEAD = 5

/** Milliseconds for which one that failed is not called, where there is another one; doubled each time. */
const EJECTED = 1_000
const MAX_EJECTED = 30_000

/** A back end, with what it has to do. */
export class Member {
  readonly name: string
  readonly process: number | undefined
  readonly upstream: Upstream
  weight = 1
  capacity: number = Number.POSITIVE_INFINITY
  ahead = 0
  /** Whether a check of its health has found it well. */
  healthy = true
  running = 0
  /** Connections that it has switched to another protocol: they take no room of a request. */
  switched = 0
  /** Requests that have ended since `takeServed`, and when that was. */
  served = 0
  #since = performance.now()
  /** How many it is given ahead at its present pace. */
  #aheadNow = 0
  /** Requests in a row that it has left without an answer until their time was up. */
  late = 0
  /** When it may be called again after it failed, by `performance.now()`; 0 where it did not. */
  ejectedUntil = 0
  /** What the log was told of it. */
  readonly news: News = new News()
  #failures = 0
  #left = false

  constructor({ name, process, upstream }: MemberOptions) {
    this.name = name
    this.process = process
    this.upstream = upstream()
  }

  /** Whether it has room for one more. */
  get free(): boolean {
    return this.running < this.capacity + this.#aheadNow
  }

  /** A request that it had has ended. */
  done(): void {
    this.running--
    this.served++
    this.#closeIfOver()
  }

  /** How many requests have ended since this was asked last; what it is given ahead follows from that. */
  takeServed(): number {
    const { served } = this
    const now = performance.now()
    this.#aheadNow = Math.min(this.ahead, Math.floor((served * AHEAD) / Math.max(1, now - this.#since)))
    this.#since = now
    this.served = 0
    return served
  }

  /** A request that it had has become a connection of another protocol. Returns what is called when that is closed. */
  switch(): () => void {
    this.switched++
    return () => {
      this.switched--
      this.#closeIfOver()
    }
  }

  /** It gave an answer. */
  answered(): void {
    this.#failures = 0
    this.late = 0
    this.ejectedUntil = 0
  }

  /** It gave none in time. */
  tooLate(): void {
    this.late++
    this.failed()
  }

  /** It gave none, or half of one. */
  failed(): void {
    this.ejectedUntil = performance.now() + Math.min(MAX_EJECTED, EJECTED * 2 ** this.#failures)
    if (this.#failures < 10) this.#failures++
  }

  /** It gets no more requests. */
  leave(): void {
    this.#left = true
    this.#closeIfOver()
  }

  #closeIfOver(): void {
    if (this.#left && this.running === 0 && this.switched === 0) this.upstream.close()
  }
}

/**
 * The one to be called next: the least busy for its weight of those that are well and have room. One that failed comes
 * after all others; where all failed, the one whose time is up first. Undefined where none has room.
 * @param tried Those that are out of the question.
 */
export function choose(members: readonly Member[], tried: ReadonlySet<unknown> | undefined): Member | undefined {
  const now = performance.now()
  let best: Member | undefined
  let rank = 0
  let load = 0
  for (const member of members) {
    if (!member.free || tried?.has(member) === true) continue
    const out = member.ejectedUntil > now
    const memberRank = (member.healthy ? 0 : 2) + (out ? 1 : 0)
    const memberLoad = out ? member.ejectedUntil : (member.running + 1) / member.weight
    if (best !== undefined && (memberRank > rank || (memberRank === rank && memberLoad >= load))) continue
    best = member
    rank = memberRank
    load = memberLoad
  }
  return best
}
