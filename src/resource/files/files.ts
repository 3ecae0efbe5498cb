import { resolve } from 'node:path'
import { allowedMethods, dispatch } from '../../message/dispatch.ts'
import { HttpError } from '../../message/errors.ts'
import type { Handler, Reply, Resource } from '../../message/interface.ts'
import type { Request } from '../../message/request.ts'
import { Response } from '../../message/response.ts'
import { type Explain, explaining } from '../explain.ts'
import { type Found, finder } from './find.ts'
import { lazyWriter } from './lazy-writer.ts'
import { listing } from './listing.ts'
import { locator } from './locate.ts'
import { loadMediaTypes } from './media-types.ts'
import type { FilesOptions, FilesPlace } from './options.ts'
import { explainPage, inMemory, pageResponse } from './page.ts'
import { keeper, Store } from './store.ts'

const HERE: FilesPlace = { base: '.', types: {}, withheld: () => false }

/**
 * A folder as a resource: its files by GET and HEAD and, where it can be written, PUT, DELETE and MKCOL; 405 for other
 * methods. Conditions and ranges are the site's part,
 * for this as for any resource that has an ETag.
 */
export function files(given: FilesOptions | string, place: FilesPlace = HERE): Handler {
  const options = typeof given === 'string' ? { root: given } : given
  const root = resolve(place.base, options.root)
  void loadMediaTypes()
  const locate = locator(root, options, place)
  const keeps = keeper(options.memory)
  const find = finder(locate, options, place, keeps)
  const store = new Store<Found>(find, options.memory)
  const writing = options.write ? lazyWriter(options, place, locate, keeps) : undefined
  const spa = options.spa === true ? '/index.html' : options.spa || undefined

  const answer = (found: Found, request: Request): Reply => {
    if (found.kind === 'page') return pageResponse(found, request)
    if (found.kind === 'to-folder') return Response.redirect(`${request.path}/${request.search}`, 308)
    if (options.listing === true) return listing(found.path, request, { locate, types: place.types })
    throw new HttpError(404, { code: 'no-index', detail: 'This folder has no index page, and listings are off.' })
  }

  const look = async (request: Request): Promise<Response> => {
    const found = await store.current(request.rest)
    if (found !== undefined && !(found.kind === 'folder' && spa !== undefined && options.listing !== true)) {
      return (await answer(found, request)) as Response
    }
    if (spa === undefined || !isNavigation(request)) throw new HttpError(404)
    const page = store.fresh(spa) ?? (await store.current(spa))
    if (page?.kind !== 'page') throw new HttpError(404, { code: 'no-spa-page' })
    const response = pageResponse(page, request)
    response.headers.append('Vary', 'Accept, Sec-Fetch-Mode')
    return response
  }

  const explain: Explain = async (request) => {
    if (writing !== undefined && Object.hasOwn(writing.methods, request.method)) return writing.explain(request)
    if (!['GET', 'HEAD', 'OPTIONS'].includes(request.method))
      return [['status', `405: it takes ${allowedMethods(resource).join(', ')}`]]
    const found = await find(request.rest, undefined)
    if (found?.kind === 'page') return explainPage(found)
    if (found?.kind === 'to-folder') return [['status', `308 to ${request.path}/`]]
    if (found?.kind === 'folder')
      return [
        ['folder', found.path],
        ['status', options.listing === true ? '200: a listing' : '404: no index page'],
      ]
    return [
      ['status', spa === undefined ? `404: nothing under ${root} by this path` : `404, or ${spa} for navigations`],
    ]
  }

  const resource: Resource = {
    GET: (request) => {
      const found = store.fresh(request.rest)
      // A file that is not in memory is compared with the disk each time: its head must be that of what is read next.
      return found?.kind === 'page' && inMemory(found) ? pageResponse(found, request) : look(request)
    },
    ...writing?.methods,
  }
  return explaining(dispatch(resource), explain)
}

/** Whether a person goes somewhere, and not a page that asks for a script, an image or data. */
function isNavigation(request: Request): boolean {
  const mode = request.headers.get('sec-fetch-mode')
  if (mode !== null) return mode === 'navigate'
  return /(?:^|,)\s*text\/html\s*(?:[;,]|$)/i.test(request.headers.get('accept') ?? '')
}
