import { HttpError } from '../../message/errors.ts'
import { type Call, type CallEvents, GatewayFault, type Open, type Quick, type Wire } from '../call.ts'
import { type Balance, BalancedCall } from './balanced-call.ts'
import { choose, Member, type MemberOptions } from './member.ts'
import { QuickBalanced } from './quick-balanced.ts'

export interface BalancerOptions {
  /** What the log calls them by. */
  readonly name: string
  /** Requests that wait for one that has room; more are answered 503. */
  readonly queue: () => number
  /**
   * Where whoever watches them tells who has come and gone: why nobody need wait, where none is to be expected. Else
   * requests wait, also those that found nobody at an address, which is told to have gone in a moment.
   */
  readonly hopeless?: () => string | undefined
}

/** How busy several back ends are. */
export interface Load {
  readonly waiting: number
  readonly members: readonly {
    readonly name: string
    readonly running: number
    readonly served: number
    readonly late: number
  }[]
}

/**
 * Several back ends that answer alike, as they come and go. A request goes to the least busy one; where all have as much
 * as they take, or none is there yet, it waits for its turn.
 */
export class Balancer implements Balance {
  readonly #options: BalancerOptions
  #members: readonly Member[] = []
  /** Those that are named no more and have something to end. */
  #leaving: Member[] = []
  // Not a Set: see clock.ts.
  readonly #waiting: BalancedCall[] = []
  #serving = false

  constructor(options: BalancerOptions) {
    this.#options = options
  }

  readonly open: Open = (call: Call, events: CallEvents): Wire => {
    const balanced = new BalancedCall(call, events, this)
    const member = this.#waiting.length === 0 ? choose(this.#members, call.tried) : undefined
    if (member !== undefined) balanced.begin(member, false)
    else this.#wait(balanced)
    return balanced
  }

  /** Sends a quick call, where that can be done at once; see `Upstream`. */
  readonly quick = (call: Quick): boolean => {
    if (this.#waiting.length > 0) return false
    const member = choose(this.#members, undefined)
    if (member?.upstream.quick === undefined || member.ejectedUntil !== 0) return false
    call.through = new QuickBalanced(member, this)
    member.running++
    if (member.upstream.quick(call)) return true
    member.running--
    call.through = undefined
    return false
  }

  get waiting(): number {
    return this.#waiting.length
  }

  get running(): number {
    return this.#members.reduce((sum, { running }) => sum + running, 0)
  }

  get members(): readonly Member[] {
    return this.#members
  }

  /** From now on these. Those that are named again keep what runs; the others get nothing more. */
  become(given: readonly MemberOptions[]): void {
    const before = new Map(this.#members.map((member) => [member.name, member]))
    this.#leaving = this.#leaving.filter(({ running, switched, served }) => running + switched + served > 0)
    this.#members = given.map((options) => {
      const member = before.get(options.name) ?? new Member(options)
      before.delete(options.name)
      member.weight = options.weight ?? 1
      member.capacity = options.capacity ?? Number.POSITIVE_INFINITY
      member.ahead = options.ahead ?? 0
      return member
    })
    for (const member of before.values()) member.leave()
    this.#leaving.push(...before.values())
    this.freed()
  }

  /** What each one has to do, and has done since this was asked last; those that were left too, until they have ended. */
  takeLoad(): Load {
    const members = [...this.#members, ...this.#leaving].map((member) => {
      const { name, running, switched, late } = member
      return { name, running: running + switched, served: member.takeServed(), late }
    })
    this.#leaving = this.#leaving.filter(({ running, switched }) => running + switched > 0)
    return { waiting: this.#waiting.length, members }
  }

  /** Whoever waits gets what is free. */
  freed(): void {
    if (this.#serving || this.#waiting.length === 0) return
    const why = this.#members.length === 0 ? this.#options.hopeless?.() : undefined
    if (why !== undefined) {
      for (const call of this.#waiting.splice(0)) call.refuse({ error: this.#refusal(why) })
      return
    }
    this.#serving = true
    for (let i = 0; i < this.#waiting.length; ) {
      const call = this.#waiting[i] as BalancedCall
      const member = choose(this.#members, call.tried)
      if (member === undefined) {
        // Only one that was tried somewhere can be without a place where another has one.
        if (call.tried === undefined) break
        i++
        continue
      }
      this.#waiting.splice(i, 1)
      call.begin(member, true)
    }
    this.#serving = false
  }

  forget(call: BalancedCall): void {
    const at = this.#waiting.indexOf(call)
    if (at >= 0) this.#waiting.splice(at, 1)
  }

  elsewhere(tried: ReadonlySet<unknown>, unbegun: boolean): boolean {
    if (unbegun && this.#options.hopeless !== undefined) return true
    return this.#members.some((member) => !tried.has(member))
  }

  left(member: Member, why: HttpError | undefined, { connection }: Call): void {
    if (this.#isTold) member.news.left(member.name, why, connection.exchange)
  }

  returned(member: Member, { connection }: Call): void {
    if (this.#isTold) member.news.returned(member.name, connection.exchange)
  }

  /** One that is alone is called all the same, and tells with each request; whoever watches them tells otherwise. */
  get #isTold(): boolean {
    return this.#members.length > 1 && this.#options.hopeless === undefined
  }

  #wait(call: BalancedCall): void {
    const why = this.#members.length === 0 ? this.#options.hopeless?.() : undefined
    const many = this.#waiting.length >= this.#options.queue()
    if (why === undefined && !many) {
      this.#waiting.push(call)
      return
    }
    const error = this.#refusal(why ?? `${this.#waiting.length} requests wait for it already (queue)`)
    // It must not be told before it has been returned.
    queueMicrotask(() => call.refuse({ error }))
  }

  #refusal(why: string): HttpError {
    const cause = new GatewayFault(`${this.#options.name}: ${why}`)
    return new HttpError(503, { code: 'gateway.queue', headers: { 'Retry-After': '1' }, cause })
  }
}
