import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { AuthorizationRecord, ClientFacts, Means } from '../../message/connection.ts'
import { Headers } from '../../message/headers.ts'
import { interimHead } from '../../protocol/http1/response-head.ts'
import { COPIED, latin1 } from '../called/output.ts'
import type { HostContent, HostRequest, TakenOver } from '../host/request.ts'
import { FactsOfSocket } from '../socket-facts.ts'
import { NodeContent } from './content.ts'
import type { Handed } from './handed.ts'
import { setFields } from './set-fields.ts'
import { onSocketGone } from './socket-gone.ts'
import { whenTaken } from './when-taken.ts'

/** A request of node:http or node:https. */
export class Http1Host implements HostRequest {
  readonly method: string
  readonly target: string
  readonly version: '1.0' | '1.1'
  readonly fields: readonly string[]
  readonly facts: FactsOfSocket
  readonly content: HostContent | null
  readonly client: ClientFacts | undefined
  readonly user: AuthorizationRecord | undefined
  readonly means: Means | undefined
  readonly mount: string | undefined
  readonly requestId: string | undefined
  readonly takeOver?: () => TakenOver
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #socket: Socket
  readonly #onHead: (() => void) | undefined
  #forget: (() => void) | undefined = undefined
  /** Bytes of content that are still to be written, where that is known. */
  #left: number | undefined = undefined

  /** @param takeOver Gives the connection away, where the client asked for an upgrade and Node has handed it over. */
  constructor(request: IncomingMessage, response: ServerResponse, handed: Handed, takeOver?: () => TakenOver) {
    this.#request = request
    this.#response = response
    this.#socket = request.socket
    this.#onHead = handed.onHead
    this.method = request.method ?? ''
    this.target = handed.target
    this.version = request.httpVersion === '1.0' ? '1.0' : '1.1'
    this.fields = request.rawHeaders
    this.facts = new FactsOfSocket(request.socket)
    // Asked now: Node then keeps it, also for when the socket is closed.
    void this.facts.remote
    // The next request on it may be another's content.
    if (isFaultilyFramed(request)) response.shouldKeepAlive = false
    this.content = takeOver === undefined && hasContent(request) ? new NodeContent(request) : null
    this.client = handed.client
    this.user = handed.user
    this.means = handed.means
    this.mount = handed.mount
    this.requestId = handed.requestId
    if (takeOver === undefined) return
    this.takeOver = () => {
      this.leave()
      return takeOver()
    }
  }

  onGone(call: () => void): void {
    this.#forget = onSocketGone(this.#socket, call)
  }

  head(status: number, statusText: string, fields: readonly string[], size: number | undefined): void {
    this.#onHead?.()
    this.#left = size
    const response = this.#response
    // Who sets fields when the head is written puts a function of its own there, which reads no lists.
    if (Object.hasOwn(response, 'writeHead') || response.getHeaderNames().length > 0) {
      setFields(response, fields, true)
      response.writeHead(status, statusText)
    } else response.writeHead(status, statusText, fields as string[])
  }

  flush(): void {
    this.#response.flushHeaders()
  }

  write(chunk: Uint8Array): void | Promise<void> {
    const response = this.#response
    if (this.#left !== undefined) {
      this.#left -= chunk.byteLength
      // Head and content leave in one write.
      if (this.#left === 0) return endWith(response, chunk)
    }
    return new Promise((resolve) => response.write(chunk, (error) => whenTaken(error, resolve)))
  }

  end(trailers?: readonly string[]): void {
    const response = this.#response
    this.leave()
    if (trailers !== undefined) response.addTrailers(pairs(trailers))
    if (!response.writableEnded) response.end()
    this.#dropRest()
  }

  breakOff(): void {
    this.leave()
    // One that waits in line behind others: they are not to suffer.
    if (this.#response.socket === null) this.#response.destroy()
    // A reset, where the transport has one: else a client could take the end of the connection for that of the answer.
    else if (this.facts.secure || this.facts.remote.port === undefined) this.#socket.destroy()
    else this.#socket.resetAndDestroy()
  }

  /** Whether the client goes is nobody's concern any more. */
  leave(): void {
    this.#forget?.()
  }

  /** Node writes none but 103 with Link; nothing of the answer was written, so the socket is free. */
  inform(status: number, fields: readonly string[]): void {
    const { socket, headersSent } = this.#response
    if (socket === null || headersSent || socket.writableNeedDrain) return
    socket.write(interimHead(status, Headers.fromList([...fields])), 'latin1')
  }

  /** Node reads on by itself only where nobody had begun to. */
  #dropRest(): void {
    if (this.content !== null && this.#request.readableDidRead && !this.#request.complete) this.#request.resume()
  }
}

/**
 * The end of an answer with its last piece. A promise where the system has not taken it yet. As text, one character a byte,
 * a small piece leaves in one write with the head.
 */
function endWith(response: ServerResponse, chunk: Uint8Array): void | Promise<void> {
  if (chunk.byteLength <= COPIED) response.end(latin1(chunk), 'latin1')
  else response.end(chunk)
  if (response.writableLength === 0) return undefined
  return new Promise((resolve) => response.once('finish', resolve))
}

/** By the fields, as Node's parser decides it (RFC 9112 §6.3). */
function hasContent({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** Where proxies may disagree about its end the connection must be closed behind the answer (RFC 9112 §6.1). */
function isFaultilyFramed({ headers, httpVersion }: IncomingMessage): boolean {
  return (
    headers['transfer-encoding'] !== undefined && (headers['content-length'] !== undefined || httpVersion === '1.0')
  )
}

function pairs(list: readonly string[]): [string, string][] {
  const made: [string, string][] = []
  for (let i = 0; i < list.length; i += 2) made.push([list[i] as string, list[i + 1] as string])
  return made
}
