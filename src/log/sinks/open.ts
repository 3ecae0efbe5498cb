import { resolve } from 'node:path'
import type { ExchangeRecord, Report } from '../../message/exchange.ts'
import type { Line, RecordSink } from '../sink.ts'
import { DescriptorOutlet } from './descriptor.ts'
import type { Outlet } from './outlet.ts'
import { outletFor } from './outlets.ts'
import type { Place } from './place.ts'
import { Queue, type QueueLimits } from './queue.ts'

/** A place that is open, and how many use it. */
interface Shared {
  readonly queue: Queue
  readonly outlet: Outlet
  users: number
}

/** Who writes in this process' stead: the primary, where this is a worker. */
export interface Elsewhere {
  /** What takes lines to a place that is known there by this name. */
  outlet(key: string): Outlet
}

const shared = new Map<string, Shared>()
/** Functions of the config, and objects: each is its own place. */
const own = new Set<Queue>()
let elsewhere: Elsewhere | undefined
let leaving = false
const nobody: Report = () => undefined

/** From now on places are opened by somebody else: before the first is opened. */
export function writeElsewhere(other: Elsewhere): void {
  elsewhere = other
}

/** A name for a place, the same in all processes of a server; undefined for what belongs to one process. */
export function keyOf(to: Place, base: string): string | undefined {
  if (typeof to === 'function') return undefined
  if (typeof to === 'string') return to
  if ('file' in to) return `file ${resolve(base, to.file)}`
  if ('sql' in to) return `sql ${JSON.stringify({ ...to.sql, file: resolve(base, to.sql.file) })}`
  if ('http' in to) return `http ${JSON.stringify(to)}`
  return `syslog ${JSON.stringify(to.syslog)}`
}

/**
 * Opens a place for lines. Whoever opens one that is open already shares it: a reload opens what it needs before the old
 * site closes what it had, and loses nothing.
 * @param to What takes lines there has been loaded, see `loadOutlets`; the console needs nothing.
 * @param base The folder that relative paths are taken from.
 * @param report Told of dropped lines.
 * @throws Error that says why it cannot be opened, and what to do.
 */
export function openSink(
  to: Place,
  base: string,
  report: Report = nobody,
  limits: Partial<QueueLimits> = {},
): RecordSink {
  const key = keyOf(to, base)
  if (typeof to === 'function' || key === undefined) {
    return openOwn(nameOf(to, base), outletFor(to as Exclude<Place, string>, base, report), report, limits)
  }
  const found = shared.get(key) ?? opened(key, to, base, report, limits)
  found.users++
  if (typeof to === 'object' && 'file' in to) found.outlet.become?.(to.rotate)
  return new OpenSink(found.queue, async () => {
    if (--found.users > 0) return found.queue.flush()
    shared.delete(key)
    await found.queue.close()
  })
}

/** Opens a place that belongs to this process alone: a function of the config, an object. @param name For people. */
export function openOwn(
  name: string,
  outlet: Outlet,
  report: Report = nobody,
  limits: Partial<QueueLimits> = {},
): RecordSink {
  const queue = new Queue(name, outlet, report, limits)
  own.add(queue)
  return new OpenSink(queue, async () => {
    await queue.close()
    own.delete(queue)
  })
}

/** Opens all files anew: after somebody has moved them away. */
export function reopenSinks(): void {
  for (const { queue } of shared.values()) queue.reopen()
}

/** Fulfilled when all that was written is where it belongs, or its place does not take it. */
export async function flushSinks(): Promise<void> {
  await Promise.all([
    ...[...shared.values()].map(({ queue }) => queue.flush()),
    ...[...own].map((queue) => queue.flush()),
  ])
}

function opened(key: string, to: Place, base: string, report: Report, limits: Partial<QueueLimits>): Shared {
  if (!leaving) process.once('exit', leave)
  leaving = true
  const outlet = elsewhere?.outlet(key) ?? here(to, base, report)
  const queue = new Queue(nameOf(to, base), outlet, report, limits)
  const made = { queue, outlet, users: 0 }
  shared.set(key, made)
  return made
}

/** A process that ends without waiting still leaves what it has. */
function leave(): void {
  for (const { queue } of shared.values()) queue.last()
}

function here(to: Place, base: string, report: Report): Outlet {
  if (typeof to !== 'string') return outletFor(to, base, report)
  return new DescriptorOutlet(to === 'stdout' ? 1 : 2)
}

/** For people, and without secrets. */
export function nameOf(to: Place, base: string): string {
  if (typeof to === 'function') return to.name === '' ? 'a function' : `the function ${to.name}`
  if (typeof to === 'string') return to
  if ('file' in to) return resolve(base, to.file)
  if ('sql' in to) return resolve(base, to.sql.file)
  if ('http' in to) return URL.canParse(to.http) ? new URL(to.http).origin : 'http'
  return typeof to.syslog === 'string' ? `syslog ${to.syslog}` : 'syslog'
}

/** One use of a place. */
class OpenSink implements RecordSink {
  readonly #queue: Queue
  readonly #release: () => Promise<void>
  #closed: Promise<void> | undefined

  constructor(queue: Queue, release: () => Promise<void>) {
    this.#queue = queue
    this.#release = release
  }

  get dropped(): number {
    return this.#queue.dropped
  }

  /** After a reload too, as long as the new site uses the same place: exchanges end on the old one. */
  write(line: string): void {
    this.#queue.write(line)
  }

  writeLater(record: ExchangeRecord, line: Line): void {
    this.#queue.writeLater(record, line)
  }

  flush(): Promise<void> {
    return this.#queue.flush()
  }

  reopen(): void {
    this.#queue.reopen()
  }

  close(): Promise<void> {
    this.#closed ??= this.#release()
    return this.#closed
  }
}
