import { canonicalPath } from '../message/path.ts'

/**
 * The path pattern of a route. `:name` takes one segment or part of one, `*` as a whole segment takes one segment, a
 * `*` at the end takes the rest, also none of it, and `*.php` at the end takes any depth down to a path with that end.
 */
export interface Pattern {
  /** As the site's author wrote it. */
  readonly text: string
  /** The same in the router's language, parameters numbered so that equal shapes are equal texts. */
  readonly shape: string
  readonly names: readonly string[]
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
  const names: string[] = []
  const segments = text.slice(1).split('/')
  const last = segments.pop() ?? ''
  const shape = segments.map((segment) => (segment === '*' ? '*' : shapeOf(segment, text, names)))
  const star = /^\*(\.[^*:]+)?$/.exec(last)
  if (star !== null) shape.push('**')
  else if (last !== '') shape.push(shapeOf(last, text, names))
  const plain = segments.every((segment) => !/[*:]/.test(segment))
  if (star !== null && !plain && star[1] !== undefined) {
    throw new TypeError(`the pattern ${JSON.stringify(text)} cannot have parameters before *${star[1]}`)
  }
  return {
    text,
    shape: `/${shape.join('/')}`,
    names,
    depth: star === null ? 0 : segments.length,
    mount: star === null || segments.length === 0 ? '' : plain ? canonical(`/${segments.join('/')}`, text) : undefined,
    suffix: star?.[1],
  }
}

function shapeOf(segment: string, text: string, names: string[]): string {
  const escaped: string[] = []
  let at = 0
  for (const m of segment.matchAll(/:([A-Za-z_]\w*)|[*:]/g)) {
    const name = m[1]
    if (name === undefined) {
      throw new TypeError(`the pattern ${JSON.stringify(text)} has a ${m[0]} that is neither a segment nor at the end`)
    }
    if (names.includes(name))
      throw new TypeError(`the pattern ${JSON.stringify(text)} has two parameters named ${name}`)
    escaped.push(literal(segment.slice(at, m.index), text), `:p${names.length}`)
    names.push(name)
    at = m.index + m[0].length
  }
  escaped.push(literal(segment.slice(at), text))
  return escaped.join('')
}

/** A literal in its canonical spelling, with what the router's language would take for its own escaped. */
function literal(text: string, pattern: string): string {
  return canonical(`/${text}`, pattern)
    .slice(1)
    .replace(/[(){}+?\\]/g, '\\$&')
}

function canonical(path: string, pattern: string): string {
  const made = canonicalPath(path)
  if (made === undefined) throw new TypeError(`the pattern ${JSON.stringify(pattern)} is no path`)
  return made
}
