import { FileChanged, sameFacts } from '../../io/file.ts'
import { decodedPath } from '../../message/path.ts'
import { cacheControlFor } from './cache-control.ts'
import { type Document, fileChanging, makeDocument } from './document.ts'
import { absentOr, type Locate, type Located } from './locate.ts'
import { isCompressible, mediaType } from './media-types.ts'
import type { FilesOptions, FilesPlace } from './options.ts'

/** What a path within a root leads to. */
export type Found = Page | Folder | ToFolder

/** A file, in all its codings. */
export interface Page {
  readonly kind: 'page'
  readonly document: Document
  /** Precompressed forms, the preferred first. */
  readonly variants: readonly Variant[]
  readonly weight: number
}

export interface Variant {
  readonly encoding: string
  readonly document: Document
}

/** A folder without an index page. */
export interface Folder {
  readonly kind: 'folder'
  readonly path: string
  readonly weight: 0
}

/** A folder asked for without the slash that its relative links need. */
export interface ToFolder {
  readonly kind: 'to-folder'
  readonly weight: 0
}

/** The codings that a file may lie beside in, the smallest first. */
export const CODINGS = [
  ['br', '.br'],
  ['zstd', '.zst'],
  ['gzip', '.gz'],
] as const

export type Find = (rest: string, known: Found | undefined) => Promise<Found | undefined>

/** Finds what a path leads to: the file, the index page of a folder, or the first of `try` that exists. */
export function finder(
  locate: Locate,
  options: FilesOptions,
  place: FilesPlace,
  keeps: (size: number) => boolean,
): Find {
  const index = options.index ?? ['index.html']

  const page = async (relative: string, file: Located, known: Found | undefined): Promise<Page> => {
    const type = await mediaType(file.path, place.types)
    const beside =
      options.precompressed !== false && isCompressible(type) ? await neighbours(locate, relative, file) : []
    if (known?.kind === 'page' && isStill(known, file, beside)) return known
    const cacheControl = cacheControlFor(options.cacheControl, relative)
    const varies = beside.length > 0
    const document = await makeDocument(file, { type, cacheControl, varies }, keeps(file.facts.size))
    const variants: Variant[] = []
    for (const [encoding, found] of beside) {
      const fields = { type, cacheControl, varies, encoding }
      variants.push({ encoding, document: await makeDocument(found, fields, keeps(found.facts.size)) })
    }
    // Text twice: the last answer is kept too, as one.
    const weight = [document, ...variants.map((v) => v.document)].reduce(
      (sum, d) => sum + (d.bytes?.byteLength ?? 0) + 2 * (d.latin1?.length ?? 0),
      0,
    )
    return { kind: 'page', document, variants, weight }
  }

  const look = async (relative: string, known: Found | undefined): Promise<Found | undefined> => {
    const located = await locate(relative)
    const asFolder = relative === '' || relative.endsWith('/')
    if (located === undefined) return undefined
    if (located.kind === 'file') return asFolder ? undefined : page(relative, located, known)
    if (!relative.endsWith('/')) return known?.kind === 'to-folder' ? known : { kind: 'to-folder', weight: 0 }
    for (const name of index) {
      const file = await locate(relative + name)
      if (file?.kind === 'file') return page(relative + name, file, known)
    }
    return known?.kind === 'folder' && known.path === located.path
      ? known
      : { kind: 'folder', path: located.path, weight: 0 }
  }

  return async (rest, known) => {
    const relative = decodedPath(rest)
    if (relative === undefined) return undefined
    if (options.try === undefined) return unlessChanging(() => look(relative, known))
    for (const path of options.try) {
      const asAsked = path === '*' || path === '/*'
      const found = await unlessChanging(() =>
        look(asAsked ? relative : path.replace('*', () => relative.slice(1)), known),
      )
      if (found?.kind === 'page' || (asAsked && found?.kind === 'to-folder')) return found
      if (asAsked && found?.kind === 'folder' && options.listing === true) return found
    }
    return undefined
  }
}

/** A file that is being written at this moment is looked at once more; then the client is asked to come back. */
async function unlessChanging<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await look()
    } catch (error) {
      if (!(error instanceof FileChanged)) return absentOr(error)
      if (attempt === 2) throw fileChanging(error)
    }
  }
}

/** How much older than its file a precompressed form may seem, in milliseconds: tools and archives round times. */
export const ROUNDED = 2000

/** The precompressed forms of a file. One that is older was made of another content, and an empty one of none. */
async function neighbours(
  locate: Locate,
  relative: string,
  { facts }: Located,
): Promise<[encoding: string, file: Located][]> {
  const found: [string, Located][] = []
  for (const [encoding, suffix] of CODINGS) {
    const file = await locate(relative + suffix)
    const usable = file?.kind === 'file' && file.facts.size > 0 && file.facts.mtime >= facts.mtime - ROUNDED
    if (usable) found.push([encoding, file])
  }
  return found
}

function isStill(known: Page, file: Located, beside: readonly (readonly [string, Located])[]): boolean {
  return (
    // Where the clock was set back a date of it could be later than that of the answer (RFC 9110 §8.8.2.1).
    known.document.made <= Date.now() &&
    isSame(known.document.file, file) &&
    known.variants.length === beside.length &&
    known.variants.every(({ encoding, document }, i) => {
      const now = beside[i]
      return now !== undefined && now[0] === encoding && isSame(document.file, now[1])
    })
  )
}

/** Whether a file that is known is what lies there now. */
function isSame(a: Located, b: Located): boolean {
  return a.path === b.path && a.facts.settled && sameFacts(a.facts, b.facts)
}
