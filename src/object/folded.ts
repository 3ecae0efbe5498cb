import { allowedMethods, handlerOf, isClass } from '../message/dispatch.ts'
import type { Authenticator, Authorizer, Handler, Logger } from '../message/interface.ts'
import { checkObjectName } from '../protocol/object/names.ts'
import type { ObjectDescription, ObjectInfo } from './server.ts'

/** What a program publishes: resources by their names. */
export type Published = Readonly<Record<string, unknown>>

/** A published object, ready to be called. */
export interface FoldedObject {
  readonly name: string
  /** Undefined where it answers no requests, as an Authorizer need not. */
  readonly handler: Handler | undefined
  readonly authorizer: Authorizer | undefined
  readonly authenticator: Authenticator | undefined
  readonly logger: Logger | undefined
  /** What is known of it. */
  readonly known: ObjectInfo
  /** What it says of itself; undefined where it says nothing. @throws what its `info` throws. */
  info(): ObjectDescription | undefined | Promise<ObjectDescription | undefined>
}

/**
 * Objects by their names. Classes are made once.
 * @throws TypeError for a name that is none, and for what is neither a resource nor an authorizer nor a logger.
 */
export function foldObjects(published: Published): Map<string, FoldedObject> {
  const folded = new Map<string, FoldedObject>()
  for (const name of Object.keys(published)) {
    checkObjectName(name)
    try {
      folded.set(name, foldObject(name, published[name]))
    } catch (cause) {
      throw new TypeError(`the object ${name}: ${(cause as Error).message}`, { cause })
    }
  }
  return folded
}

function foldObject(name: string, given: unknown): FoldedObject {
  const object = instanceOf(given)
  const authorizer = having<Authorizer>(object, 'authorizeUser')
  const authenticator = having<Authenticator>(object, 'authenticateUser')
  const logger = having<Logger>(object, 'logRequest')
  const other = authorizer ?? authenticator ?? logger
  const handler = other !== undefined && !isResource(object) ? undefined : handlerOf(object)
  return {
    name,
    handler,
    authorizer,
    authenticator,
    logger,
    known: {
      name,
      methods: handler === undefined ? [] : methodsOf(object),
      ...(authorizer !== undefined && { authorizer: true }),
      ...(authenticator !== undefined && { authenticator: true }),
      ...(logger !== undefined && { logger: true }),
    },
    info: () => saidBy(object),
  }
}

/** What something says of itself by `info()`. No request calls that: only names in capitals are methods. */
export function saidBy(object: unknown): ObjectDescription | undefined | Promise<ObjectDescription | undefined> {
  return having<{ info(): ObjectDescription | Promise<ObjectDescription> }>(object, 'info')?.info()
}

/** What a module exports by default, and an instance of what is a class. */
function instanceOf(given: unknown): unknown {
  const inner = given !== null && typeof given === 'object' ? (given as { default?: unknown }).default : undefined
  if (inner !== undefined && inner !== given) return instanceOf(inner)
  return typeof given === 'function' && isClass(given) ? new given() : given
}

/** Of a function and of `{ fetch }` nobody knows which methods they take. */
export function methodsOf(object: unknown): readonly string[] {
  const methods = object !== null && typeof object === 'object' ? allowedMethods(object) : []
  return methods.length > 1 ? methods : []
}

function isResource(object: unknown): boolean {
  if (typeof object === 'function') return true
  if (object === null || typeof object !== 'object') return false
  return allowedMethods(object).length > 1 || typeof (object as { fetch?: unknown }).fetch === 'function'
}

function having<T extends object>(object: unknown, method: keyof T): T | undefined {
  if (object === null || typeof object !== 'object') return undefined
  return typeof (object as T)[method] === 'function' ? (object as T) : undefined
}
