import type { Entry } from '../../io/open-folder.ts'
import { HttpError } from '../../message/errors.ts'
import type { Target } from './target.ts'

/** The methods that write. */
export type WritingMethod = 'PUT' | 'DELETE' | 'MKCOL'

/** What is possible with something that is there (RFC 9110 §15.5.6), for an answer 405. */
const ALLOW = { Allow: 'GET, HEAD, PUT, DELETE, OPTIONS' }

/** @throws HttpError where a method is not possible for a path, whatever lies there. */
export function checkTarget(
  method: WritingMethod,
  target: Target | undefined,
): asserts target is Target & { readonly folder: string } {
  if (target === undefined) {
    if (method === 'DELETE') throw new HttpError(403, { code: 'root', detail: 'The topmost folder is not removed.' })
    throw method === 'PUT' ? isFolder() : isThere()
  }
  if (target.folder === undefined) {
    if (method === 'DELETE') throw new HttpError(404)
    // RFC 4918 §9.3.1 and §9.7.1
    throw new HttpError(409, {
      code: 'no-folder',
      detail: 'The folder for this is not there. Make it first, by MKCOL.',
    })
  }
  // A PUT of a folder is no PUT of its index page.
  if (method === 'PUT' && target.asFolder) throw isFolder()
}

/** @throws HttpError where a method is not possible for what lies there. */
export function checkEntry(method: WritingMethod, target: Target, entry: Entry | undefined): void {
  if (method === 'PUT' && entry?.kind === 'folder') throw isFolder()
  if (method === 'MKCOL' && entry !== undefined) throw isThere()
  if (method !== 'DELETE') return
  if (entry === undefined || (entry.kind === 'file' && target.asFolder)) throw new HttpError(404)
  // Without the slash a slip would be enough to take a folder for a file.
  if (entry.kind === 'folder' && !target.asFolder)
    throw new HttpError(409, { code: 'folder', detail: 'This is a folder: put a slash behind its path to remove it.' })
}

function isFolder(): HttpError {
  return new HttpError(409, {
    code: 'folder',
    detail: 'This is the path of a folder. Put files under paths of their own.',
  })
}

/** RFC 4918 §9.3.1: a folder is made only where there is nothing. */
function isThere(): HttpError {
  return new HttpError(405, { headers: ALLOW, code: 'there', detail: 'Something of this name is here already.' })
}
