import { GET_VALUES, MANAGEMENT, maxConns, maxReqs, mpxsConns, objects, window } from './codes.ts'
import { nameValue, readNameValues } from './name-values.ts'
import { recordHead } from './records.ts'

/** What an application says of itself when it is asked (§4.1). */
export interface ApplicationValues {
  /** Connections, and requests, that it takes at once; undefined where it does not say. */
  readonly maxConns: number | undefined
  readonly maxReqs: number | undefined
  /** Whether it takes several requests at once on one connection. */
  readonly mpxsConns: boolean
  /** Bytes of a stream that may be sent ahead of credit: our own. 0: it has no windows. */
  readonly window: number
  /** Whether it is an object server that understands the whole form of a call: our own. */
  readonly objects: boolean
}

/** An application of which nothing is known. */
export const UNKNOWN_VALUES: ApplicationValues = {
  maxConns: undefined,
  maxReqs: undefined,
  mpxsConns: false,
  window: 0,
  objects: false,
}

/** Bytes: an application that says more than this would have us hold as much for each client that reads slowly. */
const MOST_WINDOW = 1024 * 1024

export const VALUE_NAMES: readonly string[] = [maxConns, maxReqs, mpxsConns, window, objects]

/** Asks for values (§4.1). Always with padding: libfcgi answers no other. */
export function getValues(names: readonly string[]): string {
  let content = ''
  for (const name of names) content += nameValue(name, '')
  const padding = 8 - (content.length % 8)
  return recordHead(GET_VALUES, MANAGEMENT, content.length, padding) + content + '\0'.repeat(padding)
}

/** Name, value, name, value, of a GET_VALUES_RESULT. @throws FastCgiFault where it ends within a pair. */
export function valuesOf(content: Uint8Array): string[] {
  return readNameValues(Buffer.from(content).toString('latin1'))
}

/** What the values mean. One that is no number counts as not said. */
export function applicationValues(list: readonly string[]): ApplicationValues {
  const values = new Map<string, string>()
  for (let i = 0; i < list.length; i += 2) values.set(list[i] as string, list[i + 1] as string)
  const told = positive(values.get(window)) ?? 0
  return {
    maxConns: positive(values.get(maxConns)),
    maxReqs: positive(values.get(maxReqs)),
    mpxsConns: values.get(mpxsConns) === '1',
    window: told > MOST_WINDOW ? 0 : told,
    objects: values.get(objects) === '1',
  }
}

function positive(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined
}
