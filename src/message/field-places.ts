import { trimOws } from './fields.ts'

/**
 * Where the lines of a field section are, one number each, so that a field is found without a search of the text: the
 * length of the line with its CRLF, and in the low eight bits that of its name, `LONG_NAME` for all longer ones.
 */
export type FieldPlaces = readonly number[]

/** A section that is longer has no places: a number of 31 bits would not hold one of its lines. */
export const LONGEST_PLACED = 0x3fffff
const LONG_NAME = 255

/** The place of one line. */
export function fieldPlace(name: number, line: number): number {
  return (line << 8) | (name < LONG_NAME ? name : LONG_NAME)
}

/** Whether a name is short enough to be found by places. */
export function isPlaced(wanted: string): boolean {
  return wanted.length < LONG_NAME
}

/**
 * The value of a field in the text of a section, by its places: all values that it has, put together by `joined`; null for
 * none. @param wanted In lower case.
 */
export function findPlaced(
  lines: string,
  places: FieldPlaces,
  wanted: string,
  joined: (found: string | null, value: string, wanted: string) => string,
): string | null {
  const length = wanted.length
  let found: string | null = null
  let at = 0
  for (let i = 0; i < places.length; i++) {
    const place = places[i] as number
    const end = at + (place >>> 8)
    if ((place & 255) === length && isNameAt(lines, at, wanted)) {
      found = joined(found, trimOws(lines.slice(at + length + 1, end - 2)), wanted)
    }
    at = end
  }
  return found
}

/** Whether a name stands there, in whatever case. */
function isNameAt(lines: string, at: number, wanted: string): boolean {
  for (let i = 0; i < wanted.length; i++) {
    const c = lines.charCodeAt(at + i)
    if ((c >= 65 && c <= 90 ? c + 32 : c) !== wanted.charCodeAt(i)) return false
  }
  return true
}
