import { type Body, type BodyInit, readAll, toBody, typeOf } from './body.ts'
import { brand, RESPONSE } from './brands.ts'
import { checkFieldValue } from './fields.ts'
import { Headers, type HeadersInit } from './headers.ts'

export interface ResponseInit {
  /** 200 to 599, or 101 with `upgrade`; 200 where it is left out. */
  readonly status?: number
  /** The reason phrase; the registered one where it is left out. */
  readonly statusText?: string
  readonly headers?: HeadersInit
  /** Fields sent after a body of unknown length, to clients that said `TE: trailers` (RFC 9110 §6.5). */
  readonly trailers?: () => Headers | Promise<Headers>
  /** Takes the connection over once the head was sent (101, or 2xx to CONNECT). */
  readonly upgrade?: Upgrade
}

/** Takes over a connection. `head` is what the client sent already, behind the request. */
export type Upgrade = (socket: UpgradedSocket, head: Uint8Array) => void

/** What a take-over gets: a duplex byte stream, as small as can be said without naming a platform. */
export interface UpgradedSocket {
  /** Whether the other side has ended its own already, so that there will be no `end`. */
  readonly readableEnded?: boolean
  write(data: Uint8Array | string): boolean
  end(): unknown
  destroy(error?: Error): unknown
  pause(): unknown
  resume(): unknown
  on(event: 'data', call: (chunk: Uint8Array) => void): unknown
  on(event: 'end' | 'close' | 'drain', call: () => void): unknown
  on(event: 'error', call: (error: Error) => void): unknown
}

const OVER: ResponseInit = {}
const NO_FIELDS = new Headers()

/** An answer, in the shape of Fetch's Response but light: making one costs nanoseconds. */
export class Response {
  readonly status: number
  readonly statusText: string
  readonly body: Body
  readonly trailers: (() => Headers | Promise<Headers>) | undefined
  readonly upgrade: Upgrade | undefined
  /** The bytes of the body once more as text, one character a byte, where whoever made it keeps them so. @internal */
  readonly latin1: string | undefined
  #headers: Headers
  /** Whether the fields are another's too, and are copied before they change. */
  #shared: boolean
  /** Whether somebody has the fields in hand, and may change them at any time. */
  #lent: boolean

  /** @throws RangeError for a status that no answer has, TypeError for a bad field, reason phrase or body. */
  constructor(body: BodyInit | undefined = null, init: ResponseInit = {}) {
    const status = init.status ?? 200
    if (status !== 200) checkStatus(status, init.upgrade)
    this.status = status
    this.statusText = init.statusText === undefined ? '' : checkFieldValue('the reason phrase', init.statusText)
    this.body = toBody(body)
    this.trailers = init.trailers
    this.upgrade = init.upgrade
    this.latin1 = undefined
    this.#headers = init === OVER ? NO_FIELDS : new Headers(init.headers)
    this.#shared = false
    this.#lent = false
    const type = typeOf(body)
    if (type !== undefined && !this.#headers.has('content-type')) this.#headers.append('Content-Type', type)
  }

  /** The fields, free to change. */
  get headers(): Headers {
    if (this.#shared) {
      this.#headers = new Headers(this.#headers)
      this.#shared = false
    }
    this.#lent = true
    return this.#headers
  }

  /** Whether the status is 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }

  /** An answer in JSON. @throws TypeError for a value that JSON cannot say. */
  static json(value: unknown, init: ResponseInit = {}): Response {
    const text = JSON.stringify(value)
    if (text === undefined) throw new TypeError('the value cannot be said in JSON')
    const response = new Response(null, init)
    if (!response.#headers.has('content-type')) response.#headers.append('Content-Type', 'application/json')
    return response.with({ body: text })
  }

  /** A redirect. `to` may be a path or an absolute URL. @throws RangeError unless the status is 301, 302, 303, 307 or 308. */
  static redirect(to: string | URL, status: number = 302): Response {
    if (![301, 302, 303, 307, 308].includes(status)) throw new RangeError(`${status} is not the status of a redirect`)
    return new Response(null, { status, headers: { Location: encodeLocation(String(to)) } })
  }

  /**
   * An answer over fields that many answers share, as the kept files do. They are copied when somebody asks for
   * `headers` in order to change them.
   * @internal
   */
  static over(status: number, headers: Headers, body: Body, latin1?: string): Response {
    const response = new Response(null, OVER)
    const made = response as { status: number; body: Body; latin1: string | undefined }
    made.status = status
    made.body = body
    made.latin1 = latin1
    response.#headers = headers
    response.#shared = true
    return response
  }

  /** The fields to read only: never to be changed, they may be shared. @internal */
  peek(): Headers {
    return this.#headers
  }

  /**
   * The same answer with something changed; fields that are not named stay.
   * @throws RangeError for a status that no answer has, TypeError for a bad field or reason phrase.
   */
  with(changes: { status?: number; statusText?: string; headers?: HeadersInit; body?: Body }): Response {
    const { status, statusText, headers } = changes
    if (status !== undefined) checkStatus(status, this.upgrade)
    const copied = headers ?? (this.#lent ? this.#headers : undefined)
    const made = Response.over(
      status ?? this.status,
      copied === undefined ? this.#headers : new Headers(copied),
      'body' in changes ? (changes.body ?? null) : this.body,
    )
    if (copied === undefined) this.#shared = true
    else made.#shared = false
    const open = made as {
      statusText: string
      trailers: Response['trailers']
      upgrade: Response['upgrade']
    }
    if (statusText !== undefined) open.statusText = checkFieldValue('the reason phrase', statusText)
    else if (status === undefined) open.statusText = this.statusText
    open.trailers = this.trailers
    open.upgrade = this.upgrade
    return made
  }

  async bytes(): Promise<Uint8Array> {
    return readAll(this.body)
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await readAll(this.body)
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  }

  async text(): Promise<string> {
    return typeof this.body === 'string' ? this.body : new TextDecoder().decode(await readAll(this.body))
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }
}

brand(Response, RESPONSE)

function checkStatus(status: number, upgrade: Upgrade | undefined): void {
  if (status === 101 && upgrade !== undefined) return
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new RangeError(`the status of an answer is 200 to 599, not ${status}`)
  }
}

/** Anything that a URI cannot have is percent-encoded, so that a Location is one whatever it was made from. */
function encodeLocation(to: string): string {
  return /^[\x21-\x7e]*$/.test(to) ? to : encodeURI(to).replace(/%25([0-9A-Fa-f]{2})/g, '%$1')
}
