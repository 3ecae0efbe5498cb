import { oneLine } from './active.ts'
import type { ErrorEntry } from './error-log-options.ts'
import { errorText } from './error-text.ts'
import { jsonText, jsonValue } from './json-text.ts'
import { redactionOf } from './redaction.ts'

/** Characters of a value, and lines of a stack: a message of a program may be as long as it likes. */
const MOST = 4_000
const MOST_LINES = 30
/** Causes of causes that are told. */
const DEEP = 5

const redaction = redactionOf()

/** An entry for people: when, how bad, what, the facts; then the stack, each of its lines indented. */
export function errorEntryText({ time, level, event, fields }: ErrorEntry): string {
  const { error, ...facts } = fields
  const told = factsOf(facts).map(([name, value]) => `${oneLine(name)}=${factText(value)}`)
  const when = new Date(time).toISOString().slice(0, 19).replace('T', ' ')
  // A further line is indented, so that none passes for an entry.
  const said = event.split('\n').map(oneLine).join('\n  ')
  const head = `${when} ${level}: ${[said, ...told].join(' ')}`
  return error === undefined ? head : [head, ...stackOf(error)].join('\n  ')
}

/** The same on one line, for programs. */
export function errorEntryJson({ time, level, event, fields }: ErrorEntry): string {
  const { error, requestId, ...facts } = fields
  let line = `{"time":"${new Date(time).toISOString()}","level":"${level}","event":${jsonText(event)}`
  if (typeof requestId === 'string') line += `,"requestId":${jsonText(requestId)}`
  for (const [name, value] of factsOf(facts)) {
    // What an entry is made of cannot be taken for something else.
    line += `,${jsonText(OWN.has(name) ? `${name}_` : name)}:${jsonValue(plain(value))}`
  }
  if (error !== undefined) line += `,"error":${jsonText(errorText(error))},"stack":${jsonValue(stackOf(error))}`
  return `${line}}`
}

const OWN: ReadonlySet<string> = new Set(['time', 'level', 'event', 'requestId', 'error', 'stack'])

/** Those that are known; a target without the secrets in its query, as logs tell it. */
function factsOf(facts: Readonly<Record<string, unknown>>): [name: string, value: unknown][] {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined)
  return known.map(([name, value]) => [
    name,
    name === 'uri' && typeof value === 'string' ? redaction.uri(value) : value,
  ])
}

function factText(value: unknown): string {
  if (typeof value === 'string') return jsonText(short(value))
  return oneLine(short(typeof value === 'object' && value !== null ? jsonValue(plain(value)) : String(value)))
}

/** An Error has nothing that JSON would tell. */
function plain(value: unknown): unknown {
  if (value instanceof Error) return errorText(value)
  return typeof value === 'string' ? short(value) : value
}

function short(text: string): string {
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text
}

/** The lines of a stack, and those of its causes. */
function stackOf(thrown: unknown): string[] {
  const lines: string[] = []
  let one = thrown
  for (let deep = 0; deep < DEEP && one !== undefined; deep++) {
    const text = one instanceof Error ? (one.stack ?? `${one.name}: ${one.message}`) : errorText(one)
    const own = short(text).split('\n').slice(0, MOST_LINES).map(oneLine)
    lines.push(...own.map((line, i) => (i === 0 && deep > 0 ? `caused by ${line}` : line)))
    one = one instanceof Error ? one.cause : undefined
  }
  return lines
}
