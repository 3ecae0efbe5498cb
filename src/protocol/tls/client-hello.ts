/** What a client asks for before anything is encrypted. */
export interface ClientHello {
  /** The host name it wants, in lower case (server_name, RFC 6066 §3). */
  readonly serverName: string | undefined
  /** The protocols it offers, in its order (ALPN, RFC 7301 §3.1). */
  readonly protocols: readonly string[]
}

/** The most bytes of a ClientHello that are looked at, records included. Real ones have one or two thousand. */
export const LONGEST_HELLO: number = 16384

/** The most records: real ones come in one or a few. It is read anew with every piece, which must cost little. */
const MOST_RECORDS = 16

const HANDSHAKE = 22
const CLIENT_HELLO = 1
const SERVER_NAME = 0
const HOST_NAME = 0
const ALPN = 16

/**
 * The ClientHello with which a TLS connection begins (RFC 8446 §4.1.2, the same in TLS 1.2), over as many records as it
 * takes. `more` where it is not whole yet, `other` where these are no ClientHello, or one too long. Never throws.
 */
export function readClientHello(bytes: Uint8Array): ClientHello | 'more' | 'other' {
  const message = handshakeMessage(bytes)
  if (typeof message === 'string') return message
  try {
    return helloOf(message)
  } catch (error) {
    if (error instanceof Malformed) return 'other'
    throw error
  }
}

/** The body of the first handshake message, put together from its records (RFC 8446 §5.1). */
function handshakeMessage(bytes: Uint8Array): Cursor | 'more' | 'other' {
  const fragments: Uint8Array[] = []
  const head: number[] = []
  let got = 0
  for (let at = 0; at < LONGEST_HELLO && fragments.length < MOST_RECORDS; ) {
    if ([HANDSHAKE, 3].some((byte, i) => at + i < bytes.length && bytes[at + i] !== byte)) return 'other'
    if (bytes.length < at + 5) return 'more'
    const end = at + 5 + (((bytes[at + 3] ?? 0) << 8) | (bytes[at + 4] ?? 0))
    // No fragment of a handshake message is empty.
    if (end === at + 5) return 'other'
    const fragment = bytes.subarray(at + 5, end)
    fragments.push(fragment)
    got += fragment.length
    head.push(...fragment.subarray(0, 4 - head.length))
    const [type = CLIENT_HELLO, high = 0, middle = 0, low = 0] = head
    const size = (high << 16) | (middle << 8) | low
    if (type !== CLIENT_HELLO || size > LONGEST_HELLO) return 'other'
    if (head.length === 4 && got >= 4 + size) return new Cursor(joined(fragments, got).subarray(4, 4 + size))
    if (bytes.length < end) return end > LONGEST_HELLO ? 'other' : 'more'
    at = end
  }
  return 'other'
}

function joined(fragments: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = fragments
  if (fragments.length === 1 && only !== undefined) return only
  const whole = new Uint8Array(length)
  let at = 0
  for (const fragment of fragments) {
    whole.set(fragment, at)
    at += fragment.length
  }
  return whole
}

function helloOf(body: Cursor): ClientHello {
  body.skip(2 + 32) // legacy_version, random
  body.vector(1) // legacy_session_id
  body.vector(2) // cipher_suites
  body.vector(1) // legacy_compression_methods
  let serverName: string | undefined
  let protocols: readonly string[] = []
  const extensions = body.ended ? body : body.vector(2)
  while (!extensions.ended) {
    const type = extensions.number(2)
    const data = extensions.vector(2)
    if (type === SERVER_NAME) serverName = hostName(data.vector(2))
    else if (type === ALPN) protocols = texts(data.vector(2))
  }
  return { serverName, protocols }
}

function hostName(list: Cursor): string | undefined {
  while (!list.ended) {
    const type = list.number(1)
    const name = list.vector(2).text()
    if (type === HOST_NAME) return name.toLowerCase()
  }
  return undefined
}

function texts(list: Cursor): string[] {
  const found: string[] = []
  while (!list.ended) found.push(list.vector(1).text())
  return found
}

class Malformed extends Error {
  override readonly name: string = 'Malformed'
}

/** Reads numbers and vectors (RFC 8446 §3.4) from bytes, and never past their end. */
class Cursor {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get ended(): boolean {
    return this.#at === this.#bytes.length
  }

  skip(count: number): void {
    this.#take(count)
  }

  number(size: number): number {
    return this.#take(size).reduce((value, byte) => value * 256 + byte, 0)
  }

  /** What follows its own length, which has so many bytes. */
  vector(lengthSize: number): Cursor {
    return new Cursor(this.#take(this.number(lengthSize)))
  }

  /** The bytes as characters, one each. */
  text(): string {
    return this.#take(this.#bytes.length - this.#at).reduce((text, byte) => text + String.fromCharCode(byte), '')
  }

  #take(count: number): Uint8Array {
    const end = this.#at + count
    if (end > this.#bytes.length) throw new Malformed('a length goes past the end')
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }
}
