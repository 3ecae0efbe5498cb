import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Connection } from '../message/connection.ts'
import { handlerOf, isClass } from '../message/dispatch.ts'
import type { HttpError } from '../message/errors.ts'
import type { FetchApp } from '../message/fetch.ts'
import type { Answer, FetchResponse, Handler, Resource } from '../message/interface.ts'
import { canonicalPath } from '../message/path.ts'
import type { Request } from '../message/request.ts'
import { Response } from '../message/response.ts'
import { asking } from './error-request.ts'
import type { RouteTable } from './routes.ts'

/** A function that says something instead of the default page. */
export type ErrorPage = (
  error: HttpError,
  request: Request,
  connection: Connection,
) => Response | FetchResponse | Promise<Response | FetchResponse>

/** A page of the site itself, made by whatever route takes the path: a program, an application, another server. */
export interface ErrorPath {
  /** A path with an optional query, in which `:status` is the status of the error. */
  readonly path: string
}

/** A module whose resource makes the page. */
export interface ErrorModule {
  /** Its path, or what it exports. */
  readonly module: unknown
}

/** What may make a page: the path of an HTML file, a function, a resource, a module with one, or a route of the site. */
export type ErrorPageSource = string | ErrorPage | ErrorPath | ErrorModule | Resource | (new () => Resource) | FetchApp

/** Pages by status (`404`), by class (`4xx`, `5xx`), or for all (`default`); the narrowest counts. */
export type ErrorPages = Readonly<Record<string, ErrorPageSource>>

/** One page, as the site calls it. */
export interface Page {
  /** What it is, for the log and for people. */
  readonly name: string
  readonly make: (error: HttpError, request: Request, connection: Connection) => Answer | Promise<Answer>
  /** Whether its answer may have a status of its own; else all but 2xx is a failure. */
  readonly free: boolean
  /** The path of the site where it is; that of the page for 404 where it is one for each status. */
  readonly path?: string
}

export type Pages = ReadonlyMap<string, Page>

/**
 * @param base The folder that relative paths are taken from. @param inside Answers requests for paths of the site.
 * @throws TypeError for what makes no page, and for a path that no route takes.
 */
export function buildPages(
  given: ErrorPages | undefined,
  base: string,
  inside: Handler,
  table: Pick<RouteTable, 'takes'>,
): Pages {
  const pages = new Map<string, Page>()
  for (const [key, source] of Object.entries(given ?? {})) {
    try {
      const page = pageOf(source, base, inside)
      if (page.path !== undefined && !table.takes(page.path)) throw new TypeError(`no route takes ${page.path} by GET`)
      pages.set(key, page)
    } catch (cause) {
      throw new TypeError(`errors[${JSON.stringify(key)}]: ${(cause as Error).message}`, { cause })
    }
  }
  return pages
}

/** The narrowest page for a status. */
export function pageFor(pages: Pages | undefined, status: number): Page | undefined {
  if (pages === undefined || pages.size === 0) return undefined
  return pages.get(String(status)) ?? pages.get(`${Math.floor(status / 100)}xx`) ?? pages.get('default')
}

function pageOf(source: ErrorPageSource, base: string, inside: Handler): Page {
  if (typeof source === 'string') {
    const file = resolve(base, source)
    return { name: file, make: fileOf(file), free: false }
  }
  if (isErrorPath(source)) return pathPage(source.path, inside)
  if (isErrorModule(source)) return { name: 'a module', make: asking(handlerOf(source.module)), free: false }
  if (typeof source === 'function' && !isClass(source)) {
    return { name: source.name === '' ? 'a function' : `the function ${source.name}`, make: source, free: true }
  }
  return { name: 'a resource', make: asking(handlerOf(source)), free: false }
}

function pathPage(path: string, inside: Handler): Page {
  const example = path.replaceAll(STATUS, '404')
  const mark = example.indexOf('?')
  const seen = canonicalPath(mark < 0 ? example : example.slice(0, mark))
  if (!path.startsWith('/') || seen === undefined) {
    throw new TypeError(`an error page is at a path of the site, not at ${JSON.stringify(path)}`)
  }
  const make = asking(inside, (status) => path.replaceAll(STATUS, String(status)))
  return { name: path, make, free: false, path: seen }
}

/** Stands for the status in the path of a page. */
const STATUS = ':status'

/** An HTML file, read when it is needed: errors are rare, and the file may change. */
function fileOf(path: string): Page['make'] {
  return async () => {
    const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' }
    return new Response(await readFile(path), { headers })
  }
}

export function isErrorPath(source: unknown): source is ErrorPath {
  return isPlain(source) && typeof source['path'] === 'string'
}

export function isErrorModule(source: unknown): source is ErrorModule {
  return isPlain(source) && source['module'] !== undefined
}

/** An instance of a resource may have a member of any name. */
function isPlain(source: unknown): source is Readonly<Record<string, unknown>> {
  if (typeof source !== 'object' || source === null) return false
  const prototype: unknown = Object.getPrototypeOf(source)
  return prototype === Object.prototype || prototype === null
}
