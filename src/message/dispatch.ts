import { brand, branded, RESOURCE } from './brands.ts'
import { HttpError } from './errors.ts'
import { type FetchApp, fetchAppHandler } from './fetch.ts'
import type { Handler, Resource as ResourceMethods } from './interface.ts'
import { Response } from './response.ts'

/**
 * The class that resources extend: `class Notes extends Resource { GET(request) { … } }`. It adds nothing but the
 * brand that tells a class to be made from a function to be called.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the methods are optional, nothing is left uninitialised
export class Resource {}
export interface Resource extends ResourceMethods {}

brand(Resource, RESOURCE)

/** The only methods that are looked up on a resource: `constructor`, `info` and the like never are. */
const METHOD = /^[A-Z][A-Z0-9-]*$/
/** Looked for when Allow is made; others that a resource has are found by walking it. */
const KNOWN = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

type Methods = Record<string, unknown>

/**
 * The handler that calls a resource's method by the name of the request's. HEAD falls back to GET, whose content the
 * front door drops; OPTIONS is answered from what is there; anything else is 405 with Allow (RFC 9110 §15.5.6).
 */
export function dispatch(resource: Resource): Handler {
  return of(resource, (request, connection) => {
    const method =
      methodOf(resource, request.method) ?? (request.method === 'HEAD' ? methodOf(resource, 'GET') : undefined)
    if (method !== undefined) return method.call(resource, request, connection)
    const allow = allowedMethods(resource).join(', ')
    if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: { Allow: allow } })
    throw new HttpError(405, { headers: { Allow: allow }, detail: `${request.method} is not possible here.` })
  })
}

/** What handlers call, to be asked what it is. */
const BEHIND = new WeakMap<Handler, object>()

/** The object whose methods a handler calls; undefined where there is none, or nobody can know. */
export function resourceBehind(handler: Handler): object | undefined {
  return BEHIND.get(handler)
}

function of(resource: object, handler: Handler): Handler {
  BEHIND.set(handler, resource)
  return handler
}

/** The methods that a resource answers, for Allow (RFC 9110 §10.2.1). */
export function allowedMethods(resource: object): string[] {
  const found = new Set(KNOWN.filter((name) => methodOf(resource, name) !== undefined))
  for (let at: object | null = resource; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) if (methodOf(resource, name) !== undefined) found.add(name)
  }
  if (found.has('GET')) found.add('HEAD')
  found.add('OPTIONS')
  return [...found]
}

/**
 * The handler for what a module exports, or a program hands over: a class extending Resource (made once), an
 * instance, a function, `{ fetch }`, a default export of these, or named exports `GET`, `POST` and so on.
 * @throws TypeError for anything else.
 */
export function handlerOf(exported: unknown): Handler {
  if (typeof exported === 'function') return isClass(exported) ? handlerOf(new exported()) : (exported as Handler)
  if (exported === null || typeof exported !== 'object') throw unfit(exported)
  const candidate = exported as Methods
  const inner = candidate['default']
  if (inner !== undefined && inner !== exported) return handlerOf(inner)
  if (branded(candidate, RESOURCE) || allowedMethods(candidate).length > 1) {
    // Looking a name up in a module is slow, and what a module exports does not change with a request.
    return dispatch(
      ((candidate as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag] === 'Module'
        ? { ...candidate }
        : candidate) as Resource,
    )
  }
  if (typeof candidate['fetch'] === 'function') return of(candidate, fetchAppHandler(candidate as unknown as FetchApp))
  throw unfit(exported)
}

function methodOf(resource: object, name: string): Handler | undefined {
  if (name === 'GET') return getOf(resource as Resource)
  if (!METHOD.test(name)) return undefined
  const found = (resource as Methods)[name]
  if (typeof found !== 'function') return undefined
  return found === (Object.prototype as unknown as Methods)[name] ? undefined : (found as Handler)
}

/** What nearly all requests ask for; a name written in the code is looked up much quicker than one that came. */
function getOf(resource: Resource): Handler | undefined {
  return typeof resource.GET === 'function' ? resource.GET : undefined
}

/** Whether it is a class of resources, to be made, and no function, to be called. */
export function isClass(value: object): value is new () => object {
  const prototype = (value as { prototype?: unknown }).prototype
  if (prototype === null || typeof prototype !== 'object') return false
  return branded(prototype, RESOURCE) || allowedMethods(prototype).length > 1
}

function unfit(exported: unknown): TypeError {
  const what =
    exported !== null && typeof exported === 'object'
      ? `an object with ${Object.keys(exported).join(', ') || 'nothing'}`
      : String(exported)
  return new TypeError(
    `a resource is a class extending Resource, an instance of one, a function, { fetch }, or exports GET, POST and so on; this is ${what}`,
  )
}
