import { AsyncLocalStorage } from 'node:async_hooks'
import { Agent } from 'node:https'
import type { Duplex } from 'node:stream'

/** The optional peer that speaks ACME. */
export type Library = typeof import('acme-client')

/** What all requests of one order share. */
export interface Transport {
  /** The roots that the authority's own certificate is checked by; those of Node where left out. */
  readonly ca: string[] | undefined
  /** Ends the request that runs. */
  readonly signal: AbortSignal
}

/** Milliseconds for one request: the library itself would wait for ever. */
const REQUEST_TIMEOUT = 30_000

/** The library loses why it could not connect, so it is kept here. */
class RememberingAgent extends Agent {
  failure: string | undefined

  override createConnection(...given: Parameters<Agent['createConnection']>): Duplex | null | undefined {
    const socket = super.createConnection(...given)
    socket?.once('error', ({ message }: Error) => {
      this.failure = message
    })
    return socket
  }
}

const transports = new AsyncLocalStorage<{ readonly agent: Agent; readonly signal: AbortSignal }>()
let loaded: Promise<Library> | undefined

/** @throws Error that says how to install the library where it is missing. */
export function loadLibrary(): Promise<Library> {
  loaded ??= load()
  return loaded
}

/**
 * Does something whose requests go by this transport; those that others make with the library are left alone.
 * @throws what it throws, and Error that says why where the authority cannot be reached.
 */
export async function withTransport<T>({ ca, signal }: Transport, act: () => Promise<T>): Promise<T> {
  const agent = new RememberingAgent({ keepAlive: true, ...(ca !== undefined && { ca }) })
  try {
    return await transports.run({ agent, signal }, act)
  } catch (cause) {
    if (signal.aborted) throw new Error('the authority took too long', { cause })
    // What the library throws where there is no response.
    if (!(cause instanceof TypeError)) throw cause
    throw new Error(`the authority cannot be reached: ${agent.failure ?? 'it does not answer'}`, { cause })
  } finally {
    agent.destroy()
  }
}

async function load(): Promise<Library> {
  const library = await imported()
  library.axios.interceptors.request.use((config) => {
    const transport = transports.getStore()
    if (transport === undefined) return config
    // The library would try again by itself, for minutes and past the signal: when to try again is the manager's.
    const patience = { retryAttempt: Number.MAX_SAFE_INTEGER, timeout: REQUEST_TIMEOUT }
    return Object.assign(config, patience, { httpsAgent: transport.agent, signal: transport.signal })
  })
  return library
}

async function imported(): Promise<Library> {
  try {
    return await import('acme-client')
  } catch (cause) {
    loaded = undefined
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    const where = 'npm install acme-client, with --global where oriel was installed with it'
    throw new Error(`automatic certificates need the package acme-client: ${where}`, { cause })
  }
}
