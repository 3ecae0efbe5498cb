import type { Connection } from '../../message/connection.ts'
import { HttpError } from '../../message/errors.ts'
import type { Report } from '../../message/exchange.ts'
import { toResponse } from '../../message/fetch.ts'
import { Headers } from '../../message/headers.ts'
import type { Answer, Logger } from '../../message/interface.ts'
import { isDeclined, isReroute, type Reroute } from '../../message/outcome.ts'
import { isPromise } from '../../message/reply.ts'
import type { Request } from '../../message/request.ts'
import { Response } from '../../message/response.ts'
import { selective } from '../../message/selective.ts'
import type { FoldedObject } from '../../object/folded.ts'
import { noSuch } from '../../object/local-server.ts'
import { ANSWER, CODE, METHOD, OBJECT } from '../../protocol/object/names.ts'
import { defaultPage } from '../../site/error-page.ts'
import { toHttpError } from '../../site/errors.ts'
import { recordOf } from '../../site/record.ts'
import { tell } from '../../site/tell.ts'
import { type CarriedCall, toldBy } from '../called/call.ts'
import type { Answering } from '../called/sites.ts'
import { objectByPath } from './by-path.ts'
import { otherCall } from './other-calls.ts'

export interface ObjectsSiteOptions {
  /** The name of the object server. */
  readonly name: string
  readonly report: Report | undefined
  readonly log: readonly Logger[]
  /** Bytes that a body may have, where the caller does not see to that. */
  readonly bodyLimit: number
}

/**
 * What answers the calls of an object server: finds the object, and has it answer. A caller that knows of objects is told
 * what was thrown or declined as it was, and does with it as with a resource of its own; any other web server gets an
 * answer for its client.
 */
export class ObjectsSite implements Answering {
  readonly #objects: ReadonlyMap<string, FoldedObject>
  readonly #options: ObjectsSiteOptions

  constructor(objects: ReadonlyMap<string, FoldedObject>, options: ObjectsSiteOptions) {
    this.#objects = objects
    this.#options = options
  }

  get report(): Report | undefined {
    return this.#options.report
  }

  get logging(): boolean {
    return this.#options.log.length > 0
  }

  handle(request: Request, connection: Connection): Response | Promise<Response> {
    try {
      const call = toldBy(connection)
      const reply = this.#reply(request, connection, call)
      const isWhole = call?.whole !== undefined
      if (!isPromise(reply)) return this.#settle(reply, request, isWhole)
      return reply.then(
        (answer) => this.#settled(answer, request, connection, isWhole),
        (error) => this.failed(error, request, connection),
      )
    } catch (error) {
      return this.failed(error, request, connection)
    }
  }

  failed(thrown: unknown, request: Request, connection: Connection): Response {
    const error = toHttpError(thrown)
    const { exchange } = connection
    exchange.error = error.cause ?? error
    const left = exchange.aborted && thrown instanceof Error && thrown.name === 'AbortError'
    if (!left && error.status >= 500 && (error.cause !== undefined || error !== thrown)) {
      const { method, target } = request
      exchange.report('error', 'The request failed.', { method, uri: target, status: error.status, error: error.cause })
    }
    return toldBy(connection)?.whole === undefined ? defaultPage(error, request) : thrownAnswer(error)
  }

  finished(request: Request, connection: Connection, response: Response): void {
    const { log } = this.#options
    if (log.length > 0) tell(log, recordOf(request, connection, response), connection.exchange)
  }

  #reply(request: Request, connection: Connection, call: CarriedCall | undefined): Answer | Promise<Answer> {
    const { whole } = call ?? {}
    if (whole === undefined) return this.#foreign(request, connection, call)
    if (whole.kind !== '') return otherCall(whole.kind, whole.object, this.#options.name, this.#objects, request)
    request.mount = whole.mount
    request.params = whole.params
    return this.#call(whole.object, request, connection)
  }

  /** A web server that knows of FastCGI and CGI only. */
  #foreign(request: Request, connection: Connection, call: CarriedCall | undefined): Answer | Promise<Answer> {
    const named = call?.variable(OBJECT)
    const found = named === undefined || named === '' ? objectByPath(request.path, call?.mount ?? '') : undefined
    request.mount = found?.mount ?? (call?.mount === request.path ? '' : (call?.mount ?? ''))
    const { body } = request
    const { bodyLimit } = this.#options
    if (body !== null) {
      body.limit = bodyLimit
      if (body.declared !== undefined && body.declared > bodyLimit) throw new HttpError(413, { code: 'limits.body' })
    }
    return this.#call(found?.object ?? named ?? '', request, connection)
  }

  #call(name: string, request: Request, connection: Connection): Answer | Promise<Answer> {
    const object = this.#objects.get(name)
    if (object?.handler === undefined) throw noSuch(name)
    connection.exchange.resource = 'object'
    connection.exchange.route = name
    return object.handler(request, connection)
  }

  #settled(answer: Answer, request: Request, connection: Connection, isWhole: boolean): Response {
    try {
      return this.#settle(answer, request, isWhole)
    } catch (error) {
      return this.failed(error, request, connection)
    }
  }

  #settle(answer: Answer, request: Request, isWhole: boolean): Response {
    const response = toResponse(answer)
    if (response !== undefined) return isWhole ? own(response) : selective(request, response)
    if (isDeclined(answer)) {
      if (request.bodyUsed) throw new TypeError('an object declined after it had read the body')
      if (!isWhole) throw new HttpError(404)
      return new Response(null, { headers: { [ANSWER]: 'declined' } })
    }
    if (isReroute(answer)) {
      if (!isWhole) throw new TypeError('an object rerouted a request of a web server that cannot do that')
      return rerouteAnswer(answer)
    }
    throw new TypeError(`an object returned ${answer === null ? 'null' : typeof answer} where a Response was expected`)
  }
}

/** What is thrown, as the caller can throw it once more. */
function thrownAnswer({ status, code, detail, headers: given }: HttpError): Response {
  const headers = new Headers(given)
  headers.set(ANSWER, 'thrown')
  if (code !== undefined) headers.set(CODE, code)
  return new Response(detail ?? null, { status, headers })
}

function rerouteAnswer({ to, method, headers: given }: Reroute): Response {
  const headers = new Headers(given)
  headers.set(ANSWER, 'reroute')
  headers.set('Location', to)
  if (method !== undefined) headers.set(METHOD, method)
  return new Response(null, { headers })
}

/** An answer says nothing to the caller in the place of the object server. */
function own(response: Response): Response {
  if (!response.peek().has(ANSWER)) return response
  const made = response.with({})
  made.headers.delete(ANSWER)
  return made
}
