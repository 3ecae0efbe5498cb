import { HttpError } from '../../message/errors.ts'
import type { Headers } from '../../message/headers.ts'
import type { RequestParts } from '../../message/request.ts'
import { CalledBy, mountOf } from '../../protocol/cgi/request-parts.ts'
import type { AppRequest } from '../../protocol/fastcgi/application.ts'
import type { RoleName } from '../../protocol/fastcgi/codes.ts'
import { FastCgiFault } from '../../protocol/fastcgi/fault.ts'
import { credit } from '../../protocol/fastcgi/records.ts'
import { readTrailers } from '../../protocol/fastcgi/trailers.ts'
import { REQUEST } from '../../protocol/object/names.ts'
import { WholeCall } from '../../protocol/object/read-call.ts'
import { toHttpError } from '../../site/errors.ts'
import type { BodySource } from '../body.ts'
import { type Crediting, StreamedBody } from '../called/body.ts'
import type { Carrier } from '../called/carrier.ts'
import { ReportedExchange } from '../called/error-line.ts'
import type { CalledExchange } from '../called/exchange.ts'
import { variableOf } from '../called/facts.ts'
import { calledExchange, NOTHING } from '../called/request.ts'
import { ClientGone } from '../client-gone.ts'
import { authorizerParts, provenUser } from './authorizer-parts.ts'
import { FastCgiCall, type FilterData } from './call.ts'
import { Sender } from './sender.ts'
import type { Sending, Wire } from './wire.ts'

/**
 * Milliseconds for which a request still counts among those that run when nobody waits for its answer any more: what
 * its resource does takes memory and time. One that never ends must not take the place of another for ever.
 */
const LEFT = 30_000

/** One request of a web server: gathers what comes of it, and has it answered once it is known what is asked. */
export class FastCgiRequest implements AppRequest, Crediting, Carrier, Sending {
  readonly role: RoleName
  /** Whether the connection stays for others (FCGI_KEEP_CONN). */
  readonly keep: boolean
  readonly window: number
  readonly sender: Sender
  readonly #wire: Wire
  #variables: readonly string[] = []
  #called: CalledBy | WholeCall | undefined = undefined
  #body: StreamedBody | null = null
  #data: StreamedBody | null = null
  #call: FastCgiCall | undefined = undefined
  #exchange: CalledExchange | undefined = undefined
  #settled = false
  #left: NodeJS.Timeout | undefined = undefined

  constructor(wire: Wire, id: number, role: RoleName, keep: boolean, window: number) {
    this.role = role
    this.keep = keep
    this.window = window
    this.sender = new Sender(id, wire.output, window)
    this.#wire = wire
  }

  /** Whether the web server speaks our own part of the protocol. */
  get windowed(): boolean {
    return this.window !== Number.POSITIVE_INFINITY
  }

  params(variables: readonly string[]): void {
    this.#variables = variables
    try {
      const called = this.#wire.objects && isWhole(variables) ? new WholeCall(variables) : new CalledBy(variables)
      this.#called = called
      // FastCGI §6.3: an Authorizer gets no content.
      if (this.role === 'Authorizer') this.#run(called, null)
      else if (isAnnounced(called)) this.#run(called, this.#streamed(called.size))
      else if (called.size === 0) this.#run(called, null)
    } catch (error) {
      this.#refuse(error)
    }
  }

  paramsTooLarge(): void {
    const detail = 'The variables of the request are too many or too long.'
    this.#refuse(new HttpError(431, { code: 'limits.params', detail }))
  }

  stdin(bytes: Uint8Array): void {
    // Without a length the first record tells whether there is any content.
    if (this.#exchange === undefined && this.#called !== undefined) {
      try {
        this.#run(this.#called, bytes.byteLength === 0 ? null : this.#streamed(undefined))
      } catch (error) {
        this.#refuse(error)
      }
    }
    this.#feed(this.#body, bytes)
  }

  data(bytes: Uint8Array): void {
    this.#feed(this.#data, bytes)
  }

  credit(bytes: number): void {
    if (this.windowed) this.sender.allow(bytes)
  }

