import type { Member } from '../../gateway/balance/member.ts'
import type { Call } from '../../gateway/call.ts'
import { exchange } from '../../gateway/exchange.ts'
import type { Exchange } from '../../message/exchange.ts'
import { Request } from '../../message/request.ts'
import { nobody } from '../explain-program.ts'
import { authorityOf } from './addresses.ts'
import type { HealthOptions } from './options.ts'

const INTERVAL = 5000
const TIMEOUT = 3000
/** So many times is asked without a request in between; then nobody wants to know. */
const ASKED_IN_VAIN = 12

/** A member, and where it is as its own answers say it. */
export interface Asked {
  readonly member: Member
  readonly origin: string
}

/**
 * Asks back ends again and again whether they are well, for as long as requests come: a site that was replaced by a newer
 * one gets none, and its questions end. One that is not well is called only where no other one is.
 */
export class Health {
  readonly #asked: readonly Asked[]
  readonly #options: HealthOptions
  readonly #host: string | undefined
  readonly #under = new Set<Member>()
  #timer: NodeJS.Timeout | undefined = undefined
  #exchange: Exchange | undefined = undefined
  #inVain = 0

  /** @param host What Host says; undefined for the address of each. */
  constructor(asked: readonly Asked[], options: HealthOptions, host: string | undefined) {
    this.#asked = asked
    this.#options = options
    this.#host = host
  }

  /** A request came. @param exchange What tells the log. */
  requested(exchange: Exchange): void {
    this.#exchange = exchange
    this.#inVain = 0
    if (this.#timer !== undefined) return
    this.#timer = setInterval(() => this.#tick(), this.#options.interval ?? INTERVAL).unref()
    this.#askAll()
  }

  #tick(): void {
    if (this.#inVain++ < ASKED_IN_VAIN) return this.#askAll()
    clearInterval(this.#timer)
    this.#timer = undefined
    for (const { member } of this.#asked) member.healthy = true
  }

  #askAll(): void {
    for (const asked of this.#asked) {
      if (this.#under.has(asked.member)) continue
      this.#under.add(asked.member)
      this.#ask(asked)
        .then(
          (status) => this.#learn(asked.member, this.#isWell(status) ? undefined : `it answered ${status}`),
          (error: Error) =>
            this.#learn(asked.member, String((error.cause as Error | undefined)?.message ?? error.message)),
        )
        .finally(() => this.#under.delete(asked.member))
    }
  }

  async #ask({ member, origin }: Asked): Promise<number> {
    const { path, timeout = TIMEOUT } = this.#options
    const call: Call = {
      request: new Request(origin + path),
      connection: nobody(),
      variables: [],
      lines: `GET ${path} HTTP/1.1\r\nHost: ${this.#host ?? authorityOf(origin)}\r\nUser-Agent: oriel\r\n`,
      content: undefined,
      data: undefined,
      tried: undefined,
    }
    const timeouts = { firstByte: timeout, idle: timeout, total: timeout }
    const { head, body } = await exchange(member.upstream.open, call, { timeouts, name: member.name })
    body.discard()
    return head.status ?? 0
  }

  #isWell(status: number): boolean {
    const { status: wanted } = this.#options
    return wanted === undefined ? status >= 200 && status < 400 : status === wanted
  }

  /** @param fault Why it is not well. */
  #learn(member: Member, fault: string | undefined): void {
    const healthy = fault === undefined
    if (member.healthy === healthy || this.#timer === undefined) return
    member.healthy = healthy
    if (healthy) this.#exchange?.report('info', 'A back end is well again.', { upstream: member.name })
    else this.#exchange?.report('warn', 'A back end is not well.', { upstream: member.name, why: fault })
  }
}
