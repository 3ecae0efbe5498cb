import * as v from 'valibot'
import { suggestion } from '../message/suggest.ts'
import { type Config, ConfigError, type GivenConfig } from './config.ts'
import { faultAt, type Source } from './fault.ts'
import { receivedText } from './parts.ts'
import type { KeyPath } from './place.ts'
import { configSchema } from './schema.ts'

/** @throws ConfigError that names every fault: the place, what was expected, what was found, and what may be meant. */
export function checkConfig(given: unknown, source: Source): Config {
  const result = v.safeParse(configSchema, given, { abortPipeEarly: true })
  const found = [...withoutRoutes(given), ...(result.issues ?? []).flatMap((issue) => faults(issue, []))]
  if (found.length === 0) return withRoutes(given as GivenConfig)
  const told = found.map(({ path, text }) => faultAt(path, text, source))
  throw new ConfigError([...new Set(told)].join('\n'))
}

function withRoutes(given: GivenConfig): Config {
  const { routes } = given
  return routes === undefined ? { ...given, routes: [] } : (given as Config)
}

/** Objects answer by their own URLs. */
function withoutRoutes(given: unknown): Fault[] {
  // It has all keys that it must have: none.
  if (Array.isArray(given)) return [{ path: [], text: 'expected an object, not a list' }]
  if (given === null || typeof given !== 'object') return []
  const { routes, objects } = given as GivenConfig
  if (routes !== undefined || Object.keys(Object(objects)).length > 0) return []
  return [
    {
      path: ['routes'],
      text: 'routes' in given ? 'expected a list, not nothing' : 'is missing; give routes, or objects',
    },
  ]
}

interface Fault {
  readonly path: KeyPath
  readonly text: string
}

function faults(issue: v.BaseIssue<unknown>, before: KeyPath): Fault[] {
  const path = [...before, ...(issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)))]
  const last = issue.path?.at(-1)
  // A list has keys too, so the library looks for those of an object in it.
  if (last?.type === 'object' && Array.isArray(last.input)) {
    return [{ path: path.slice(0, -1), text: 'expected an object, not a list' }]
  }
  if (issue.type === 'strict_object' && issue.expected === 'never') return unknownKeys(last?.input, path.slice(0, -1))
  if (issue.type === 'union' && issue.issues !== undefined) {
    const deeper = issue.issues.filter((inner) => inner.path !== undefined)
    if (deeper.length > 0) return deeper.flatMap((inner) => faults(inner, path))
  }
  return [{ path, text: describe(issue) }]
}

/** All of them: the library stops at the first. */
function unknownKeys(given: unknown, path: KeyPath): Fault[] {
  const known = keysAt(configSchema, path)
  const unknown = Object.keys(Object(given)).filter((key) => !known.includes(key))
  return unknown.map((key) => {
    const meant = suggestion(key, known)
    const hint = meant === undefined ? `possible are ${known.join(', ')}` : `did you mean "${meant}"?`
    return { path: [...path, key], text: `there is no such key; ${elsewhere(key, path) ?? hint}` }
  })
}

/** As `port` beside `listen`, which may also be that of `serve()`. */
function elsewhere(key: string, path: KeyPath): string | undefined {
  if (path.length > 0) return undefined
  const list = ['listen', 'routes'].find((name) => keysAt(configSchema, [name, 0]).includes(key))
  return list === undefined ? undefined : `it belongs to an entry of ${list}: ${list}: [{ ${key}: … }]`
}

function describe(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object' && issue.expected !== 'Object') return 'is missing'
  if (!issue.message.startsWith('Invalid ')) return issue.message
  if (issue.type === 'min_length' || issue.type === 'non_empty') return 'must not be empty'
  if (issue.kind === 'validation') {
    const limit = (issue.expected ?? '').replace('>=', 'at least ').replace('<=', 'at most ')
    return `expected ${limit}, not ${receivedText(issue.received)}`
  }
  return `expected ${expectedText(issue.expected)}, not ${receivedText(issue.received)}`
}

const EXPECTED: Readonly<Record<string, string>> = {
  Object: 'an object',
  Array: 'a list',
  string: 'a text',
  boolean: 'true or false',
  number: 'a number',
}

function expectedText(expected: string | null): string {
  const words = (expected ?? 'something else').replace(/^\(|\)$/g, '').split(' | ')
  const named = words.map((word) => EXPECTED[word] ?? word).filter((word) => word !== 'unknown')
  return named.length < 2 ? named.join('') : `${named.slice(0, -1).join(', ')} or ${named.at(-1)}`
}

interface Open {
  readonly wrapped?: v.GenericSchema
  /** What is found out of what is given; of nothing, what a config can say. */
  readonly getter?: (given: unknown) => v.GenericSchema
  readonly options?: readonly v.GenericSchema[]
  readonly item?: v.GenericSchema
  readonly entries?: Readonly<Record<string, v.GenericSchema>>
}

/** The keys that an object at some place of the config may have. */
function keysAt(schema: v.GenericSchema, path: KeyPath): string[] {
  const open = schema as Open
  if (open.wrapped !== undefined) return keysAt(open.wrapped, path)
  if (open.getter !== undefined) return keysAt(open.getter(undefined), path)
  if (open.options !== undefined)
    return open.options.filter((option) => typeof option === 'object').flatMap((option) => keysAt(option, path))
  const [first, ...rest] = path
  if (first === undefined) return Object.keys(open.entries ?? {})
  const inner = open.item ?? open.entries?.[String(first)]
  return inner === undefined ? [] : keysAt(inner, rest)
}
