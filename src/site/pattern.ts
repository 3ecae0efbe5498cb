import { canonicalPath } from '../message/path.ts'

/**
 * The path pattern of a route. `:name` takes one segment or part of one, `*` as a whole segment takes one segment, a
 * `*` at the end takes the rest, also none of it, and `*.php` at the end takes any depth down to a path with that end.
 * A slash at the end, of a pattern without `*` or of a path, makes no difference.
 */
export interface Pattern {
  /** As the site's author wrote it. */
  readonly text: string
  /** The same in the router's language, parameters numbered so that equal shapes are equal texts. */
  readonly shape: string
  /** The names of the parameters, each with what the router calls it. */
  readonly names: readonly (readonly [name: string, inShape: string])[]
  /** What stands at each segment: `0` for a literal, `1` for a parameter, `2` for a `*` at the end. Least first. */
  readonly rank: string
  /** Characters that stand beside a parameter in its segment. Most first. */
  readonly beside: number
  /** How many segments stand before the `*` at the end; 0 for patterns without one. */
  readonly depth: number
  /** Those segments where they are literal, empty for none; undefined where they depend on the path. */
  readonly mount: string | undefined
  /** What the path must end with, for patterns such as `/*.php`. */
  readonly suffix: string | undefined
}

/** @throws TypeError that says what is wrong with the pattern. */
export function parsePattern(text: string): Pattern {
  if (!text.startsWith('/')) throw new TypeError(`the pattern ${JSON.stringify(text)} must begin with a slash`)
  if (/[?#]/.test(text))
    throw new TypeError(`the pattern ${JSON.stringify(text)} is for paths: ? and # cannot be in it`)
  const segments = text.slice(1).split('/')
  const last = segments.pop() ?? ''
  const star = /^\*(\.[^*:]+)?$/.exec(last)
  if (star === null && last !== '') segments.push(last)
  const open: Open = { text, names: [], rank: '', beside: 0, count: 0 }
  const shape = segments.map((segment) => shapeOf(segment, open))
  if (star !== null) shape.push('**')
  const plain = !open.rank.includes('1')
  const suffix = star?.[1] === undefined ? undefined : literal(star[1], text)
  if (!plain && suffix !== undefined) {
    throw new TypeError(`the pattern ${JSON.stringify(text)} cannot have parameters before *${suffix}`)
  }
  return {
    text,
    shape: `/${shape.join('/')}`,
    names: open.names,
    rank: star === null ? open.rank : `${open.rank}2`,
    beside: open.beside,
    depth: star === null ? 0 : segments.length,
    mount: star === null || segments.length === 0 ? '' : plain ? `/${literal(segments.join('/'), text)}` : undefined,
    suffix,
  }
}

/** What is learned of a pattern segment by segment. */
interface Open {
  readonly text: string
  readonly names: (readonly [name: string, inShape: string])[]
  rank: string
  beside: number
  /** Parameters so far, those without a name too. */
  count: number
}

function shapeOf(segment: string, open: Open): string {
  const { text, names } = open
  if (segment === '*') {
    open.rank += '1'
    return `:p${open.count++}`
  }
  let shape = ''
  let literals = ''
  let at = 0
  for (const m of segment.matchAll(/:([A-Za-z_]\w*)|[*:]/g)) {
    const name = m[1]
    if (name === undefined) {
      throw new TypeError(`the pattern ${JSON.stringify(text)} has a ${m[0]} that is neither a segment nor at the end`)
    }
    if (names.some(([other]) => other === name))
      throw new TypeError(`the pattern ${JSON.stringify(text)} has two parameters named ${name}`)
    const before = literal(segment.slice(at, m.index), text)
    if (at > 0 && before === '')
      throw new TypeError(`the pattern ${JSON.stringify(text)} has nothing between two parameters`)
    const inShape = `p${open.count++}`
    names.push([name, inShape])
    literals += before
    shape += `${escaped(before)}:${inShape}`
    at = m.index + m[0].length
  }
  const after = literal(segment.slice(at), text)
  if (at === 0 && /^\.{0,2}$/.test(after)) {
    throw new TypeError(`the pattern ${JSON.stringify(text)} has a segment that no path has`)
  }
  if (at > 0) open.beside += literals.length + after.length
  open.rank += at > 0 ? '1' : '0'
  return shape + escaped(after)
}

/** A literal in its canonical spelling. What stands before it keeps dots from being taken for a dot segment. */
function literal(text: string, pattern: string): string {
  const made = canonicalPath(`/x${text}`)
  if (made === undefined) throw new TypeError(`the pattern ${JSON.stringify(pattern)} is no path`)
  return made.slice(2)
}

/** What the router's language would take for its own. */
function escaped(literal: string): string {
  return literal.replace(/[()+*:]/g, '\\$&')
}
