import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** An exchange that did not come to its end. */
export interface Failure {
  readonly on: 'kept' | 'new' | 'http2'
  /** The process that had answered on this connection before, as far as that is known. */
  readonly worker: number | undefined
  /** How many had been told by `killed` when it began. */
  readonly began: number
  /** How many bytes of an answer had come. */
  readonly came: number
  readonly why: string
}

interface Asked {
  readonly worker: number
}

const SIZE = 4096

/** For a module outside of the package: its own Response, which is sent in one write. */
export const OWN_RESPONSE = `import { Response } from '${pathToFileURL(join(import.meta.dirname, '../../../dist/index.js'))}'`

/** For the module of a config: a handler whose answers tell what process made them, and whether they are whole. */
export const TELLING = `
  ${OWN_RESPONSE}
  const telling = () => new Response(String(process.pid).padEnd(${SIZE}, '.'))`

/** Exchanges without end on many connections, each answer looked at. For a site that is `TELLING`. */
export class Load {
  answered = 0
  /** The processes that have answered. */
  readonly workers = new Set<number>()
  readonly failures: Failure[] = []
  #killed = 0
  #stopping = false
  readonly #port: number
  readonly #running: Promise<void>[] = []

  constructor(port: number) {
    this.#port = port
  }

  /** Says that somebody was killed: what begins from now on is not his. */
  killed(): void {
    this.#killed++
  }

  /** Connections that are used again and again; after a failure a new one takes the place. */
  keepAlive(count: number): this {
    return this.#run(count, async () => {
      const connection = new LoadConnection(this.#port)
      let worker: number | undefined
      while (!this.#stopping && (await this.#ask('kept', worker, connection, () => connection.ask(false)))) {
        worker = connection.worker
      }
      connection.destroy()
    })
  }

  /** Connections for one request each, so many at a time. */
  each(count: number): this {
    return this.#run(count, async () => {
      const connection = new LoadConnection(this.#port)
      await this.#ask('new', undefined, connection, () => connection.ask(true))
      connection.destroy()
    })
  }

  /** HTTP/2 connections, each with so many requests at a time. */
  http2(count: number, streams: number): this {
    return this.#run(count, async () => {
      const session = connectHttp2(`http://127.0.0.1:${this.#port}`)
      session.on('error', () => undefined)
      let worker: number | undefined
      const stream = async (): Promise<void> => {
        for (let well = true; well && !this.#stopping; ) {
          const state = { came: 0, worker: undefined as number | undefined }
          well = await this.#ask('http2', worker, state, () => askStream(session, state))
          worker ??= state.worker
        }
      }
      await Promise.all(Array.from({ length: streams }, stream))
      session.destroy()
    })
  }

  /** Waits until so many more were answered. */
  async more(count: number): Promise<void> {
    const wanted = this.answered + count
    while (this.answered < wanted) await pause()
  }

  /** Begins nothing new. Fulfilled when what runs has ended. */
  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#running)
  }

  #run(count: number, once: () => Promise<void>): this {
    const loop = async (): Promise<void> => {
      while (!this.#stopping) {
        const before = this.failures.length
        await once()
        // Where nobody listens, trying faster helps nobody.
        if (this.failures.length > before) await pause()
      }
    }
    for (let i = 0; i < count; i++) this.#running.push(loop())
    return this
  }

  async #ask(
    on: Failure['on'],
    worker: number | undefined,
    state: { readonly came: number },
    ask: () => Promise<Asked>,
  ): Promise<boolean> {
    const began = this.#killed
    try {
      this.workers.add((await ask()).worker)
      this.answered++
      return true
    } catch (error) {
      this.failures.push({ on, worker, began, came: state.came, why: (error as Error).message })
      return false
    }
  }
}

/** A connection that asks one thing after the other by HTTP/1.1. */
class LoadConnection {
  came = 0
  worker: number | undefined
  readonly #socket: Socket
  #text = ''
  #done: ((error?: Error) => void) | undefined

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.setEncoding('latin1')
    this.#socket.on('data', (more: string) => {
      this.#text += more
      this.came = this.#text.length
      const head = this.#text.indexOf('\r\n\r\n')
      if (head >= 0 && this.#text.length >= head + 4 + SIZE) this.#done?.()
    })
    this.#socket.on('error', (error) => this.#done?.(error))
    this.#socket.on('close', () => this.#done?.(new Error('closed')))
  }

  async ask(last: boolean): Promise<Asked> {
    if (this.#socket.destroyed) throw new Error('closed before')
    this.#text = ''
    this.came = 0
    await new Promise<void>((resolve, reject) => {
      this.#done = (error) => (error === undefined ? resolve() : reject(error))
      this.#socket.write(`GET / HTTP/1.1\r\nHost: a\r\n${last ? 'Connection: close\r\n' : ''}\r\n`)
    })
    this.#done = undefined
    const [head = '', body = ''] = this.#text.split('\r\n\r\n')
    if (!head.startsWith('HTTP/1.1 200 ')) throw new Error(`answered ${head}`)
    this.worker = workerOf(body)
    return { worker: this.worker }
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

function askStream(
  session: ReturnType<typeof connectHttp2>,
  state: { came: number; worker: number | undefined },
): Promise<Asked> {
  return new Promise((resolve, reject) => {
    if (session.destroyed || session.closed) return reject(new Error('closed before'))
    const stream = session.request({ ':path': '/' })
    let text = ''
    let status = 0
    stream.setEncoding('latin1')
    stream.on('response', (fields) => {
      status = fields[':status'] ?? 0
      state.came++
    })
    stream.on('data', (more: string) => {
      text += more
      state.came += more.length
    })
    stream.on('error', reject)
    stream.on('close', () => {
      try {
        if (status !== 200) throw new Error(`answered ${status}`)
        const worker = workerOf(text)
        state.worker = worker
        resolve({ worker })
      } catch (error) {
        reject(error)
      }
    })
  })
}

/** @throws Error where an answer is not whole. */
function workerOf(body: string): number {
  const worker = Number.parseInt(body, 10)
  if (body !== String(worker).padEnd(SIZE, '.')) throw new Error(`an answer that is not whole: ${body.length} bytes`)
  return worker
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5))
}
