import { resolve, sep } from 'node:path'
import { badAnswer } from '../../gateway/call.ts'
import type { GatewayAnswer } from '../../gateway/exchange.ts'
import { passed } from '../../gateway/passed.ts'
import type { Handover } from '../../gateway/reply.ts'
import { branded, HTTP_ERROR } from '../../message/brands.ts'
import type { HttpError } from '../../message/errors.ts'
import type { Headers } from '../../message/headers.ts'
import type { Reply } from '../../message/interface.ts'
import { Reroute } from '../../message/outcome.ts'
import { canonicalPath } from '../../message/path.ts'
import { Response } from '../../message/response.ts'
import { textOfBytes } from '../../protocol/cgi/octets.ts'
import { bodyOf } from '../files/document.ts'
import { type Find, finder, type Page } from '../files/find.ts'
import { locator } from '../files/locate.ts'
import type { FilesPlace } from '../files/options.ts'
import type { FastCgiOptions, HandoverOptions } from './options.ts'

/** Fields of the answer that are of the content that the program did not send: those of the file take their place. */
const OF_THE_CONTENT = ['content-length', 'content-encoding', 'content-range', 'accept-ranges', 'etag', 'last-modified']
/** Fields that stay where another route answers, as nginx has it. */
const KEPT = new Set(['content-type', 'content-disposition', 'set-cookie', 'cache-control', 'expires'])

/** What is allowed, and where the files lie that the application names. */
type Options = HandoverOptions & Pick<FastCgiOptions, 'files' | 'root' | 'rootThere'>

/** What an application may hand over to the server: a file to send, another route to answer. Undefined: nothing. */
export function handover(options: Options, place: FilesPlace): Handover | undefined {
  const { sendfile = [], accel = false } = options
  if (sendfile.length === 0 && !accel) return undefined
  const send = sender(sendfile, options, place)
  return (answer) => {
    const { headers } = answer.head
    const path = accel ? headers.get('x-accel-redirect') : null
    if (path !== null) return rerouted(answer, path)
    if (sendfile.length === 0) return undefined
    const file = headers.get('x-sendfile') ?? headers.get('x-lighttpd-send-file')
    return file === null ? undefined : send(answer, file)
  }
}

/** Has another route answer, by GET, its guards included; no client can come to one that is `internal`. */
function rerouted({ head, body }: GatewayAnswer, given: string): Reroute {
  body.discard()
  // Names of files are often sent as they are; nginx decodes, and so a `?` begins a query.
  const to = textOfBytes(given)
  const mark = to.indexOf('?')
  const path = canonicalPath(mark < 0 ? to : to.slice(0, mark))
  if (path === undefined) throw badAnswer(`X-Accel-Redirect names no path of the site: ${JSON.stringify(to)}`)
  const kept = [...passed(head.headers).raw()].filter(([name]) => KEPT.has(name.toLowerCase()))
  const target = path + (mark < 0 ? '' : encoded(to.slice(mark)))
  // The client has not asked for that path: that there is nothing is the application's fault, and for the log.
  const failed = (error: unknown): unknown =>
    branded(error, HTTP_ERROR) && [404, 405].includes((error as HttpError).status)
      ? badAnswer(`X-Accel-Redirect to ${target}, which is answered ${(error as HttpError).status}`)
      : error
  return new Reroute(target, { method: 'GET', internal: true, headers: kept, failed })
}

function encoded(search: string): string {
  return search.replace(/[^\x21-\x7e]+/g, encodeURIComponent)
}

interface Allowed {
  readonly folder: string
  readonly find: Find
}

/** Sends files of these folders, and no others. */
function sender(
  folders: readonly string[],
  options: Options,
  place: FilesPlace,
): (answer: GatewayAnswer, file: string) => Reply {
  const allowed: Allowed[] = folders.map((name) => {
    const folder = resolve(place.base, name)
    const fileOptions = { ...options.files, root: folder, precompressed: false }
    return { folder, find: finder(locator(folder, fileOptions, place), fileOptions, place, () => false) }
  })
  return async (answer, given) => {
    answer.body.discard()
    const path = hereOf(textOfBytes(decoded(given)), options, place)
    if (path.includes('\0')) throw badAnswer(`X-Sendfile names no file: ${JSON.stringify(path)}`)
    const { folder, find } = allowed.find((one) => path.startsWith(one.folder + sep)) ?? {}
    if (folder === undefined || find === undefined) {
      throw badAnswer(`X-Sendfile: ${path} lies in none of the folders of "sendfile"`)
    }
    const relative = path.slice(folder.length).split(sep).map(encodeURIComponent).join('/')
    const page = await find(relative, undefined)
    if (page?.kind !== 'page') throw badAnswer(`X-Sendfile: ${path} is no file that may be sent`)
    return sent(answer, page)
  }
}

/** The path as this server sees it; absolute, without dot segments. */
function hereOf(path: string, { root, rootThere }: Options, { base }: FilesPlace): string {
  if (!path.startsWith('/')) throw badAnswer(`X-Sendfile: ${JSON.stringify(path)} is no absolute path`)
  const there = rootThere?.replace(/\/+$/, '')
  if (root !== undefined && there !== undefined && path.startsWith(`${there}/`)) {
    return resolve(base, root, `.${path.slice(there.length)}`)
  }
  return resolve(path)
}

/** Percent-encoded octets are decoded, as Apache and lighttpd have it; a `%` that is none of them stays. */
function decoded(path: string): string {
  return path.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** The file, with the status and the fields of the answer. */
function sent({ head }: GatewayAnswer, { document }: Page): Response {
  const headers: Headers = passed(head.headers)
  for (const name of OF_THE_CONTENT) headers.delete(name)
  for (const [name, value] of document.headers.raw()) if (!headers.has(name)) headers.append(name, value)
  return Response.over(head.status ?? 200, headers, bodyOf(document))
}
