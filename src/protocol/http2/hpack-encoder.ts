import { writeInteger } from './integers.ts'
import { STATIC_INDEX, STATIC_NAMES, STATIC_VALUES } from './static-table.ts'
import { writeString } from './strings.ts'

// Nothing is added to the other end's table: the bytes of a field are the same on every connection, so they can be kept and
// shared, and a compressor with no memory tells nobody whether a secret was guessed (RFC 7541 §7.1).

/** Fields that nobody behind us may keep in a table either, for they can be guessed piece by piece (RFC 7541 §7.1.3). */
const NEVER_INDEXED: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization', 'set-cookie'])

const INDEXED = 0x80
const LITERAL = 0x00
const LITERAL_NEVER_INDEXED = 0x10
const NAME_INDEX = 0x0f

/** More bytes than a field has beyond its name and value. */
const FIELD_OVERHEAD = 16

const scratch = Buffer.allocUnsafeSlow(16384)

/** What `encodeStatus` made, by status. */
const statuses: (Buffer | undefined)[] = []

/**
 * The block of some fields, [name, value, name, value, …], one character a byte (latin1). Names are written in lower
 * case (RFC 9113 §8.2.1). Valid on every connection, and behind or before any other block of this encoder.
 * @throws RangeError for a character above U+00FF.
 */
export function encodeFields(list: readonly string[]): Buffer {
  let most = 0
  for (let i = 0; i < list.length; i++) most += (list[i] as string).length + FIELD_OVERHEAD
  const out = roomFor(most)
  let at = 0
  for (let i = 0; i + 1 < list.length; i += 2) at = writeField(out, at, list[i] as string, list[i + 1] as string)
  return cut(out, at)
}

/** The block of one field. @throws RangeError as `encodeFields` does. */
export function encodeField(name: string, value: string): Buffer {
  const out = roomFor(name.length + value.length + FIELD_OVERHEAD)
  return cut(out, writeField(out, 0, name, value))
}

/** The block of `:status`, 100 to 999: one byte for those of the static table. The Buffer is shared: it must not be changed. */
export function encodeStatus(status: number): Buffer {
  const kept = statuses[status]
  if (kept !== undefined) return kept
  const made = encodeField(':status', String(status))
  statuses[status] = made
  return made
}

function writeField(out: Buffer, at: number, fieldName: string, value: string): number {
  const name = fieldName.toLowerCase()
  const index = STATIC_INDEX.get(name) ?? 0
  // Entries of one name follow each other.
  for (let same = index; same > 0 && STATIC_NAMES[same] === name; same++) {
    if (STATIC_VALUES[same] === value) return writeInteger(out, at, INDEXED, 0x7f, same)
  }
  const literal = NEVER_INDEXED.has(name) ? LITERAL_NEVER_INDEXED : LITERAL
  const nameEnd = writeInteger(out, at, literal, NAME_INDEX, index)
  return writeString(out, index === 0 ? writeString(out, nameEnd, name) : nameEnd, value)
}

function roomFor(size: number): Buffer {
  return size <= scratch.length ? scratch : Buffer.allocUnsafeSlow(size)
}

/** A copy of just what was written: it may be kept for long. A loop, as most fields are smaller than a call is dear. */
function cut(out: Buffer, size: number): Buffer {
  const copy = Buffer.allocUnsafe(size)
  for (let i = 0; i < size; i++) copy[i] = out[i] as number
  return copy
}