  trailers(bytes: Uint8Array): void {
    if (this.windowed && this.#body !== null) this.#body.trailers = readTrailers(bytes)
  }

  sendTrailers(fields: Headers): void {
    if (this.windowed && this.#call?.whole !== undefined) this.sender.trailers(fields)
  }

  /** FastCGI §5.4: the end is told at once; what the resource still does is of no use to anybody. */
  abort(): void {
    this.sender.end(0)
    this.#wire.ended(this)
    this.gone()
  }

  /** Nothing can be sent any more. */
  gone(): void {
    this.sender.stop()
    const error = new ClientGone()
    this.#body?.fail(error)
    this.#data?.fail(error)
    if (this.#exchange === undefined) return this.#settle()
    this.#exchange.gone(error)
    if (!this.#settled) this.#left = setTimeout(() => this.#settle(), LEFT).unref()
  }

  consumed(bytes: number): void {
    if (this.windowed && !this.sender.over) this.#wire.output.text(credit(this.sender.id, bytes))
  }

  exceeded(): void {
    throw new FastCgiFault('more of a stream came than its window allows')
  }

  stderr(text: string): void {
    this.sender.stderr(text.endsWith('\n') ? text : `${text}\n`)
  }

  /** All that was read of its bodies. */
  get bytesIn(): number {
    return this.#body?.received ?? 0
  }

  complete(): void {
    this.sender.end(this.#call?.appStatus ?? 0)
    this.#wire.ended(this)
  }

  /** An END_REQUEST would make of what was sent a whole answer, unless the web server knows our word for one that is not. */
  breakOff(): void {
    if (!this.windowed) return this.#wire.broken(this)
    this.sender.breakOff()
    this.#wire.ended(this)
  }

  /** The resource has answered, or has failed to; nobody will read on. */
  over(): void {
    for (const body of [this.#body, this.#data]) {
      if (body === null) continue
      if (!body.complete) body.drop()
      this.#wire.wanted(body)
    }
    this.#settle()
  }

  /** Another one may take its place. */
  #settle(): void {
    if (this.#settled) return
    this.#settled = true
    clearTimeout(this.#left)
    this.#wire.settled()
  }

  #streamed(size: number | undefined): StreamedBody {
    const body = new StreamedBody(size, this)
    body.source = new Reading(this.#wire, body)
    this.#body = body
    return body
  }

  #feed(body: StreamedBody | null, bytes: Uint8Array): void {
    if (body === null) return
    if (bytes.byteLength === 0) return body.end()
    body.feed(bytes)
    if (body.full && !body.complete && !this.windowed) this.#wire.full(body)
  }

  /** @throws HttpError where the variables make no request. */
  #run(called: CalledBy | WholeCall, body: StreamedBody | null): void {
    const parts = called.parts(body)
    const asked = this.role === 'Authorizer' && called instanceof CalledBy
    this.#answer(called, asked ? authorizerParts(parts, called, this.#variables) : parts)
  }

  #refuse(error: unknown): void {
    this.#called = undefined
    this.#answer(undefined, NOTHING).refuse(toHttpError(error))
  }

  #answer(called: CalledBy | WholeCall | undefined, parts: RequestParts): CalledExchange {
    const site = this.#wire.siteOf(this.role)
    const call = this.#callFor(called, parts)
    const record = new ReportedExchange(site.report, this, called instanceof WholeCall ? undefined : called?.requestId)
    const exchange = calledExchange(this, site, parts, call, record)
    this.#call = call
    this.#exchange = exchange
    if (called !== undefined) exchange.run()
    return exchange
  }

  #callFor(called: CalledBy | WholeCall | undefined, { path }: RequestParts): FastCgiCall {
    const { role } = this
    const variables = this.#variables
    if (called instanceof WholeCall) {
      return new FastCgiCall(role, variables, undefined, '', called.mount, this, called)
    }
    const mount = called === undefined ? '' : mountOf(called.scriptName, path)
    const user = role === 'Authorizer' ? provenUser(called, variables) : (called?.user ?? '')
    return new FastCgiCall(role, variables, this.#filterData(), user, mount, this)
  }

  #filterData(): FilterData | undefined {
    if (this.role !== 'Filter') return undefined
    const size = numberOf(variableOf(this.#variables, 'FCGI_DATA_LENGTH'))
    const body = new StreamedBody(size, this)
    body.source = new FilterReading(this.#wire, body, this.#body)
    this.#data = body
    return { size, modified: numberOf(variableOf(this.#variables, 'FCGI_DATA_LAST_MOD')), body }
  }
}

/** Somebody waits for a body: the connection is read on. */
class Reading implements BodySource {
  protected readonly wire: Wire
  protected readonly body: StreamedBody

  constructor(wire: Wire, body: StreamedBody) {
    this.wire = wire
    this.body = body
  }

  wanted(): void {
    this.wire.wanted(this.body)
  }
}

/** Who waits for the file will not read the content before it, which would stand in the way (FastCGI §6.4). */
class FilterReading extends Reading {
  readonly #before: StreamedBody | null

  constructor(wire: Wire, body: StreamedBody, before: StreamedBody | null) {
    super(wire, body)
    this.#before = before
  }

  override wanted(): void {
    const before = this.#before
    if (before !== null && !before.complete && !before.waiting) {
      before.drop()
      this.wire.wanted(before)
    }
    super.wanted()
  }
}

/** Whether there is content, as far as is known before it comes. Of web servers some say 0 where there is none. */
function isAnnounced(called: CalledBy | WholeCall): boolean {
  if (called instanceof WholeCall) return called.streamed || called.size !== undefined
  return called.size !== undefined && called.size > 0
}

/** Of callers of objects it is among the first: whoever sends others need not be searched to the end. */
function isWhole(variables: readonly string[]): boolean {
  for (let i = 0; i < 8; i += 2) if (variables[i] === REQUEST) return true
  return false
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
