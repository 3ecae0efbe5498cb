import { type KeyPath, lineOf } from './place.ts'

/** Where a config came from, for messages. */
export interface Source {
  /** The file, or what else it is called. */
  readonly name: string
  /** The text of the file, where there is one: lines are found in it. */
  readonly text?: string
  /** Finds the line of a key, where the file's form knows that better than its text. */
  readonly lineOf?: (path: KeyPath) => number | undefined
}

/** `oriel.config.ts:12: routes[1].files: …`; the line only where it is known. */
export function faultAt(path: KeyPath, text: string, source: Source): string {
  const keys = path
    .map((key) => (typeof key === 'string' && /^[\w$-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`))
    .join('')
    .replace(/^\./, '')
  const line = source.lineOf?.(path) ?? (source.text === undefined ? undefined : lineOf(path, source.text))
  return `${source.name}${line === undefined ? '' : `:${line}`}: ${keys === '' ? 'the config' : keys}: ${text}`
}
