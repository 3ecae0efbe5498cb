import { resolve } from 'node:path'
import type { Open } from '../../gateway/call.ts'
import { addressesOf } from '../../gateway/fastcgi/addresses.ts'
import { type FastCgiOptions as BackendsOptions, fastCgiBackends } from '../../gateway/fastcgi/backends.ts'
import { HttpError } from '../../message/errors.ts'
import type { Handler, Reply } from '../../message/interface.ts'
import type { Request } from '../../message/request.ts'
import { Response } from '../../message/response.ts'
import { byteString, decodedOctets } from '../../protocol/cgi/octets.ts'
import type { Script } from '../../protocol/cgi/variables.ts'
import { type Explain, explaining } from '../explain.ts'
import { explainVariables } from '../explain-program.ts'
import type { Page } from '../files/find.ts'
import type { FilesPlace } from '../files/options.ts'
import { explainPage, pageResponse } from '../files/page.ts'
import { mountedProgram } from '../mounted-program.ts'
import { type Program, program } from '../program.ts'
import { filter } from './filter.ts'
import { type Run, siteFinder, type Target } from './find.ts'
import { handover } from './handover.ts'
import type { FastCgiOptions } from './options.ts'

/** Makes what calls are opened by. */
export type Backends = (options: BackendsOptions) => Open

/** A FastCGI application as a resource. @throws TypeError for options that cannot be. */
export function fastcgi(
  given: string | readonly string[] | FastCgiOptions,
  place: FilesPlace,
  backends: Backends = fastCgiBackends,
): Handler {
  const options = optionsOf(given)
  const { role = 'responder' } = options
  const address = addressesOf(options.address, place.base)
  const name = address.join(', ')
  const run = program(backends({ ...options, address, role }), name, options, place.identity, handover(options, place))
  const about: Explain = async () => [['address', name]]
  if (role === 'filter') return filter(options, place, run, about)
  if (options.root !== undefined) return site(resolve(place.base, options.root), options, place, run, about)
  return mountedProgram(run, options, about)
}

/** A folder of scripts, and of files beside them. */
function site(root: string, options: FastCgiOptions, place: FilesPlace, run: Program, about: Explain): Handler {
  const { find, kept } = siteFinder(root, options, place)
  const there = byteString((options.rootThere ?? root).replace(/(?<=.)\/+$/, ''))
  const scriptOf = (target: Run, request: Request): Script => {
    const base = options.realRoot === true && options.rootThere === undefined ? byteString(target.file.root) : there
    return {
      name: decodedOctets(request.mount + target.path),
      pathInfo: decodedOctets(target.info),
      filename: (base === '/' ? '' : base) + decodedOctets(target.path),
      root: base,
    }
  }

  const answer = (target: Target | undefined, request: Request): Reply => {
    if (target === undefined || target.kind === 'run') throw new HttpError(404)
    return target.kind === 'page' ? file(target, request) : Response.redirect(`${request.path}/${request.search}`, 308)
  }

  const handler: Handler = (request, connection) => {
    const page = kept(request.rest)
    if (page !== undefined) return file(page, request)
    return find(request.rest, request.search).then((target) => {
      if (target?.kind !== 'run') return answer(target, request)
      return run(asSeen(request, target), connection, scriptOf(target, request))
    })
  }

  const explain: Explain = async (request) => {
    const target = await find(request.rest, request.search)
    if (target === undefined) return [['status', `404: neither a file nor a script under ${root} by this path`]]
    if (target.kind === 'to-folder') return [['status', `308 to ${request.path}/`]]
    if (target.kind === 'page') return explainPage(target)
    const script = scriptOf(target, request)
    return [
      ['file', target.file.path],
      ...(await about(request)),
      ...explainVariables(asSeen(request, target), script, options),
    ]
  }
  return explaining(handler, explain)
}

/** A file beside the scripts: a script may take any method, a file takes these. */
function file(page: Page, request: Request): Response {
  if (request.method === 'GET' || request.method === 'HEAD') return pageResponse(page, request)
  const headers = { Allow: 'GET, HEAD, OPTIONS' }
  if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers })
  throw new HttpError(405, { headers, detail: `${request.method} is not possible here.` })
}

/** The request with the query that a front controller gets. */
function asSeen(request: Request, { search }: Run): Request {
  return search === undefined ? request : request.with({ path: request.path + search })
}

function optionsOf(given: string | readonly string[] | FastCgiOptions): FastCgiOptions {
  return typeof given === 'string' || isList(given) ? { address: given } : given
}

function isList(given: readonly string[] | FastCgiOptions): given is readonly string[] {
  return Array.isArray(given)
}
