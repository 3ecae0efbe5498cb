import { access, constants, opendir } from 'node:fs/promises'
import { preferredType } from '../../message/negotiation.ts'
import type { Request } from '../../message/request.ts'
import { Response } from '../../message/response.ts'
import { type Listed, listingPage, type Sorting } from './listing-page.ts'
import { absentOr, type Locate, type Located } from './locate.ts'
import { mediaType } from './media-types.ts'

/** A folder with more entries than this is listed up to here, and says so. */
export const MAX_LISTED = 5000

/** How many entries are asked of the disk at once. */
const AT_ONCE = 32

/**
 * What is in a folder, as a page or, where the client prefers it, as JSON; sorted by `?sort=name|size|modified` and
 * `?order=asc|desc`. It shows exactly what can be fetched: each entry is found by `locate`, as for a request.
 */
export async function listing(
  folder: string,
  request: Request,
  { locate, types }: { locate: Locate; types: Readonly<Record<string, string>> },
): Promise<Response> {
  const relative = decodeURIComponent(request.rest)
  const { names, cut } = await namesIn(folder)
  const entries: Listed[] = []
  for (let i = 0; i < names.length; i += AT_ONCE) {
    const found = await Promise.all(names.slice(i, i + AT_ONCE).map((name) => listed(name, relative, locate, types)))
    for (const entry of found) if (entry !== undefined) entries.push(entry)
  }
  const sorting = sortingOf(request.query)
  entries.sort(comparer(sorting))
  const headers = { 'Cache-Control': 'no-cache', Vary: 'Accept' }
  if (preferredType(request.headers.get('accept'), ['text/html', 'application/json']) === 'application/json') {
    const shown = entries.map(({ modified, ...rest }) => ({ ...rest, modified: new Date(modified).toISOString() }))
    return Response.json({ path: request.path, entries: shown, complete: !cut }, { headers })
  }
  const page = listingPage(request.path, request.mount, entries, sorting, cut)
  return new Response(page, {
    headers: { ...headers, 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': CSP },
  })
}

/** File names are strangers' text: the page may load and run nothing. */
const CSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

async function namesIn(folder: string): Promise<{ names: string[]; cut: boolean }> {
  const names: string[] = []
  try {
    for await (const entry of await opendir(folder)) {
      if (names.length === MAX_LISTED) return { names, cut: true }
      names.push(entry.name)
    }
  } catch (error) {
    absentOr(error)
  }
  return { names, cut: false }
}

async function listed(
  name: string,
  relative: string,
  locate: Locate,
  types: Readonly<Record<string, string>>,
): Promise<Listed | undefined> {
  // One entry that cannot be read must not hide the others.
  const found = await locate(relative + name).catch(() => undefined)
  if (found === undefined || !(await isOpen(found))) return undefined
  const { size, mtime } = found.facts
  return found.kind === 'folder'
    ? { name, kind: 'folder', size: undefined, modified: mtime, type: undefined }
    : { name, kind: 'file', size, modified: mtime, type: await mediaType(name, types) }
}

/** Whether the system lets this server open it. */
function isOpen({ kind, path }: Located): Promise<boolean> {
  return access(path, kind === 'folder' ? constants.X_OK : constants.R_OK).then(
    () => true,
    () => false,
  )
}

function sortingOf(query: URLSearchParams): Sorting {
  const asked = query.get('sort')
  const by = asked === 'size' || asked === 'modified' ? asked : 'name'
  return { by, descending: query.get('order') === 'desc' }
}

/** Folders stand before files in any order. */
function comparer({ by, descending }: Sorting): (a: Listed, b: Listed) => number {
  // Made for each listing: making one at start would cost every site a tenth of its time to start.
  const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })
  const sign = descending ? -1 : 1
  return (a, b) => {
    if (a.kind !== b.kind) return a.kind === 'folder' ? -1 : 1
    const names = collator.compare(a.name, b.name)
    if (by === 'name') return sign * names
    return sign * (by === 'size' ? (a.size ?? 0) - (b.size ?? 0) : a.modified - b.modified) || names
  }
}
