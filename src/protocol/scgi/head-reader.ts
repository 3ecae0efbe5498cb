import { ScgiFault, VERSION } from './request.ts'

const COLON = 58
const COMMA = 44
const ZERO = 48

/** The size of a head is beyond what is allowed; nothing of it was read. */
export class HeadTooLarge extends ScgiFault {
  override readonly name: string = 'HeadTooLarge'
}

/** Reads the head of a request from bytes in any pieces: a netstring, strictly as it is specified. */
export class HeadReader {
  /** Name, value, name, value; one character a byte. Complete once `take` has said where the head ends. */
  variables: readonly string[] = []
  readonly #most: number
  #digits = ''
  /** Bytes of the head that are to come, the comma behind it included; -1 before that is known. */
  #left = -1
  #pieces: string[] = []

  /** @param most Bytes that the variables may have. */
  constructor(most: number) {
    this.#most = most
  }

  /** Whether anything came. */
  get begun(): boolean {
    return this.#digits !== ''
  }

  /**
   * Takes bytes. Returns where behind the head the content begins, or -1 where more is needed.
   * @throws ScgiFault for what is no SCGI, HeadTooLarge.
   */
  take(bytes: Uint8Array): number {
    const from = this.#left < 0 ? this.#readSize(bytes) : 0
    if (this.#left < 0) return -1
    const to = Math.min(bytes.byteLength, from + this.#left)
    this.#left -= to - from
    if (this.#left > 0) {
      this.#pieces.push(latin1(bytes, from, to))
      return -1
    }
    if (bytes[to - 1] !== COMMA) throw new ScgiFault('no comma stands behind the variables')
    this.#pieces.push(latin1(bytes, from, to - 1))
    this.variables = variablesOf(this.#pieces.join(''))
    this.#pieces = []
    return to
  }

  /** The length in digits, without zeros before it. Returns where its colon is passed. */
  #readSize(bytes: Uint8Array): number {
    for (let i = 0; i < bytes.byteLength; i++) {
      const c = bytes[i] as number
      if (c === COLON && this.#digits !== '') {
        this.#left = Number(this.#digits) + 1
        return i + 1
      }
      if (c < ZERO || c > ZERO + 9) throw new ScgiFault('it does not begin with a length in digits')
      if (this.#digits === '0') throw new ScgiFault('its length has a zero before it')
      this.#digits += String.fromCharCode(c)
      if (Number(this.#digits) > this.#most) {
        throw new HeadTooLarge(`its variables have more than ${this.#most} bytes`)
      }
    }
    return bytes.byteLength
  }
}

/** @throws ScgiFault where they are not as the specification wants them. */
function variablesOf(text: string): string[] {
  if (!text.endsWith('\0')) throw new ScgiFault('no NUL stands behind the last variable')
  const list = text.slice(0, -1).split('\0')
  if (list.length % 2 === 1) throw new ScgiFault('a name stands without its value')
  if (list[0] !== 'CONTENT_LENGTH') throw new ScgiFault('CONTENT_LENGTH is not the first variable')
  if (!/^\d{1,15}$/.test(list[1] as string)) throw new ScgiFault('CONTENT_LENGTH is no length')
  const values = new Map<string, string>()
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i] as string
    if (name === '') throw new ScgiFault('a variable has no name')
    // A field that a client repeats is sent twice by nginx before 1.23: it is two lines of that field, as over FastCGI.
    if (values.has(name) && !name.startsWith('HTTP_')) throw new ScgiFault(`${name} stands there twice`)
    values.set(name, list[i + 1] as string)
  }
  if (values.get('SCGI') !== VERSION) throw new ScgiFault(`SCGI is not ${VERSION}`)
  return list
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1')
}
