import { resolve } from 'node:path'
import type { Data } from '../../gateway/call.ts'
import { closeDescriptor, FileChanged, openDescriptor } from '../../io/file.ts'
import { HttpError } from '../../message/errors.ts'
import type { Handler } from '../../message/interface.ts'
import { decodedPath } from '../../message/path.ts'
import type { Request } from '../../message/request.ts'
import { Response } from '../../message/response.ts'
import { byteString } from '../../protocol/cgi/octets.ts'
import { mountedScript, type Script } from '../../protocol/cgi/variables.ts'
import { type Explain, explaining } from '../explain.ts'
import { explainedList, explainVariables } from '../explain-program.ts'
import { absentOr, type Located, locator } from '../files/locate.ts'
import type { FilesPlace } from '../files/options.ts'
import { dataVariables, type Program } from '../program.ts'
import type { FastCgiOptions } from './options.ts'

/** A file that is written at this moment is opened once more, this often. */
const MAX_TRIES = 3

/**
 * Has an application in the role of a filter answer with the files of a folder (FastCGI specification §6.4): it gets the
 * file that the path names beside the request, with its length and the time of its last change.
 * @throws TypeError where no folder is named.
 */
export function filter(options: FastCgiOptions, place: FilesPlace, run: Program, about: Explain): Handler {
  if (options.data === undefined) throw new TypeError("the role 'filter' needs data: the folder of its files")
  const root = resolve(place.base, options.data)
  const index = options.index ?? ['index.html']
  const locate = locator(root, { ...options.files, root }, place)

  const find = async (request: Request): Promise<Located | 'to-folder' | undefined> => {
    const relative = decodedPath(request.rest)
    const found = relative === undefined ? undefined : await locate(relative)
    if (found === undefined || relative === undefined) return undefined
    if (found.kind === 'file') return relative.endsWith('/') ? undefined : found
    for (const name of index) {
      const file = await locate(`${relative}/${name}`)
      if (file?.kind === 'file') return relative.endsWith('/') ? file : 'to-folder'
    }
    return undefined
  }

  const scriptOf = (request: Request): Script => {
    // A path with an encoded slash names no file.
    const script = mountedScript(request) ?? { name: '', pathInfo: '' }
    return { ...script, root: byteString(root) }
  }

  const explain: Explain = async (request) => {
    const found = await find(request)
    if (found === undefined) return [['status', `404: no file under ${root} by this path`]]
    if (found === 'to-folder') return [['status', `308 to ${request.path}/`]]
    const data = { size: found.facts.size, modified: found.facts.mtime }
    return [
      ['file', found.path],
      ...(await about(request)),
      ...explainVariables(request, scriptOf(request), options),
      ...explainedList(dataVariables(data)),
    ]
  }

  return explaining(async (request, connection) => {
    for (let tries = 1; ; tries++) {
      const found = await find(request)
      if (found === undefined) throw new HttpError(404)
      if (found === 'to-folder') return Response.redirect(`${request.path}/${request.search}`, 308)
      const data = opened(found, tries === MAX_TRIES)
      if (data !== undefined) return run(request, connection, scriptOf(request), data)
    }
  }, explain)
}

/** The file as a content. Undefined where it is another one than was found. @throws HttpError where it cannot be read. */
function opened({ path, facts }: Located, last: boolean): Data | undefined {
  try {
    const file = openDescriptor(path, facts)
    let open = true
    const close = (): void => {
      if (open) closeDescriptor(file)
      open = false
    }
    return { size: facts.size, modified: facts.mtime, file, close }
  } catch (error) {
    if (!(error instanceof FileChanged)) absentOr(error)
    if (!last) return undefined
    throw new HttpError(503, { code: 'file-changing', headers: { 'Retry-After': '1' }, cause: error })
  }
}
