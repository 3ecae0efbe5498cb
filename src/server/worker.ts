import { availableParallelism } from 'node:os'
import { buildConfig } from '../config/build.ts'
import { type Config, ConfigError } from '../config/config.ts'
import { Modules } from '../config/modules.ts'
import { adopt, type Bound, type Handle } from '../io/bound.ts'
import { oneAtATime } from '../io/one-at-a-time.ts'
import type { FromWorker, Orders, ToWorker } from './messages.ts'
import type { Read } from './reading.ts'
import { type Change, Running } from './running.ts'

/** How often a worker says that it is alive, in the time after which it is taken for hung. */
export const SIGNS = 6

/**
 * The life of an engine process: does what the primary says, and ends when it is told to, or when the primary has gone.
 * Fulfilled when it has ended well.
 */
export function work(read: Read, hang: number): Promise<void> {
  const running = new Running()
  const bounds = new Map<string, Bound>()
  const ready = new Map<number, Change>()
  let again = false
  const prepare = oneAtATime(async (orders: Orders): Promise<void> => {
    const { config, build } = await read(new Modules(again))
    again = true
    const built = await buildConfig(shared(config, orders), { ...build, certificates: false })
    const { certificates } = orders
    const ticketKeys = Buffer.from(orders.ticketKeys, 'base64')
    ready.set(orders.generation, await running.prepare(built, { bounds, certificates, ticketKeys }))
  })
  const signs = setInterval(() => tell({ is: 'alive' }), hang / SIGNS)
  return new Promise((done, failed) => {
    const end = (how: 'close' | 'retire'): void => {
      clearInterval(signs)
      process.off('message', onMessage)
      running[how]().then(done, failed)
    }
    const onMessage = (message: unknown, handle: unknown): void => {
      const order = message as ToWorker
      if (order.do === 'take') bounds.set(order.key, adopt(order.address, handle as Handle))
      else if (order.do === 'prepare') answer(order.orders.generation, prepare(order.orders), { is: 'prepared' })
      else if (order.do === 'make') {
        const made = ready.get(order.generation)?.make() ?? Promise.reject(new Error('nothing was prepared'))
        ready.clear()
        made.then(
          () => tell({ is: 'made', generation: order.generation, urls: running.urls }),
          (error) => tellFailure(order.generation, error),
        )
      } else if (order.do === 'drop') {
        ready.get(order.generation)?.drop()
        ready.delete(order.generation)
      } else end(order.do === 'stop' ? 'close' : 'retire')
    }
    process.on('message', onMessage)
    // Killed: nobody would notice any more that this process hangs, and a new primary could not have the addresses.
    process.once('disconnect', () => end('close'))
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => onSignal(signal, end))
  })
}

/** From a terminal a signal reaches all processes of a group; the primary decides what it means. */
function onSignal(signal: NodeJS.Signals, end: (how: 'close') => void): void {
  if (signal === 'SIGTERM') end('close')
}

function answer(generation: number, made: Promise<void>, message: { readonly is: 'prepared' }): void {
  made.then(
    () => tell({ ...message, generation }),
    (error) => tellFailure(generation, error),
  )
}

function tellFailure(generation: number, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  tell({ is: 'failed', generation, message, misused: error instanceof ConfigError })
}

function tell(message: FromWorker): void {
  // The primary may have gone in this moment; `disconnect` follows.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}

/** The part of one worker: each counts its connections on its own. */
function shared(config: Config, { listen, workers }: Orders): Config {
  const connections = config.limits?.connections
  if (connections === undefined) return { ...config, listen }
  return { ...config, listen, limits: { ...config.limits, connections: Math.ceil(connections / workers) } }
}

/** How many engine processes a config asks for. */
export function workersOf({ workers = 1 }: Config): number {
  return workers === 'auto' ? availableParallelism() : workers
}
