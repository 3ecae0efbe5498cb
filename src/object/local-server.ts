import type { AuthorizationRecord, Connection } from '../message/connection.ts'
import { HttpError } from '../message/errors.ts'
import type { Reply, Variables } from '../message/interface.ts'
import type { Request } from '../message/request.ts'
import type { FoldedObject } from './folded.ts'
import { tellLogger } from './logging.ts'
import { saidInTime } from './said.ts'
import type { ObjectInfo, ObjectServer, ServerInfo } from './server.ts'

/** What an object may be beside a resource. */
export type ObjectRole = 'authorizer' | 'authenticator' | 'logger'

/** Objects of this process: `module:`. To call one is to call a function. */
export class LocalServer implements ObjectServer {
  readonly handle: string
  readonly #objects: ReadonlyMap<string, FoldedObject>

  constructor(handle: string, objects: ReadonlyMap<string, FoldedObject>) {
    this.handle = handle
    this.#objects = objects
  }

  call(object: string, request: Request, connection: Connection): Reply {
    const { handler } = this.#find(object)
    if (handler === undefined) throw noSuch(object)
    return handler(request, connection)
  }

  authorize(
    object: string,
    who: AuthorizationRecord | undefined,
    request: Request,
    connection: Connection,
  ): void | Variables | Promise<void | Variables> {
    const { authorizer } = this.#find(object)
    if (authorizer === undefined) throw noSuch(object)
    return authorizer.authorizeUser(who, request, connection)
  }

  async authenticate(object: string, name: string, password: string): Promise<AuthorizationRecord> {
    const { authenticator } = this.#find(object)
    if (authenticator === undefined) throw noSuch(object)
    return authenticator.authenticateUser(name, password)
  }

  async log(object: string, lines: string): Promise<void> {
    const { logger } = this.#find(object)
    if (logger === undefined) throw noSuch(object)
    await tellLogger(logger, lines)
  }

  /** The names of objects that answer requests. */
  get routed(): readonly string[] {
    return [...this.#objects.values()].filter(({ handler }) => handler !== undefined).map(({ name }) => name)
  }

  /** Whether there is an object that can be asked that, or answers requests. */
  has(object: string, role: ObjectRole | 'handler'): boolean {
    return this.#objects.get(object)?.[role] !== undefined
  }

  async info(timeout: number): Promise<ServerInfo> {
    // Of what it has they are known also where one of them is slow.
    return { objects: await infoOf(this.#objects, timeout / 2) }
  }

  #find(object: string): FoldedObject {
    const found = this.#objects.get(object)
    if (found === undefined) throw noSuch(object)
    return found
  }
}

/** Milliseconds that an object has to say what it is. */
const PATIENCE = 500

/** What objects say of themselves; of one whose `info` throws, or takes too long, there is what is known without it. */
export async function infoOf(
  objects: ReadonlyMap<string, FoldedObject>,
  patience: number = PATIENCE,
): Promise<ObjectInfo[]> {
  const said = await saidInTime([...objects.values()], patience)
  return [...objects.values()].map(({ known }, i) => (said[i] === undefined ? known : { ...known, info: said[i] }))
}

/** The answer for an object that is not there, or cannot be asked that; '' where the path of a request names none. */
export function noSuch(object: string): HttpError {
  const detail = object === '' ? 'The path names no object.' : `There is no object ${object} here.`
  return new HttpError(404, { code: 'no-object', detail })
}
