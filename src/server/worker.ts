import { userInfo } from 'node:os'
import { useAttempts } from '../access/attempts.ts'
import type { ServedCertificates } from '../acme/served.ts'
import { applicationKeys } from '../config/applications.ts'
import { buildConfig } from '../config/build.ts'
import { type Config, ConfigError } from '../config/config.ts'
import { Modules } from '../config/modules.ts'
import { applicationLoads, applicationsFound, applicationsNamed } from '../gateway/applications.ts'
import { usePermits } from '../gateway/permits.ts'
import { adopt, type Bound, type Handle } from '../io/bound.ts'
import type { Certificate } from '../io/certificate.ts'
import { oneAtATime } from '../io/one-at-a-time.ts'
import { flushSinks, writeElsewhere } from '../log/sinks/open.ts'
import { LinesToPrimary } from '../log/sinks/primary.ts'
import { LOADS } from './applications.ts'
import { AskedAttempts } from './attempts.ts'
import type { FromWorker, Orders, ToWorker } from './messages.ts'
import { AskedPermits } from './permits.ts'
import type { Read } from './reading.ts'
import { type Change, Running } from './running.ts'

/** How often a worker says that it is alive, in the time after which it is taken for hung. */
export const SIGNS = 6
/** How long a worker that ends waits for its last lines to be taken, in milliseconds: less than its primary's grace. */
const LAST_LINES = 1_500

/**
 * The life of an engine process: does what the primary says, and ends when it is told to, or when the primary has gone.
 * Fulfilled when it has ended well.
 */
export function work(read: Read, hang: number): Promise<void> {
  const running = new Running()
  const bounds = new Map<string, Bound>()
  const ready = new Map<number, Change>()
  let again = false
  let loading: Promise<ServedCertificates> | undefined
  const served = (): Promise<ServedCertificates> => {
    loading ??= import('../acme/served.ts').then(({ ServedCertificates }) => new ServedCertificates())
    return loading
  }
  const inTurn = oneAtATime((act: () => Promise<void>) => act())
  const prepare = async (orders: Orders): Promise<void> => {
    const { config, build } = await read(new Modules(again))
    again = true
    const acme = config.acme === undefined ? undefined : await served()
    if (acme !== undefined) acme.certificates = orders.automatic
    const keys = Object.entries(applicationKeys(config, build.base, build.source))
    applicationsNamed(new Map(keys.map(([place, key]) => [key, orders.applications[place] ?? key])))
    const built = await buildConfig(shared(config, orders), { ...build, certificates: false, acme })
    const { certificates, authorities } = orders
    const ticketKeys = Buffer.from(orders.ticketKeys, 'base64')
    ready.set(orders.generation, await running.prepare(built, { bounds, certificates, authorities, ticketKeys }))
    hangs.set(orders.generation, orders.hang)
  }
  const drop = (generation: number): void => {
    // Taken out at once: what comes behind this order is for another config.
    const unused = [...bounds].filter(([key, bound]) => running.bounds.get(key) !== bound)
    for (const [key] of unused) bounds.delete(key)
    void inTurn(async () => {
      ready.get(generation)?.drop()
      ready.delete(generation)
      for (const [, bound] of unused) bound.close()
    })
  }
  const renew = async (certificates: readonly Certificate[]): Promise<void> => {
    const acme = await served()
    acme.certificates = certificates
    await running.renew(certificates)
  }
  let telling = false
  const hangs = new Map<number, number>()
  let signs = signsEach(hang)
  const asked = new AskedPermits(tell)
  usePermits(asked)
  const tries = new AskedAttempts(tell)
  useAttempts(tries)
  const lines = new LinesToPrimary((handed) => tell({ is: 'lines', lines: handed }))
  writeElsewhere(lines)
  return new Promise((done, failed) => {
    // Signs of life go on: one that hangs while it ends is killed too.
    const end = (how: 'close' | 'retire'): void => void running[how]().then(leaveNothing).then(done, failed)
    const onMessage = (message: unknown, handle: unknown): void => {
      const order = message as ToWorker
      if (order.do === 'take') bounds.set(order.key, adopt(order.address, handle as Handle))
      else if (order.do === 'logged') lines.answered(order.id, order.why)
      else if (order.do === 'permit') asked.answered(order.id, order.granted)
      else if (order.do === 'try') tries.answered(order.id, order.refused)
      else if (order.do === 'prepare') {
        answer(
          order.orders.generation,
          inTurn(() => prepare(order.orders)),
          { is: 'prepared' },
        )
      } else if (order.do === 'challenge') {
        const told = served().then(({ challenges }) => challenges.apply(order.message))
        answer(order.generation, told, { is: 'done' })
      } else if (order.do === 'renew') answer(order.generation, renew(order.certificates), { is: 'done' })
      else if (order.do === 'make') {
        const made = ready.get(order.generation)?.make() ?? Promise.reject(new Error('nothing was prepared'))
        ready.clear()
        clearInterval(signs)
        signs = signsEach(hangs.get(order.generation) ?? hang)
        hangs.clear()
        made.then(
          () => tell({ is: 'made', generation: order.generation, urls: running.urls }),
          (error) => tellFailure(order.generation, error),
        )
      } else if (order.do === 'applications') {
        applicationsFound(order.places)
        if (!telling) setInterval(tellLoads, LOADS).unref()
        telling = true
        tellLoads()
      } else if (order.do === 'drop') drop(order.generation)
      else end(order.do === 'stop' ? 'close' : 'retire')
    }
    process.on('message', onMessage)
    // Killed: nobody would notice any more that this process hangs, and a new primary could not have the addresses.
    process.once('disconnect', () => {
      asked.refuseAll()
      tries.refuseAll()
      lines.refuseAll()
      end('close')
    })
    if (!process.connected) end('close')
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => onSignal(signal, end))
  })
}

/** Waits for its last lines to be with the primary, but not for functions that never end. */
async function leaveNothing(): Promise<void> {
  await Promise.race([flushSinks(), new Promise((resolve) => setTimeout(resolve, LAST_LINES).unref())])
}

function signsEach(hang: number): NodeJS.Timeout {
  return setInterval(() => tell({ is: 'alive' }), hang / SIGNS)
}

/** From a terminal a signal reaches all processes of a group; the primary decides what it means. */
function onSignal(signal: NodeJS.Signals, end: (how: 'close') => void): void {
  if (signal === 'SIGTERM') end('close')
}

function answer(generation: number, made: Promise<void>, message: { readonly is: 'prepared' | 'done' }): void {
  made.then(
    () => tell({ ...message, generation }),
    (error) => tellFailure(generation, error),
  )
}

function tellFailure(generation: number, error: unknown): void {
  const said = error instanceof Error ? error.message : String(error)
  const message = said.includes('EACCES') ? `${said} (by the user ${nameOfUser()})` : said
  tell({ is: 'failed', generation, message, misused: error instanceof ConfigError })
}

/** Root, who started the server, may read what this process may not. */
function nameOfUser(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.())
  }
}

/** The primary starts and ends processes by it. */
function tellLoads(): void {
  tell({ is: 'calling', loads: applicationLoads() })
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
