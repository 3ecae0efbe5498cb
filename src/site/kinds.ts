import { handlerOf } from '../message/dispatch.ts'
import type { Handler } from '../message/interface.ts'
import type { AppOptions } from '../resource/app/options.ts'
import type { CgiOptions } from '../resource/cgi/options.ts'
import type { FastCgiOptions } from '../resource/fastcgi/options.ts'
import { files } from '../resource/files/files.ts'
import type { FilesOptions, FilesPlace } from '../resource/files/options.ts'
import type { ProxyGiven } from '../resource/proxy/options.ts'
import { type RedirectOptions, redirect } from '../resource/redirect.ts'
import { type RespondOptions, respond } from '../resource/respond.ts'
import type { ScgiOptions } from '../resource/scgi/options.ts'
import type { WsgiOptions } from '../resource/wsgi/options.ts'
import type { AuthorizeOptions, GuardOf } from './authorize.ts'
import { lateKind } from './late-kinds.ts'

/** The keys by which a route names its resource; a route has exactly one of them. */
export interface ResourceKeys {
  /** A folder. */
  readonly files?: string | FilesOptions
  /** A TypeScript or JavaScript module by its path, or what such a module exports. */
  readonly module?: unknown
  /** What a module would export: a class extending Resource, an instance, a function, `{ fetch }`, … */
  readonly resource?: unknown
  /** A folder of CGI programs, or one program. */
  readonly cgi?: string | CgiOptions
  /** A FastCGI application: where it listens, or several that are equal, or with options. */
  readonly fastcgi?: string | readonly string[] | FastCgiOptions
  /** An application that Oriel runs: its command, or with options. */
  readonly app?: string | AppOptions
  /** A WSGI application in Python that Oriel runs: `mysite.wsgi:application`, or with options. */
  readonly wsgi?: string | WsgiOptions
  /** An HTTP server that requests are forwarded to: its address, several, or with options. */
  readonly proxy?: ProxyGiven
  /** An SCGI application: where it listens, or several that are equal, or with options. */
  readonly scgi?: string | readonly string[] | ScgiOptions
  /** A published object: `echo@paul`. */
  readonly object?: string
  /** Tells other web servers who may, for what they are asked. */
  readonly authorize?: AuthorizeOptions
  readonly redirect?: string | RedirectOptions
  /** The same answer to every request. */
  readonly respond?: string | RespondOptions
}

type Kinds = {
  readonly [K in keyof Required<ResourceKeys>]: (
    value: Required<ResourceKeys>[K],
    place: FilesPlace,
    guardOf: GuardOf,
  ) => Handler
}

const KINDS: Kinds = {
  files,
  module: handlerOf,
  resource: handlerOf,
  cgi: (...given) => lateKind('cgi', ...given),
  fastcgi: (...given) => lateKind('fastcgi', ...given),
  app: (...given) => lateKind('app', ...given),
  wsgi: (...given) => lateKind('wsgi', ...given),
  proxy: (...given) => lateKind('proxy', ...given),
  scgi: (...given) => lateKind('scgi', ...given),
  object: (address, place, guardOf) => {
    if (place.objects === undefined)
      throw new TypeError(`${address}: this site has no object servers: say in objects where they are`)
    // At once, and not when the kind is loaded: until then its URL would be open.
    place.objects.claim(address)
    return lateKind('object', address, place, guardOf)
  },
  authorize: (...given) => lateKind('authorize', ...given),
  redirect: (value) => redirect(typeof value === 'string' ? { to: value } : value),
  respond,
}

export const RESOURCE_KEYS: readonly (keyof ResourceKeys)[] = [
  'files',
  'module',
  'resource',
  'cgi',
  'fastcgi',
  'scgi',
  'proxy',
  'app',
  'wsgi',
  'object',
  'authorize',
  'redirect',
  'respond',
]

/** The one resource key of a route. @throws TypeError where there is none, or more than one. */
export function kindOf(route: ResourceKeys): keyof ResourceKeys {
  const named = RESOURCE_KEYS.filter((key) => route[key] !== undefined)
  const [kind] = named
  if (kind === undefined) throw new TypeError(`a route needs one of ${RESOURCE_KEYS.join(', ')}`)
  if (named.length > 1) throw new TypeError(`a route has one resource, not ${named.join(' and ')}`)
  return kind
}

/** The handler of the resource that a route names. @throws TypeError or RangeError for one that cannot be. */
export function resourceOf(route: ResourceKeys, place: FilesPlace, guardOf: GuardOf): Handler {
  const kind = kindOf(route)
  return (KINDS[kind] as (value: unknown, place: FilesPlace, guardOf: GuardOf) => Handler)(route[kind], place, guardOf)
}

/** The most bytes of a body that a resource takes by default: 1 MiB. */
export const DEFAULT_BODY_LIMIT: number = 1024 * 1024

/** The most bytes of a body that programs take by default: 100 MiB. */
export const PROGRAM_BODY_LIMIT: number = 100 * 1024 * 1024

const PROGRAMS: ReadonlySet<string> = new Set(['cgi', 'fastcgi', 'scgi', 'proxy', 'app', 'wsgi'])

/** The most bytes of a body where neither the route nor the site says: programs read it from a pipe, not into memory. */
export function usualBodyLimit(kind: string): number {
  return PROGRAMS.has(kind) ? PROGRAM_BODY_LIMIT : DEFAULT_BODY_LIMIT
}
