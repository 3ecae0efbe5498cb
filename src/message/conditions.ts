import { parseHttpDate } from './dates.ts'
import type { Headers } from './headers.ts'

/** What identifies the present form of a resource (RFC 9110 §8.8). */
export interface Validators {
  /** The ETag as it is sent, quotes and `W/` included, or null. */
  readonly etag: string | null
  /** Milliseconds since 1970, whole seconds, or undefined. */
  readonly lastModified: number | undefined
  /** False where there is nothing yet, as for a PUT that creates; `*` then matches nothing. */
  readonly exists?: boolean
}

const ENTITY_TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/
/** The members of a list of entity tags. They are no quoted strings: a backslash escapes nothing (RFC 9110 §8.8.3). */
const ENTITY_TAGS = /(?:^|,)[ \t]*((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?=,|$)/g

/**
 * The preconditions of a request in the order of RFC 9110 §13.2.2, If-Range apart.
 * Returns 412 or 304 where one of them is the answer, 0 where the request goes on.
 */
export function precondition(method: string, headers: Headers, now: Validators): 0 | 304 | 412 {
  const ifMatch = headers.get('if-match')
  if (ifMatch !== null) {
    if (!matches(ifMatch, now, true)) return 412
  } else {
    const since = dateOf(headers, 'if-unmodified-since')
    if (since !== undefined && now.lastModified !== undefined && now.lastModified > since) return 412
  }
  const safe = method === 'GET' || method === 'HEAD'
  const ifNoneMatch = headers.get('if-none-match')
  if (ifNoneMatch !== null) return matches(ifNoneMatch, now, false) ? (safe ? 304 : 412) : 0
  if (!safe) return 0
  const since = dateOf(headers, 'if-modified-since')
  return since !== undefined && now.lastModified !== undefined && now.lastModified <= since ? 304 : 0
}

/**
 * Whether a Range field counts (RFC 9110 §13.1.5): there is no If-Range, or its validator is strong and that of the
 * resource. A date counts only where it is the very Last-Modified.
 */
export function rangeApplies(headers: Headers, now: Validators): boolean {
  const ifRange = headers.get('if-range')
  if (ifRange === null) return true
  if (ENTITY_TAG.test(ifRange)) return !ifRange.startsWith('W/') && ifRange === now.etag
  const date = parseHttpDate(ifRange)
  return date !== undefined && date === now.lastModified
}

function matches(field: string, now: Validators, strong: boolean): boolean {
  const exists = now.exists ?? true
  if (field === '*') return exists
  if (!exists || now.etag === null) return false
  if (strong && now.etag.startsWith('W/')) return false
  const opaque = now.etag.startsWith('W/') ? now.etag.slice(2) : now.etag
  for (const [, tag = ''] of field.matchAll(ENTITY_TAGS)) {
    if (tag === opaque) return true
    if (!strong && tag.startsWith('W/') && tag.slice(2) === opaque) return true
  }
  return false
}

/** A date condition that is repeated or is no date is ignored (RFC 9110 §13.1.3, §13.1.4). */
function dateOf(headers: Headers, name: string): number | undefined {
  const text = headers.get(name)
  return text === null ? undefined : parseHttpDate(text)
}
