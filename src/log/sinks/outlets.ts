import { resolve } from 'node:path'
import type { Report } from '../../message/exchange.ts'
import type { Outlet } from './outlet.ts'
import type { FilePlace, HttpPlace, Place, SqlPlace, SyslogPlace } from './place.ts'

/** The kinds of place that lines are taken to by something of their own; the console needs nothing. */
interface Places {
  readonly file: FilePlace
  readonly sql: SqlPlace
  readonly http: HttpPlace
  readonly syslog: SyslogPlace
  readonly function: Extract<Place, (...given: never) => unknown>
}

type Make<P> = (to: P, base: string, report: Report) => Outlet
type Makers = { readonly [K in keyof Places]: Make<Places[K]> }

const LOADERS: { readonly [K in keyof Places]: () => Promise<Makers[K]> } = {
  file: async () => {
    const { FileOutlet } = await import('./file.ts')
    return ({ file, rotate }, base, report) => new FileOutlet(resolve(base, file), { rotate, report })
  },
  sql: async () => {
    const { SqlOutlet } = await import('./sql.ts')
    return ({ sql }, base) => new SqlOutlet({ ...sql, file: resolve(base, sql.file) })
  },
  http: async () => {
    const { HttpOutlet } = await import('./http.ts')
    return (to) => new HttpOutlet(to)
  },
  syslog: async () => {
    const { SyslogOutlet } = await import('./syslog.ts')
    return (to) => new SyslogOutlet(to)
  },
  function: async () => {
    const { CallOutlet } = await import('./call.ts')
    return (to) => new CallOutlet(to)
  },
}

const makers: { -readonly [K in keyof Places]?: Makers[K] } = {}

/** Loads what takes lines to these places, before they are opened: most sites have none, and together they take a tenth of a start. */
export async function loadOutlets(places: readonly Place[]): Promise<void> {
  for (const kind of new Set(places.map(kindOf))) if (kind !== undefined) await load(kind)
}

/** What takes lines to a place that is loaded. @throws Error that says why it cannot be opened. */
export function outletFor(to: Exclude<Place, string>, base: string, report: Report): Outlet {
  const make = makers[kindOf(to)] as Make<Place> | undefined
  if (make === undefined) throw new Error(`what takes lines to a ${kindOf(to)} has not been loaded`)
  return make(to, base, report)
}

async function load<K extends keyof Places>(kind: K): Promise<void> {
  const table = makers as { [L in K]?: Makers[L] }
  table[kind] ??= await LOADERS[kind]()
}

function kindOf(to: Exclude<Place, string>): keyof Places
function kindOf(to: Place): keyof Places | undefined
function kindOf(to: Place): keyof Places | undefined {
  if (typeof to === 'string') return undefined
  if (typeof to === 'function') return 'function'
  return (['file', 'sql', 'http', 'syslog'] as const).find((kind) => Object.hasOwn(to, kind))
}
