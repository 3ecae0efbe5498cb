import { trimOws } from './fields.ts'

/** Byte ranges (RFC 9110 §14.1.2, §14.2). */

/** From `start` up to but not including `end`, in bytes. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** More ranges than this in one request are ignored, and the whole is sent (RFC 9110 §17.15). */
export const MAX_RANGES = 16

const SPEC = /^(?:(\d+)-(\d*)|-(\d+))$/

/**
 * The ranges that a Range field asks for, of a content of `size` bytes, overlapping and touching ones merged, in the
 * order asked. `whole` where the field is to be ignored: another unit, a syntax that is wrong, too many ranges, or the
 * end of a content that is empty; `unsatisfiable` where no range lies within the content (416).
 */
export function parseRanges(field: string, size: number): readonly ByteRange[] | 'whole' | 'unsatisfiable' {
  const equals = field.indexOf('=')
  if (field.slice(0, equals).toLowerCase() !== 'bytes') return 'whole'
  const asked: ByteRange[] = []
  let count = 0
  for (const member of field.slice(equals + 1).split(',')) {
    const spec = trimOws(member)
    if (spec === '') continue
    const m = SPEC.exec(spec)
    if (m === null || ++count > MAX_RANGES) return 'whole'
    if (m[3] !== undefined) {
      const last = Number(m[3])
      // RFC 9110 §14.1.1: a suffix can be satisfied even here, but no Content-Range could say so.
      if (last > 0 && size === 0) return 'whole'
      if (last > 0) asked.push({ start: Math.max(0, size - last), end: size })
      continue
    }
    const start = Number(m[1])
    const end = m[2] === '' ? size : Math.min(size, Number(m[2]) + 1)
    if (m[2] !== '' && Number(m[2]) < start) return 'whole'
    if (start < size) asked.push({ start, end })
  }
  if (count === 0) return 'whole'
  if (asked.length === 0) return 'unsatisfiable'
  return asked.length === 1 ? asked : merged(asked)
}

/** Overlapping or touching ranges become one, which stands where the first of them stood (RFC 9110 §15.3.7.2). */
function merged(asked: readonly ByteRange[]): readonly ByteRange[] {
  const sorted = asked.map((range, place) => ({ ...range, place })).sort((a, b) => a.start - b.start)
  const kept: { start: number; end: number; place: number }[] = []
  for (const range of sorted) {
    const last = kept[kept.length - 1]
    if (last !== undefined && range.start <= last.end) {
      last.end = Math.max(last.end, range.end)
      last.place = Math.min(last.place, range.place)
    } else kept.push(range)
  }
  return kept.sort((a, b) => a.place - b.place).map(({ start, end }) => ({ start, end }))
}
