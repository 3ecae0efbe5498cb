import type { Readable, Writable } from 'node:stream'
import type { RequestParts } from '../../message/request.ts'
import { CalledBy, mountOf } from '../../protocol/cgi/request-parts.ts'
import { toHttpError } from '../../site/errors.ts'
import type { Site } from '../../site/site.ts'
import type { BodySource } from '../body.ts'
import { type Crediting, StreamedBody } from '../called/body.ts'
import { CarriedCall } from '../called/call.ts'
import type { Carrier } from '../called/carrier.ts'
import { ReportedExchange } from '../called/error-line.ts'
import type { CalledExchange } from '../called/exchange.ts'
import { variableOf } from '../called/facts.ts'
import { calledExchange, NOTHING } from '../called/request.ts'
import { StreamSender } from '../called/stream-sender.ts'
import { ClientGone } from '../client-gone.ts'
import { standardInput, writeError } from './streams.ts'

/** The one request of a CGI script, and its answer (RFC 3875). */
export class CgiRequest implements Carrier, Crediting, BodySource {
  readonly window: number = Number.POSITIVE_INFINITY
  readonly sender: StreamSender
  readonly #site: Site
  readonly #variables: readonly string[]
  readonly #output: Writable
  readonly #done: (whole: boolean) => void
  #input: Readable | undefined = undefined
  #body: StreamedBody | undefined = undefined
  #exchange: CalledExchange | undefined = undefined
  #whole = false

  /** @param done Told when the resource has done with the request, and whether the answer is whole: then it was ended, else the output is open. */
  constructor(site: Site, variables: readonly string[], output: Writable, done: (whole: boolean) => void) {
    this.#site = site
    this.#variables = variables
    this.#output = output
    this.#done = done
    this.sender = new StreamSender(output)
  }

  get bytesIn(): number {
    return this.#body?.received ?? 0
  }

  run(): void {
    try {
      const called = new CalledBy(this.#variables)
      if (this.#hasContent(called)) {
        this.#body = new StreamedBody(called.size, this)
        this.#body.source = this
      }
      this.#asked(called.parts(this.#body ?? null), called).run()
    } catch (error) {
      this.#body = undefined
      this.#asked(NOTHING, undefined).refuse(toHttpError(error))
    }
  }

  /** Nobody waits for the answer any more. */
  gone(): void {
    this.sender.closed()
    const error = new ClientGone()
    this.#body?.fail(error)
    this.#exchange?.gone(error)
  }

  consumed(): void {}
  exceeded(): void {}

  /** A script need not read its content, and gets none before it does. */
  wanted(): void {
    if (this.#input !== undefined) return void this.#input.resume()
    const body = this.#body
    if (body === undefined) return
    const input = standardInput()
    this.#input = input
    input.on('data', (bytes: Buffer) => {
      body.feed(bytes)
      // Behind the content there need be no end of the file (RFC 3875 §4.2).
      if (body.complete) input.destroy()
      else if (body.full && !body.dropped) input.pause()
    })
    input.on('end', () => body.end())
    input.on('error', (error) => body.fail(error))
  }

  stderr(text: string): void {
    writeError(text)
  }

  complete(): void {
    this.#whole = true
    this.sender.flush()
    this.#output.end()
  }

  breakOff(): void {
    this.sender.flush()
    this.sender.stop()
  }

  /** What is left of the content is read all the same: closing a socket with unread bytes resets it, and the answer may be lost. */
  over(): void {
    if (this.#body?.complete === false) {
      this.#body.drop()
      this.wanted()
    }
    this.#done(this.#whole)
  }

  /** Whether there is any. Without a length there is none (RFC 3875 §4.1.2), unless it came in chunks, as Apache sends it on. */
  #hasContent({ size }: CalledBy): boolean {
    if (size !== undefined) return size > 0
    return ['CONTENT_LENGTH', 'HTTP_TRANSFER_ENCODING'].some((name) => Boolean(variableOf(this.#variables, name)))
  }

  #asked(parts: RequestParts, called: CalledBy | undefined): CalledExchange {
    const mount = called === undefined ? '' : mountOf(called.scriptName, parts.path)
    const call = new CarriedCall(this.#variables, called?.user ?? '', mount)
    const record = new ReportedExchange(this.#site.report, this, called?.requestId)
    this.#exchange = calledExchange(this, this.#site, parts, call, record)
    return this.#exchange
  }
}
