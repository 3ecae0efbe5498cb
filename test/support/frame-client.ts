import { connect, type Socket } from 'node:net'
import { HpackDecoder } from '../../src/protocol/http2/hpack-decoder.ts'
import { encodeFields } from '../../src/protocol/http2/hpack-encoder.ts'

/** The types of frames (RFC 9113 §6), written once more: a test must not take them from what it tests. */
export const TYPES = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const

export type TypeName = keyof typeof TYPES

export const END_STREAM = 1
export const ACK = 1
export const END_HEADERS = 4
export const PADDED = 8

export const CODES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
] as const

export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

export interface Frame {
  readonly type: TypeName
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

/** The bytes of one frame, right or wrong as the caller wants it. */
export function frame(
  type: TypeName | number,
  flags: number,
  stream: number,
  payload: Uint8Array | string = '',
): Buffer {
  const content = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload
  const head = Buffer.alloc(9)
  head.writeUIntBE(content.byteLength, 0, 3)
  head[3] = typeof type === 'number' ? type : TYPES[type]
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, content])
}

export function settings(...values: readonly (readonly [name: number, value: number])[]): Buffer {
  return frame('SETTINGS', 0, 0, Buffer.concat(values.map(([name, value]) => Buffer.concat([u16(name), u32(value)]))))
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

/** The fields of a plain request, and more behind them. */
export function fields(path: string = '/', method: string = 'GET', ...more: string[]): string[] {
  return [':method', method, ':scheme', 'http', ':path', path, ':authority', 'a', ...more]
}

export function headers(stream: number, list: readonly string[], ended: boolean = true): Buffer {
  return frame('HEADERS', END_HEADERS | (ended ? END_STREAM : 0), stream, encodeFields(list))
}

export function data(stream: number, content: string | Uint8Array, ended: boolean = false): Buffer {
  return frame('DATA', ended ? END_STREAM : 0, stream, content)
}

/** What came on one stream. */
export interface Answer {
  status: number
  /** Interim statuses before it. */
  readonly interim: number[]
  readonly headers: Map<string, string>
  readonly trailers: Map<string, string>
  body: string
  /** `end`, or the code of the reset; both where a reset followed the end. */
  ending: string
}

/** A client that speaks frames: it says exactly what a test wants it to, and keeps exactly what came. */
export class FrameClient {
  readonly socket: Socket
  readonly frames: Frame[] = []
  readonly answers = new Map<number, Answer>()
  /** The codes of the GOAWAY frames that came, with their last stream. */
  readonly goaways: { readonly last: number; readonly code: string; readonly why: string }[] = []
  closed = false
  /** Whether settings and pings are acknowledged, and windows given back. */
  polite = true
  readonly #decoder = new HpackDecoder(4096)
  #bytes: Buffer = Buffer.alloc(0)
  #block: { stream: number; flags: number; parts: Buffer[] } | undefined
  #waiters: (() => void)[] = []

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes])
      this.#read()
      this.#wake()
    })
    const close = (): void => {
      this.closed = true
      this.#wake()
    }
    socket.on('error', close).on('end', close).on('close', close)
  }

  /** Connects, and begins as a client does. */
  static async open(port: number, first: Uint8Array = settings()): Promise<FrameClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    const client = new FrameClient(socket)
    client.send(PREFACE, first)
    return client
  }

  send(...parts: readonly (string | Uint8Array)[]): void {
    this.socket.write(
      Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))),
    )
  }

  /** The whole answer on a stream, or what came of it before a reset. */
  async answer(stream: number): Promise<Answer> {
    await this.until(() => (this.answers.get(stream)?.ending ?? '') !== '')
    return this.answers.get(stream) as Answer
  }

  /** Waits until a condition holds. @throws Error where the server closes before. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.closed) throw new Error(`closed; ${JSON.stringify(this.goaways)}`)
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
  }

  /** Waits until the server has closed the connection; returns the code that it gave last. */
  async ended(): Promise<string> {
    while (!this.closed) await new Promise<void>((resolve) => this.#waiters.push(resolve))
    return this.goaways.at(-1)?.code ?? 'none'
  }

  /** Waits until the server has worked off all that was sent before. */
  async settled(): Promise<void> {
    const mark = Buffer.from(String(Math.random()).slice(2, 10).padEnd(8, '0'))
    this.send(frame('PING', 0, 0, mark))
    await this.until(() =>
      this.frames.some(({ type, flags, payload }) => type === 'PING' && flags === ACK && payload.equals(mark)),
    )
  }

  of(type: TypeName, stream?: number): Frame[] {
    return this.frames.filter((one) => one.type === type && (stream === undefined || one.stream === stream))
  }

  destroy(): void {
    this.socket.destroy()
  }

  #read(): void {
    while (this.#bytes.length >= 9) {
      const size = this.#bytes.readUIntBE(0, 3)
      if (this.#bytes.length < 9 + size) return
      const type = (Object.keys(TYPES) as TypeName[])[this.#bytes[3] ?? 99]
      if (type === undefined || size > 16384) throw new Error(`no frame: ${this.#bytes.toString('hex', 0, 9)}`)
      const one = {
        type,
        flags: this.#bytes[4] ?? 0,
        stream: this.#bytes.readUInt32BE(5),
        payload: Buffer.from(this.#bytes.subarray(9, 9 + size)),
      }
      this.#bytes = this.#bytes.subarray(9 + size)
      this.frames.push(one)
      this.#take(one)
    }
  }

  #take({ type, flags, stream, payload }: Frame): void {
    const answer = this.#answerOf(stream)
    switch (type) {
      case 'SETTINGS':
        if (this.polite && flags !== ACK) this.send(frame('SETTINGS', ACK, 0))
        break
      case 'PING':
        if (this.polite && flags !== ACK) this.send(frame('PING', ACK, 0, payload))
        break
      case 'GOAWAY':
        this.goaways.push({
          last: payload.readUInt32BE(0),
          code: CODES[payload.readUInt32BE(4)] ?? 'unknown',
          why: payload.toString('utf8', 8),
        })
        break
      case 'HEADERS':
      case 'CONTINUATION':
        this.#fields(type, flags, stream, payload)
        break
      case 'DATA':
        if (answer.ending !== '') throw new Error(`DATA on stream ${stream} after its end`)
        answer.body += payload.toString('latin1')
        if (this.polite && payload.length > 0) {
          this.send(
            frame('WINDOW_UPDATE', 0, 0, u32(payload.length)),
            frame('WINDOW_UPDATE', 0, stream, u32(payload.length)),
          )
        }
        if ((flags & END_STREAM) !== 0) answer.ending = 'end'
        break
      case 'RST_STREAM':
        answer.ending = `${answer.ending} ${CODES[payload.readUInt32BE(0)]}`.trim()
        break
    }
  }

  #fields(type: TypeName, flags: number, stream: number, payload: Buffer): void {
    if ((this.#block === undefined) !== (type === 'HEADERS')) throw new Error(`${type} at a wrong place`)
    this.#block ??= { stream, flags, parts: [] }
    this.#block.parts.push(payload)
    if ((flags & END_HEADERS) === 0) return
    const { parts, flags: first } = this.#block
    this.#block = undefined
    const list = this.#decoder.decode(Buffer.concat(parts), { size: 1e6, fields: 1000 }) ?? []
    const answer = this.#answerOf(stream)
    const found = new Map<string, string>()
    for (let i = 0; i < list.length; i += 2) {
      const name = list[i] ?? ''
      if (name !== name.toLowerCase()) throw new Error(`${name} is not in lower case`)
      const before = found.get(name)
      found.set(name, before === undefined ? (list[i + 1] ?? '') : `${before}, ${list[i + 1]}`)
    }
    const status = Number(found.get(':status') ?? 0)
    if (status === 0) for (const [name, value] of found) answer.trailers.set(name, value)
    else if (status < 200) answer.interim.push(status)
    else {
      if (answer.status !== 0) throw new Error(`two answers on stream ${stream}`)
      answer.status = status
      for (const [name, value] of found) answer.headers.set(name, value)
    }
    if ((first & END_STREAM) !== 0) answer.ending = 'end'
  }

  #answerOf(stream: number): Answer {
    const known = this.answers.get(stream)
    if (known !== undefined) return known
    const made: Answer = { status: 0, interim: [], headers: new Map(), trailers: new Map(), body: '', ending: '' }
    if (stream !== 0) this.answers.set(stream, made)
    return made
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake()
  }
}
