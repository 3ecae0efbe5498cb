import * as v from 'valibot'
import { type Config, ConfigError } from './config.ts'
import { configSchema } from './schema.ts'
import { suggestion } from './suggest.ts'

/** Where a config came from, for messages. */
export interface Source {
  /** The file, or what else it is called. */
  readonly name: string
  /** The text of the file, where there is one: lines are found in it. */
  readonly text?: string
}

/** @throws ConfigError that names every fault: the place, what was expected, what was found, and what may be meant. */
export function checkConfig(given: unknown, source: Source): Config {
  const result = v.safeParse(configSchema, given)
  if (result.success) return given as Config
  throw new ConfigError(
    result.issues
      .flatMap((issue) => faults(issue, []))
      .map((fault) => `${place(fault, source)}: ${fault.text}`)
      .join('\n'),
  )
}

interface Fault {
  readonly path: readonly (string | number)[]
  readonly text: string
}

function faults(issue: v.BaseIssue<unknown>, before: readonly (string | number)[]): Fault[] {
  const path = [...before, ...(issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)))]
  if (issue.type === 'union' && issue.issues !== undefined) {
    const deeper = issue.issues.filter((inner) => inner.path !== undefined)
    if (deeper.length > 0) return deeper.flatMap((inner) => faults(inner, path))
  }
  return [{ path, text: describe(issue, path) }]
}

function describe(issue: v.BaseIssue<unknown>, path: readonly (string | number)[]): string {
  const name = path[path.length - 1]
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const known = keysAt(configSchema, path.slice(0, -1))
    const meant = suggestion(String(name), known)
    return `there is no such key; ${meant === undefined ? `possible are ${known.join(', ')}` : `did you mean "${meant}"?`}`
  }
  if (issue.type === 'strict_object' && issue.path !== undefined) return 'is missing'
  if (issue.kind === 'validation')
    return issue.type === 'check' ? issue.message : `expected ${limitText(issue)}, not ${issue.received}`
  return `expected ${expectedText(issue.expected)}, not ${found(issue)}`
}

function limitText(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'regex' || issue.type === 'non_empty')
    return issue.message.startsWith('Invalid') ? 'something else' : issue.message
  return (issue.expected ?? '').replace('>=', 'at least ').replace('<=', 'at most ')
}

function expectedText(expected: string | null): string {
  const words: Readonly<Record<string, string>> = {
    Object: 'an object',
    Array: 'a list',
    string: 'a text',
    boolean: 'true or false',
    number: 'a number',
  }
  return (expected ?? 'something else')
    .replace(/^\(|\)$/g, '')
    .split(' | ')
    .map((word) => words[word] ?? word)
    .join(' or ')
}

function found(issue: v.BaseIssue<unknown>): string {
  const words: Readonly<Record<string, string>> = {
    Object: 'an object',
    Array: 'a list',
    undefined: 'nothing',
    Function: 'a function',
  }
  return words[issue.received] ?? issue.received
}

/** The keys that an object at some place of the config may have. */
function keysAt(schema: v.GenericSchema, path: readonly (string | number)[]): string[] {
  const open = schema as {
    wrapped?: v.GenericSchema
    options?: v.GenericSchema[]
    item?: v.GenericSchema
    entries?: Record<string, v.GenericSchema>
  }
  if (open.wrapped !== undefined) return keysAt(open.wrapped, path)
  if (open.options !== undefined)
    return open.options.filter((option) => typeof option === 'object').flatMap((option) => keysAt(option, path))
  const [first, ...rest] = path
  if (first === undefined) return Object.keys(open.entries ?? {})
  const inner = open.item ?? open.entries?.[String(first)]
  return inner === undefined ? [] : keysAt(inner, rest)
}

/** `oriel.config.ts:12: routes[1].files`, the line only where the key stands in one place of the file. */
function place({ path }: Fault, source: Source): string {
  const keys = path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))
    .join('')
    .replace(/^\./, '')
  const line = lineOf(path, source.text)
  return `${source.name}${line === undefined ? '' : `:${line}`}: ${keys === '' ? 'the config' : keys}`
}

function lineOf(path: readonly (string | number)[], text: string | undefined): number | undefined {
  const name = [...path].reverse().find((key) => typeof key === 'string')
  if (text === undefined || name === undefined) return undefined
  const escaped = String(name).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const places = [...text.matchAll(new RegExp(`(?<![\\w$])["']?${escaped}["']?\\s*:`, 'g'))]
  const [only] = places
  return only === undefined || places.length > 1 ? undefined : text.slice(0, only.index).split('\n').length
}
