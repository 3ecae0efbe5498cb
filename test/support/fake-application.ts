import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import {
  ABORT_REQUEST,
  BEGIN_REQUEST,
  CREDIT,
  DATA,
  GET_VALUES,
  GET_VALUES_RESULT,
  PARAMS,
  STDERR,
  STDIN,
  STDOUT,
} from '../../src/protocol/fastcgi/codes.ts'
import { nameValues, readNameValues } from '../../src/protocol/fastcgi/name-values.ts'
import { RecordReader, uint16, uint32 } from '../../src/protocol/fastcgi/record-reader.ts'
import { endRequest, record, streamEnd } from '../../src/protocol/fastcgi/records.ts'
import { makeFolder } from './folder.ts'

/** What an application does with a request that is complete. */
export type Script = (asked: Asked, application: FakeApplication) => void

/** A request as it came. Texts have one character for each byte. */
export class Asked {
  readonly connection: Socket
  readonly id: number
  readonly role: number
  readonly flags: number
  params = ''
  stdin = ''
  data = ''
  aborted = false
  onAbort: () => void = () => {}
  onEnd: () => void = () => {}
  onCredit: (bytes: number) => void = () => {}

  constructor(connection: Socket, id: number, role: number, flags: number) {
    this.connection = connection
    this.id = id
    this.role = role
    this.flags = flags
  }

  get variables(): Record<string, string> {
    const list = readNameValues(this.params)
    return Object.fromEntries(list.flatMap((name, i) => (i % 2 === 0 ? [[name, list[i + 1] ?? '']] : [])))
  }

  raw(records: string): void {
    this.connection.write(records, 'latin1')
  }

  stdout(text: string): void {
    this.raw(record(STDOUT, this.id, text))
  }

  stderr(text: string): void {
    this.raw(record(STDERR, this.id, text))
  }

  end(appStatus: number = 0, protocolStatus: number = 0): void {
    this.onEnd()
    this.raw(endRequest(this.id, appStatus, protocolStatus))
  }

  /** A whole answer. */
  answer(text: string): void {
    this.onEnd()
    this.raw(answerRecords(this.id, text))
  }
}

/** A whole answer with this content. */
export function answerRecords(id: number, text: string): string {
  return record(STDOUT, id, `Content-Type: text/plain\n\n${text}`) + streamEnd(STDOUT, id) + endRequest(id, 0, 0)
}

/** An application in the hand of a test, on a socket of its own. */
export class FakeApplication {
  readonly address: string
  readonly path: string
  readonly connections = new Set<Socket>()
  /** All requests that came, and how many connections were made, those that asked for values left out. */
  readonly asked: Asked[] = []
  accepted = 0
  /** The most connections with a request at once, and the most requests. */
  mostConnections = 0
  mostRequests = 0
  /** How often values were asked for. */
  valuesAsked = 0
  /** Called when a request has begun. */
  onBegin: (asked: Asked) => void = () => {}
  readonly #server: Server
  readonly #script: Script
  readonly #values: readonly string[] | 'nothing' | 'close'
  readonly #running = new Set<Asked>()

  /** @param values What it says of itself: pairs, nothing at all, or that it closes the connection. */
  constructor(script: Script, values: readonly string[] | 'nothing' | 'close' = 'nothing', path?: string) {
    this.path = path ?? join(makeFolder(), 'application.sock')
    this.address = `unix:${this.path}`
    this.#script = script
    this.#values = values
    this.#server = createServer((socket) => this.#accept(socket))
  }

  listen(backlog: number = 511): Promise<this> {
    return new Promise((resolve) => this.#server.listen({ path: this.path, backlog }, () => resolve(this)))
  }

  /** Fulfilled when nobody is connected any more. */
  async left(): Promise<void> {
    while (this.connections.size > 0) {
      await new Promise<void>((resolve) => [...this.connections][0]?.once('close', () => resolve()))
    }
  }

  /** Fulfilled when so many requests have come. */
  async came(count: number): Promise<void> {
    while (this.asked.length < count) await new Promise((resolve) => setImmediate(resolve))
  }

  async close(): Promise<void> {
    for (const socket of this.connections) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #accept(socket: Socket): void {
    const reader = new RecordReader()
    const requests = new Map<number, Asked>()
    this.connections.add(socket)
    const receiver = { record: (type: number, id: number, content: Uint8Array) => receive(type, id, content) }
    const receive = (type: number, id: number, content: Uint8Array): void => {
      if (type === GET_VALUES) return this.#tell(socket)
      if (type === BEGIN_REQUEST) {
        if (requests.size === 0) this.accepted++
        const asked = new Asked(socket, id, uint16(content, 0), content[2] ?? 0)
        requests.set(id, asked)
        this.#running.add(asked)
        asked.onEnd = () => this.#running.delete(asked)
        this.asked.push(asked)
        this.mostRequests = Math.max(this.mostRequests, this.#running.size)
        const busy = new Set([...this.#running].map(({ connection }) => connection))
        this.mostConnections = Math.max(this.mostConnections, busy.size)
        return this.onBegin(asked)
      }
      const asked = requests.get(id)
      if (asked !== undefined) this.#take(asked, type, content)
    }
    socket.on('data', (bytes) => reader.read(bytes, receiver))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.connections.delete(socket)
      for (const asked of requests.values()) this.#running.delete(asked)
    })
  }

  #take(asked: Asked, type: number, content: Uint8Array): void {
    const text = Buffer.from(content).toString('latin1')
    if (type === PARAMS) asked.params += text
    if (type === STDIN) asked.stdin += text
    if (type === DATA) asked.data += text
    if (type === CREDIT) asked.onCredit(uint32(content, 0))
    if (type === ABORT_REQUEST) {
      asked.aborted = true
      asked.onAbort()
    }
    const last = [undefined, STDIN, PARAMS, DATA][asked.role]
    if (type !== last || text !== '') return
    this.#script(asked, this)
  }

  #tell(socket: Socket): void {
    this.valuesAsked++
    if (this.#values === 'close') socket.destroy()
    else if (this.#values !== 'nothing') socket.write(record(GET_VALUES_RESULT, 0, nameValues(this.#values)), 'latin1')
  }
}
