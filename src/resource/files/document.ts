import { readFile } from '../../io/file.ts'
import { FileBody } from '../../io/file-body.ts'
import type { Body } from '../../message/body.ts'
import { httpDate } from '../../message/dates.ts'
import { Headers } from '../../message/headers.ts'
import type { Located } from './locate.ts'

/** One form of a file, ready to be answered with: its fields made once, its content in memory if it is small. */
export interface Document {
  readonly file: Located
  readonly headers: Headers
  /** The content, or undefined where it is read from the disk each time. */
  readonly bytes: Uint8Array | undefined
}

export interface DocumentFields {
  readonly type: string
  readonly cacheControl: string | undefined
  /** The content coding of the file, for a precompressed one. */
  readonly encoding?: string
  /** Whether other codings of it exist, so that caches must look at Accept-Encoding. */
  readonly varies: boolean
}

/** @param keep Whether to read the content into memory. @throws FileChanged, or the system's error. */
export async function makeDocument(file: Located, fields: DocumentFields, keep: boolean): Promise<Document> {
  return {
    file,
    headers: headersOf(file, fields),
    bytes: keep ? await readFile(file.path, file.facts) : undefined,
  }
}

export function bodyOf(document: Document): Body {
  return document.bytes ?? new FileBody(document.file.path, document.file.facts)
}

function headersOf({ facts }: Located, fields: DocumentFields): Headers {
  const headers = new Headers()
  headers.append('Content-Type', fields.type)
  // RFC 9110 §8.8.2.1: never later than the time of the answer, whatever the disk says.
  headers.append('Last-Modified', httpDate(Math.min(facts.mtime, Date.now())))
  headers.append('ETag', entityTag(facts.mtime, facts.size, fields.encoding))
  headers.append('Accept-Ranges', 'bytes')
  if (fields.encoding !== undefined) headers.append('Content-Encoding', fields.encoding)
  if (fields.varies) headers.append('Vary', 'Accept-Encoding')
  if (fields.cacheControl !== undefined) headers.append('Cache-Control', fields.cacheControl)
  return headers
}

/** Strong, for byte ranges need it; each coding has its own (RFC 9110 §8.8.3.3). */
function entityTag(mtime: number, size: number, encoding: string | undefined): string {
  const time = Math.round(mtime * 1000).toString(36)
  return `"${time}-${size.toString(36)}${encoding === undefined ? '' : `-${encoding}`}"`
}
