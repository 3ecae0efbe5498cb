import type { AuthorizationRecord } from '../../message/connection.ts'
import { ClientGone } from '../client-gone.ts'
import type { HostContent, HostFacts, HostRequest } from '../host/request.ts'
import { FetchAnswer } from './answer.ts'
import { FetchContent } from './content.ts'

/** What a runtime's Request does not tell. */
export interface ToldBeside {
  readonly facts: HostFacts
  readonly user: AuthorizationRecord | undefined
  readonly mount: string | undefined
}

/** The authority and the target of a URL as the platform has it. */
const URL_PARTS = /^https?:\/\/([^/?#]*)(.*)$/s

/** A platform's Request, and its answer, as the site is to see them. */
export class FetchHostRequest implements HostRequest {
  readonly method: string
  readonly target: string
  readonly version = '1.1'
  readonly fields: readonly string[]
  readonly facts: HostFacts
  readonly user: AuthorizationRecord | undefined
  readonly mount: string | undefined
  readonly content: HostContent | null
  readonly #answer: FetchAnswer
  readonly #signal: AbortSignal
  #gone: (() => void) | undefined = undefined

  /** @throws TypeError where somebody has read the content already. */
  constructor(request: globalThis.Request, { facts, user, mount }: ToldBeside) {
    if (request.bodyUsed) throw new TypeError('the body of this request was read before the site got it')
    const [, authority = '', rest = ''] = URL_PARTS.exec(request.url) ?? []
    const fields: string[] = []
    request.headers.forEach((value, name) => void fields.push(name, value))
    const host = request.headers.get('host')
    // A Request that a program made has no such field.
    if (host === null) fields.push('host', authority)
    // The URL has another host where the client's target was absolute, and that one holds (RFC 9112 §3.2.2).
    const absolute = host !== null && host.toLowerCase() !== authority
    this.method = request.method
    this.target = absolute ? request.url : rest.startsWith('/') ? rest : `/${rest}`
    this.fields = fields
    this.facts = facts
    this.user = user
    this.mount = mount
    // A content that breaks off is that of a client which has gone; Deno tells of it in no other way.
    this.content = request.body === null ? null : new FetchContent(request.body, () => this.#left())
    this.#answer = new FetchAnswer(request.method === 'HEAD', () => this.#left())
    this.#signal = request.signal
  }

  /** Fulfilled with the answer as soon as its head is there. */
  get response(): Promise<globalThis.Response> {
    return this.#answer.response
  }

  onGone(call: () => void): void {
    this.#gone = call
    if (this.#signal.aborted) this.#left()
    else this.#signal.addEventListener('abort', () => this.#left(), { once: true })
  }

  head(status: number, statusText: string, fields: readonly string[], size: number | undefined): void {
    this.#answer.head(status, statusText, fields, size)
  }

  write(chunk: Uint8Array): void | Promise<void> {
    return this.#answer.write(chunk)
  }

  /** The platform has no trailers. */
  end(): void {
    this.#answer.end()
    this.#gone = undefined
  }

  breakOff(): void {
    this.#answer.breakOff(new Error('the answer broke off'))
    this.#gone = undefined
  }

  /** Whoever waits for the answer finds that it is none. */
  #left(): void {
    const gone = this.#gone
    this.#gone = undefined
    if (gone === undefined) return
    this.#answer.breakOff(new ClientGone())
    gone()
  }
}
