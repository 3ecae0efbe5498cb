/** The way to a value in a config: keys, and numbers of list members. */
export type KeyPath = readonly (string | number)[]

/**
 * The line of a config file where a key stands, from 1 on, or undefined where that cannot be told. The text is read as
 * the literal that it usually is, JSON or what follows `export default`; a key that was put there by code is found if
 * its name stands in one place only.
 */
export function lineOf(path: KeyPath, text: string): number | undefined {
  const start = /^\s*[{[]/.test(text) ? 0 : text.search(/\bexport\s+default\b/)
  const open = text.indexOf('{', Math.max(0, start))
  const found = start < 0 || open < 0 ? { at: 0, depth: 0 } : follow(text, open, path)
  const at =
    found.depth === path.length ? found.at : (onlyPlace(path, text) ?? (found.depth > 0 ? found.at : undefined))
  return at === undefined ? undefined : text.slice(0, at).split('\n').length
}

interface Place {
  readonly at: number
  /** How many keys of the path were followed. */
  readonly depth: number
}

function follow(text: string, value: number, path: KeyPath): Place {
  const at = skipTrivia(text, value)
  const [key, ...rest] = path
  if (key === undefined) return { at, depth: 0 }
  const closing = text[at] === '{' ? '}' : text[at] === '[' ? ']' : undefined
  if (closing === undefined) return { at, depth: 0 }
  let member = skipTrivia(text, at + 1)
  for (let i = 0; member < text.length && text[member] !== closing; i++) {
    const named = closing === '}' ? NAME.exec(text.slice(member, member + 200)) : null
    if (closing === ']' ? i === key : named !== null && (named[1] ?? named[2] ?? named[3]) === String(key)) {
      const deeper = rest.length === 0 ? undefined : follow(text, member + (named?.[0].length ?? 0), rest)
      return deeper === undefined || deeper.depth === 0
        ? { at: member, depth: 1 }
        : { at: deeper.at, depth: deeper.depth + 1 }
    }
    const end = skipValue(text, member)
    if (text[end] !== ',') break
    member = skipTrivia(text, end + 1)
  }
  return { at, depth: 0 }
}

const NAME = /^(?:"([^"]*)"|'([^']*)'|([\w$]+))\s*:/

/** Over spaces and comments. */
function skipTrivia(text: string, from: number): number {
  const m = /^(?:\s|\/\/.*|\/\*[\s\S]*?\*\/)*/.exec(text.slice(from))
  return from + (m?.[0].length ?? 0)
}

/** To the comma or the bracket that ends a member. */
function skipValue(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const c = text[at] ?? ''
    if (c === '"' || c === "'" || c === '`') at = skipQuoted(text, at)
    else if (c === '/' && /[/*]/.test(text[at + 1] ?? '')) at = Math.max(at, skipTrivia(text, at) - 1)
    else if ('{[('.includes(c)) depth++
    else if (depth === 0 && ',}])'.includes(c)) return at
    else if ('}])'.includes(c)) depth--
  }
  return text.length
}

function skipQuoted(text: string, open: number): number {
  let at = open + 1
  while (at < text.length && text[at] !== text[open]) at += text[at] === '\\' ? 2 : 1
  return at
}

function onlyPlace(path: KeyPath, text: string): number | undefined {
  const name = [...path].reverse().find((key) => typeof key === 'string')
  if (name === undefined) return undefined
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const places = [...text.matchAll(new RegExp(`(?<![\\w$])["']?${escaped}["']?\\s*:`, 'g'))]
  return places.length === 1 ? places[0]?.index : undefined
}
