import { toBytes } from '../../message/body.ts'
import type { RoleName } from '../../protocol/fastcgi/codes.ts'
import { applicationAddress } from '../address.ts'
import type { Content } from '../call.ts'
import { Backends, type FastCgiOptions } from './backends.ts'
import { askPairs } from './discovery.ts'
import { Dispatched } from './dispatched.ts'
import type { DispatchedAnswer } from './dispatched-answer.ts'

/** What an application is asked (fcgi.isl: `beginRequest`, `params`, `stdin`, `data`). */
export interface DispatchedRequest {
  /** `Responder` where it is left out. */
  readonly role?: RoleName
  /** The variables of the request; each character of names and values is one byte. */
  readonly params: Readonly<Record<string, string>>
  /** The content: bytes, or what is read as it is sent; then CONTENT_LENGTH must be among `params`. */
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array>
  /** The file that a Filter filters; where it is read as it is sent, FCGI_DATA_LENGTH must be among `params`. */
  readonly data?: string | Uint8Array | AsyncIterable<Uint8Array>
}

/** How connections are used, as for the back ends of a site. */
export type DispatcherOptions = Omit<FastCgiOptions, 'address' | 'role' | 'objects'>

/**
 * A FastCGI client: sends requests to an application, over connections that are shared by all dispatchers and sites of
 * this process that name the same address.
 */
export class Dispatcher {
  readonly #options: FastCgiOptions
  readonly #backends: Backends

  /**
   * @param address `unix:PATH`, `host:port`, `[IPv6]:port`, or several of them.
   * @throws TypeError for an address or options that cannot be.
   */
  constructor(address: string | readonly string[], options: DispatcherOptions = {}) {
    this.#options = { ...options, address }
    this.#backends = new Backends(this.#options)
  }

  /** Sends a request. What fails is told by the answer. @throws TypeError where a length is missing. */
  beginRequest({ role = 'Responder', params, stdin, data }: DispatchedRequest): DispatchedAnswer {
    const content = contentOf(stdin, params['CONTENT_LENGTH'])
    const file = contentOf(data, params['FCGI_DATA_LENGTH'])
    const method = params['REQUEST_METHOD']
    const idempotent = method === 'GET' || method === 'HEAD'
    const question = { role, forms: { variables: Object.entries(params).flat() }, content, data: file, idempotent }
    const tried = new Set<unknown>()
    return new Dispatched((events) => this.#backends.ask(question, tried, events), question)
  }

  /**
   * What the application says of itself (§4.1); without those names that it does not know.
   * @returns Undefined where it does not answer within half a second. Of several addresses the first one is asked.
   */
  getValues(names: readonly string[]): Promise<Record<string, string> | undefined> {
    const { address } = this.#options
    const first = applicationAddress(typeof address === 'string' ? address : (address[0] ?? ''))
    return new Promise((resolve) => {
      askPairs(first, names, (pairs) => {
        if (pairs === undefined) return resolve(undefined)
        const values: Record<string, string> = {}
        for (let i = 0; i < pairs.length; i += 2) values[pairs[i] as string] = pairs[i + 1] as string
        resolve(values)
      })
    })
  }
}

/** Bytes, or what is read as it is sent: then its length is what the variables say. */
function contentOf(bytes: DispatchedRequest['stdin'], length: string | undefined): Content | undefined {
  if (bytes === undefined) return undefined
  if (typeof bytes === 'string' || bytes instanceof Uint8Array) {
    const held = toBytes(bytes)
    return { size: held.byteLength, bytes: held, close() {} }
  }
  if (length === undefined || !/^\d{1,15}$/.test(length)) {
    throw new TypeError('what is read as it is sent needs its length: give CONTENT_LENGTH, of data FCGI_DATA_LENGTH')
  }
  return { size: Number(length), source: bytes, close() {} }
}
