import { setTimeout } from 'node:timers/promises'
import { CLOCK_TICK, FileChanged, readFile } from '../../io/file.ts'
import { FileBody } from '../../io/file-body.ts'
import type { Body } from '../../message/body.ts'
import { httpDate } from '../../message/dates.ts'
import { HttpError } from '../../message/errors.ts'
import { Headers } from '../../message/headers.ts'
import { absentOr, type Located } from './locate.ts'

/** Content up to this size, in bytes, is kept as text too, as which small answers leave. */
const KEPT_AS_TEXT = 16384

/** One form of a file, ready to be answered with: its fields made once, its content in memory if it is small. */
export interface Document {
  readonly file: Located
  readonly headers: Headers
  /** When it was made, in milliseconds since 1970: none of its dates is later. */
  readonly made: number
  /** The content, or undefined where it is read from the disk each time. */
  readonly bytes: Uint8Array | undefined
  /** The same as text, one character a byte, where it is small. */
  readonly latin1: string | undefined
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
  const made = Date.now()
  if (keep) {
    const bytes = await readFile(file.path, file.facts)
    const latin1 = bytes.byteLength <= KEPT_AS_TEXT ? bytes.toString('latin1') : undefined
    return { file, headers: headersOf(file, fields, await digest(bytes), made), made, bytes, latin1 }
  }
  if (!file.facts.settled) {
    // Its dates would tell two contents apart only from now on: they are looked at again a moment later.
    await setTimeout(CLOCK_TICK)
    throw new FileChanged(file.path)
  }
  const { mtime, size } = file.facts
  const tag = `${Math.round(mtime * 1000).toString(36)}-${size.toString(36)}`
  return { file, headers: headersOf(file, fields, tag, made), made, bytes: undefined, latin1: undefined }
}

/** Content in memory is told by itself: so equal files have equal tags, whenever and on whichever machine. */
async function digest(bytes: Uint8Array): Promise<string> {
  // Loaded when it is used: it takes a tenth of the time to start, and of the memory.
  const { createHash } = await import('node:crypto')
  return createHash('sha1').update(bytes).digest('base64url').slice(0, 16)
}

export function bodyOf(document: Document): Body {
  return document.bytes ?? new FileBody(document.file.path, document.file.facts, unopened)
}

/** What the client is told where a file that was found a moment ago cannot be opened. */
function unopened(error: unknown): unknown {
  if (error instanceof FileChanged) return fileChanging(error)
  try {
    absentOr(error)
    return new HttpError(404, { cause: error })
  } catch (told) {
    return told
  }
}

/** A file that is being written at this moment: to be asked for again. */
export function fileChanging(cause: FileChanged): HttpError {
  return new HttpError(503, { code: 'file-changing', headers: { 'Retry-After': '1' }, cause })
}

function headersOf({ facts }: Located, fields: DocumentFields, tag: string, now: number): Headers {
  const headers = new Headers()
  headers.append('Content-Type', fields.type)
  // RFC 9110 §8.8.2.1: never later than the time of the answer, whatever the disk says.
  headers.append('Last-Modified', httpDate(Math.min(facts.mtime, now)))
  // Strong, for byte ranges need it; each coding has its own (RFC 9110 §8.8.3.3).
  headers.append('ETag', `"${tag}${fields.encoding === undefined ? '' : `-${fields.encoding}`}"`)
  headers.append('Accept-Ranges', 'bytes')
  if (fields.encoding !== undefined) headers.append('Content-Encoding', fields.encoding)
  if (fields.varies) headers.append('Vary', 'Accept-Encoding')
  if (fields.cacheControl !== undefined) headers.append('Cache-Control', fields.cacheControl)
  return headers
}
