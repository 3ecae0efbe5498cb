import type { ExchangeRecord } from '../message/exchange.ts'
import type { FilterOptions, StatusFilter } from './options.ts'

/** Whether an exchange is told of. */
export type Filter = (record: ExchangeRecord) => boolean

/**
 * A filter of its own for each logger: sampling counts. Undefined where all are told of.
 * @throws TypeError for what is no status, RangeError for a share that is none.
 */
export function filterOf(options: FilterOptions = {}): Filter | undefined {
  const { status, route, resource, slower, errors, sample } = options
  const tests: Filter[] = []
  if (status !== undefined) tests.push(byStatus(listOf(status)))
  if (route !== undefined) tests.push(among(listOf(route), (record) => record.route))
  if (resource !== undefined) tests.push(among(listOf(resource), (record) => record.resource))
  if (slower !== undefined) tests.push(({ duration }) => duration > slower)
  if (errors === true) tests.push(failed)
  // Last: it counts what all others let through.
  if (sample !== undefined && sample !== 1) tests.push(sampled(sample))
  const [only, ...others] = tests
  return others.length === 0 ? only : (record) => tests.every((test) => test(record))
}

/** A failure of the server or of what is behind it; also one whose answer had begun well. */
function failed({ status, aborted, error }: ExchangeRecord): boolean {
  return status >= 500 || (status < 400 && (aborted || error !== undefined))
}

/** Evenly, and not by chance: of a tenth, the first and then every tenth. */
function sampled(share: number): Filter {
  if (!(share > 0 && share <= 1)) throw new RangeError(`sample is ${share}: expected a share above 0, up to 1`)
  let due = 1
  return () => {
    const told = due >= 1
    due += told ? share - 1 : share
    return told
  }
}

function among(names: readonly string[], of: (record: ExchangeRecord) => string | undefined): Filter {
  const wanted: ReadonlySet<string | undefined> = new Set(names)
  return (record) => wanted.has(of(record))
}

function byStatus(wanted: readonly StatusFilter[]): Filter {
  const ranges = wanted.map(statusRange)
  return ({ status }) => ranges.some(([from, to]) => status >= from && status <= to)
}

/** The first and the last status of `404`, `'404'`, `'5xx'`, `'400-499'`. @throws TypeError */
export function statusRange(status: StatusFilter): readonly [from: number, to: number] {
  const m = /^(?:([1-5])xx|([1-5]\d\d)(?:-([1-5]\d\d))?)$/i.exec(String(status))
  if (m === null) throw new TypeError(`${status} is no status: expected 404, 5xx or 400-499`)
  if (m[1] !== undefined) return [Number(m[1]) * 100, Number(m[1]) * 100 + 99]
  const from = Number(m[2])
  const to = m[3] === undefined ? from : Number(m[3])
  if (to < from) throw new TypeError(`${status} is no range: the second status is below the first`)
  return [from, to]
}

function listOf<T>(given: T | readonly T[]): readonly T[] {
  return Array.isArray(given) ? given : [given as T]
}
