import type { Entry, OpenFolder } from '../../io/open-folder.ts'
import type { Upload } from '../../io/upload.ts'
import { precondition, type Validators } from '../../message/conditions.ts'
import { parseHttpDate } from '../../message/dates.ts'
import { HttpError } from '../../message/errors.ts'
import { Headers } from '../../message/headers.ts'
import type { Request } from '../../message/request.ts'
import type { Document } from './document.ts'
import { CODINGS, type Find, ROUNDED } from './find.ts'

/**
 * The preconditions of a request that writes (RFC 9110 §13.2), against what a GET of the same path would tell.
 * @throws HttpError 412.
 */
export async function checkConditions(request: Request, entry: Entry | undefined, find: Find): Promise<void> {
  if (!request.selective) return
  const { method, headers } = request
  const forms = entry?.kind === 'file' ? await formsOf(request, find) : []
  // A client that reads a precompressed form has the tag of that one, and means the file.
  const named = headers.get('if-match') ?? headers.get('if-none-match') ?? ''
  const form = forms.find(({ headers }) => named.includes(headers.get('etag') ?? '""')) ?? forms[0]
  const validators = form === undefined ? { ...NONE, exists: entry !== undefined } : validatorsOf(form.headers)
  if (precondition(method, headers, validators) !== 0)
    throw new HttpError(412, { detail: 'This has changed since, or is there already, or is not there.' })
}

const NONE: Validators = { etag: null, lastModified: undefined }

/** ETag and Last-Modified of what was just stored; none where another has taken its place already (RFC 9110 §9.3.4). */
export async function validatorsOfStored(request: Request, stored: Upload, find: Find): Promise<Headers> {
  const told = new Headers()
  // It is stored, whether or not it can be read again.
  const [document] = await formsOf(request, find).catch(() => [])
  const facts = document?.file.facts
  if (document === undefined || facts?.ino !== stored.ino || facts.size !== stored.size) return told
  for (const name of ['ETag', 'Last-Modified']) told.set(name, document.headers.get(name) ?? '')
  return told
}

/**
 * The earliest date that new content may have, in milliseconds since 1970: later than what it replaces, so that a tag
 * made of the date is another one, and so much later than the precompressed forms beside it, that they are seen to be
 * of other content although dates are taken to be rounded.
 */
export function earliestDate(folder: OpenFolder, name: string, replaced: Entry | undefined): number {
  // Setting a date loses fractions of a millisecond.
  let earliest = replaced === undefined ? 0 : Math.ceil(replaced.facts.mtime) + 2
  for (const [, suffix] of CODINGS) {
    const date = folder.dateOf(name + suffix)
    if (date !== undefined) earliest = Math.max(earliest, Math.ceil(date) + ROUNDED + 1)
  }
  return earliest
}

async function formsOf(request: Request, find: Find): Promise<Document[]> {
  const found = await find(request.rest, undefined)
  return found?.kind === 'page' ? [found.document, ...found.variants.map(({ document }) => document)] : []
}

function validatorsOf(headers: Headers): Validators {
  return { etag: headers.get('etag'), lastModified: parseHttpDate(headers.get('last-modified') ?? '') }
}
