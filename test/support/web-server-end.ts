import { connect, type Socket } from 'node:net'
import { END_REQUEST, GET_VALUES_RESULT, STDERR, STDIN, STDOUT } from '../../src/protocol/fastcgi/codes.ts'
import { paramsStream, readNameValues } from '../../src/protocol/fastcgi/name-values.ts'
import { RecordReader, readEnd } from '../../src/protocol/fastcgi/record-reader.ts'
import { beginRequest, bytesOf, record, streamEnd } from '../../src/protocol/fastcgi/records.ts'
import type { Seen } from './transports.ts'

/** What came of one request. Texts have one character for each byte. */
export class Came {
  stdout = ''
  stderr = ''
  /** Whether STDOUT was ended before END_REQUEST. */
  stdoutEnded = false
  end: { readonly appStatus: number; readonly protocolStatus: number } | undefined = undefined
}

/** A web server's end of one connection, in the hand of a test. */
export class WebServerEnd {
  readonly socket: Socket
  readonly requests = new Map<number, Came>()
  /** Records of other types: type, id, content. */
  readonly others: (readonly [number, number, string])[] = []
  closed = false
  /** What came that is no record. */
  fault: unknown = undefined
  readonly #reader = new RecordReader()
  #waiters: (() => void)[] = []

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes) => {
      try {
        this.#reader.read(bytes, this)
      } catch (error) {
        this.fault ??= error
      }
      this.#wake()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.closed = true
      this.#wake()
    })
  }

  /** @param address As an application tells it: `unix:PATH` or `host:port`. */
  static open(address: string): Promise<WebServerEnd> {
    return new Promise((resolve, reject) => {
      const [, host = '', port] = /^(.*):(\d+)$/.exec(address) ?? []
      const where = address.startsWith('unix:') ? { path: address.slice(5) } : { host, port: Number(port) }
      const socket = connect(where, () => {
        socket.off('error', reject)
        resolve(new WebServerEnd(socket))
      })
      socket.once('error', reject)
    })
  }

  record(type: number, id: number, content: Uint8Array): void {
    const text = Buffer.from(content).toString('latin1')
    const came = this.came(id)
    if (type === STDOUT) {
      came.stdout += text
      came.stdoutEnded = text === ''
    } else if (type === STDERR) came.stderr += text
    else if (type === END_REQUEST) came.end = readEnd(content)
    else this.others.push([type, id, text])
  }

  came(id: number): Came {
    const came = this.requests.get(id) ?? new Came()
    this.requests.set(id, came)
    return came
  }

  send(...records: readonly string[]): this {
    this.socket.write(bytesOf(records.join('')))
    return this
  }

  /** Waits until what is asked is true. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.closed) throw new Error('the application closed the connection')
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
  }

  /** Waits for the end of a request; its id may be used again then. */
  async answer(id: number = 1): Promise<Came> {
    await this.until(() => this.came(id).end !== undefined)
    const came = this.came(id)
    this.requests.delete(id)
    return came
  }

  async whenClosed(): Promise<void> {
    while (!this.closed) await new Promise<void>((resolve) => this.#waiters.push(resolve))
  }

  /** Asks for values (GET_VALUES), and waits for them. */
  async values(...names: readonly string[]): Promise<Record<string, string>> {
    const before = this.others.length
    this.send(record(9, 0, names.map((name) => `${String.fromCharCode(name.length)}\0${name}`).join('')))
    await this.until(() => this.others.length > before)
    const [type, , text] = this.others[before] ?? []
    if (type !== GET_VALUES_RESULT) throw new Error(`a record of type ${type} came`)
    const list = readNameValues(text ?? '')
    return Object.fromEntries(list.flatMap((name, i) => (i % 2 === 0 ? [[name, list[i + 1] ?? '']] : [])))
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake()
  }
}

export interface Asked {
  readonly id?: number
  /** 1: Responder, 2: Authorizer, 3: Filter. */
  readonly role?: number
  /** 1: the connection stays; 2: windows. */
  readonly flags?: number
  readonly path?: string
  readonly method?: string
  readonly variables?: Readonly<Record<string, string>>
  /** One character a byte. */
  readonly body?: string
}

/** The variables of a request as web servers tell them, name, value, name, value. */
export function variablesFor({ path = '/', method = 'GET', body, variables = {} }: Asked): string[] {
  const told: Record<string, string> = {
    REQUEST_METHOD: method,
    REQUEST_URI: path,
    SCRIPT_NAME: '',
    SERVER_NAME: 'a',
    SERVER_PORT: '80',
    SERVER_PROTOCOL: 'HTTP/1.1',
    REMOTE_ADDR: '192.0.2.7',
    HTTP_HOST: 'a',
    ...(body !== undefined && { CONTENT_LENGTH: String(body.length) }),
    ...variables,
  }
  return Object.entries(told).flat()
}

/** The beginning of a request: up to the end of its variables. */
export function begun(asked: Asked = {}): string {
  const { id = 1, role = 1, flags = 1 } = asked
  return beginRequest(id, role, flags) + paramsStream(id, variablesFor(asked))
}

/** A whole request. */
export function whole(asked: Asked = {}): string {
  const { id = 1, body = '' } = asked
  return begun(asked) + content(STDIN, id, body)
}

/** A whole stream. */
export function content(type: number, id: number, text: string): string {
  let records = ''
  for (let at = 0; at < text.length; at += 65528) records += record(type, id, text.slice(at, at + 65528))
  return records + streamEnd(type, id)
}

/** What a client would see of an answer. */
export function seenIn({ stdout }: Came): Seen {
  const at = stdout.indexOf('\r\n\r\n')
  const headers: Record<string, string> = {}
  for (const line of stdout.slice(0, at).split('\r\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = name in headers ? `${headers[name]}${name === 'set-cookie' ? ',' : ', '}${value}` : value
  }
  const { status = '', ...rest } = headers
  return {
    status: Number.parseInt(status, 10),
    headers: rest,
    body: Buffer.from(stdout.slice(at + 4), 'latin1'),
    trailers: {},
  }
}
