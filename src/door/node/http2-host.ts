import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import type { AuthorizationRecord, ClientFacts, Means } from '../../message/connection.ts'
import type { HostContent, HostRequest } from '../host/request.ts'
import { FactsOfSocket } from '../socket-facts.ts'
import { NodeContent } from './content.ts'
import type { Handed } from './handed.ts'
import { setFields } from './set-fields.ts'
import { whenTaken } from './when-taken.ts'

/** A request of node:http2, by the interface that it has in common with node:http. */
export class Http2Host implements HostRequest {
  readonly method: string
  readonly target: string
  readonly version = '2.0'
  readonly fields: readonly string[]
  readonly authority: string | undefined
  readonly facts: FactsOfSocket
  readonly content: HostContent | null
  readonly client: ClientFacts | undefined
  readonly user: AuthorizationRecord | undefined
  readonly means: Means | undefined
  readonly mount: string | undefined
  readonly requestId: string | undefined
  readonly #request: Http2ServerRequest
  readonly #response: Http2ServerResponse
  readonly #onHead: (() => void) | undefined

  constructor(request: Http2ServerRequest, response: Http2ServerResponse, handed: Handed) {
    this.#request = request
    this.#response = response
    this.#onHead = handed.onHead
    this.method = request.method
    this.target = handed.target
    this.fields = withoutPseudoFields(request.rawHeaders)
    this.authority = request.headers[':authority']
    // The session stands for its socket, and has a word of its own for TLS.
    this.facts = new FactsOfSocket(request.socket, request.stream.session?.encrypted === true)
    void this.facts.remote
    this.content = request.stream.endAfterHeaders ? null : new NodeContent(request)
    this.client = handed.client
    this.user = handed.user
    this.means = handed.means
    this.mount = handed.mount
    this.requestId = handed.requestId
  }

  onGone(call: () => void): void {
    const { stream } = this.#response
    if (stream === undefined || stream.closed) call()
    else stream.once('close', call)
  }

  leave(): void {}

  head(status: number, _: string, fields: readonly string[]): void {
    this.#onHead?.()
    // Node takes repeated lines of some names only (RFC 9110 §5.3: they may be joined).
    setFields(this.#response, fields, false)
    this.#response.writeHead(status)
  }

  write(chunk: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#response.write(chunk, (error?: Error) => whenTaken(error, resolve)))
  }

  end(trailers?: readonly string[]): void {
    if (trailers !== undefined) this.#response.addTrailers(joined(trailers))
    this.#response.end()
    if (this.content !== null && this.#request.readableDidRead && !this.#request.readableEnded) this.#request.resume()
  }

  breakOff(): void {
    this.#response.stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  }

  inform(status: number, fields: readonly string[]): void {
    const { stream } = this.#response
    if (stream.headersSent || stream.closed || stream.writableNeedDrain) return
    stream.additionalHeaders({ ':status': status, ...joined(fields) })
  }
}

function withoutPseudoFields(raw: readonly string[]): string[] {
  const fields: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    if (name.charCodeAt(0) !== 58) fields.push(name, raw[i + 1] as string)
  }
  return fields
}

/** The lines of a name as one (RFC 9110 §5.3). */
function joined(list: readonly string[]): Record<string, string> {
  const made: Record<string, string> = {}
  for (let i = 0; i < list.length; i += 2) {
    const name = (list[i] as string).toLowerCase()
    made[name] = name in made ? `${made[name]}, ${list[i + 1]}` : (list[i + 1] as string)
  }
  return made
}
