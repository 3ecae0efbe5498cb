import { isToken } from '../../message/fields.ts'
import { canonicalPath } from '../../message/path.ts'
import type { DescriptionEntry, ExampleEntry } from './entries.ts'

/* What objects say of themselves is a stranger's: it is cut, and what is not what it should be is left out. */

const MOST_TEXT = 2000
const MOST_LINE = 300
const MOST_ENTRIES = 32
const MOST_EXAMPLES = 16
const MOST_BODY = 16_384
const METHOD = /^[A-Z][A-Z0-9-]{0,31}$/
/** Controls, and what turns the direction of a text round, so that a line reads as another one (Unicode TR 36 §2.10). */
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

type Given = Readonly<Record<string, unknown>>

/** A text for people, of a line or, with a larger `most`, of several; undefined for what is none. */
export function cleanText(given: unknown, most: number = MOST_LINE): string | undefined {
  if (typeof given !== 'string' || given === '') return undefined
  const text = given.length > most ? `${wellFormed(given.slice(0, most))}…` : wellFormed(given)
  return text.replace(/\r\n?/g, '\n').replace(CONTROLS, '\ufffd')
}

/** The methods among some words. */
export function cleanMethods(given: unknown): string[] {
  if (!Array.isArray(given)) return []
  return [...new Set(given.slice(0, MOST_ENTRIES).filter((one): one is string => METHOD.test(String(one))))]
}

/**
 * What an object says of itself, of which only texts, methods, names of fields and paths below the object are left.
 * @param mount Where the object is on the site; undefined where no URL leads there.
 */
export function cleanDescription(given: unknown, mount: string | undefined): DescriptionEntry | undefined {
  if (given === null || typeof given !== 'object') return undefined
  const { description, methods, accepts, produces, examples } = given as Given
  const made: DescriptionEntry = {
    ...some('description', cleanText(description, MOST_TEXT)),
    ...some(
      'methods',
      pairs(methods, (name) => METHOD.test(name)),
    ),
    ...some('accepts', lines(accepts)),
    ...some('produces', lines(produces)),
    ...some('examples', examplesOf(examples, mount)),
  }
  return Object.keys(made).length === 0 ? undefined : made
}

function examplesOf(given: unknown, mount: string | undefined): ExampleEntry[] | undefined {
  if (!Array.isArray(given)) return undefined
  const made = given.slice(0, MOST_EXAMPLES).map((one) => example(one, mount))
  return filled(made.filter((one) => one !== undefined))
}

function example(given: unknown, mount: string | undefined): ExampleEntry | undefined {
  if (given === null || typeof given !== 'object') return undefined
  const { description, method = 'GET', path = '', headers, body } = given as Given
  if (typeof method !== 'string' || !METHOD.test(method) || typeof path !== 'string') return undefined
  const whole = mount === undefined ? undefined : below(mount, path)
  // Whoever tries an example must not be led to something else than the object.
  if (mount !== undefined && whole === undefined) return undefined
  return {
    ...some('description', cleanText(description)),
    method,
    ...some('path', whole),
    ...some('headers', pairs(headers, isToken)),
    ...some('body', typeof body === 'string' && body.length <= MOST_BODY ? wellFormed(body) : undefined),
  }
}

/** A path and query below a mount; undefined for what a browser or this server would take for a place outside. */
function below(mount: string, path: string): string | undefined {
  const whole = mount + path
  if (path.length > MOST_TEXT || /[\0-\x20\x7f\\#]/.test(path) || whole.startsWith('//')) return undefined
  if (path !== '' && !/^[/?]/.test(path)) return undefined
  if (!URL.canParse(whole, 'http://localhost')) return undefined
  const { pathname, search, origin } = new URL(whole, 'http://localhost')
  const canonical = canonicalPath(pathname)
  const own = canonicalPath(mount)
  if (origin !== 'http://localhost' || canonical === undefined || own === undefined) return undefined
  return own === '/' || canonical === own || canonical.startsWith(`${own}/`) ? `${pathname}${search}` : undefined
}

function lines(given: unknown): string[] | undefined {
  if (!Array.isArray(given)) return undefined
  const made = given.slice(0, MOST_ENTRIES).map((one) => cleanText(one))
  return filled(made.filter((one) => one !== undefined))
}

function pairs(given: unknown, isName: (name: string) => boolean): Record<string, string> | undefined {
  if (given === null || typeof given !== 'object' || Array.isArray(given)) return undefined
  const made: [string, string][] = []
  for (const [name, value] of Object.entries(given).slice(0, MOST_ENTRIES)) {
    const text = cleanText(value)?.replaceAll('\n', ' ')
    if (name.length <= 100 && isName(name) && text !== undefined) made.push([name, text])
  }
  return made.length === 0 ? undefined : Object.fromEntries(made)
}

function some<K extends string, T>(key: K, value: T | undefined): { readonly [k in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [k in K]?: T })
}

function filled<T>(list: T[]): T[] | undefined {
  return list.length === 0 ? undefined : list
}

/** Without halves of characters, which no encoding has. */
function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
}
