import { AsyncLocalStorage } from 'node:async_hooks'
import type { Agent } from 'node:https'

/** The optional peer that speaks ACME. */
export type Library = typeof import('acme-client')

/** What all requests of one order share. */
export interface Transport {
  readonly agent: Agent
  /** Ends the request that runs. */
  readonly signal: AbortSignal
}

/** Milliseconds for one request: the library itself would wait for ever. */
const REQUEST_TIMEOUT = 30_000

const transports = new AsyncLocalStorage<Transport>()
let loaded: Promise<Library> | undefined

/** @throws Error that says how to install the library where it is missing. */
export function loadLibrary(): Promise<Library> {
  loaded ??= load()
  return loaded
}

/** Does something whose requests go by this transport, and leaves those that others make with the library alone. */
export function withTransport<T>(transport: Transport, act: () => Promise<T>): Promise<T> {
  return transports.run(transport, act)
}

async function load(): Promise<Library> {
  const library = await imported()
  library.axios.interceptors.request.use((config) => {
    const transport = transports.getStore()
    if (transport === undefined) return config
    // The library would try again by itself, for minutes and past the signal: when to try again is the manager's.
    const patience = { retryAttempt: Number.MAX_SAFE_INTEGER }
    const { agent, signal } = transport
    return Object.assign(config, patience, { httpsAgent: agent, signal, timeout: REQUEST_TIMEOUT })
  })
  return library
}

async function imported(): Promise<Library> {
  try {
    return await import('acme-client')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    loaded = undefined
    throw new Error('automatic certificates need the package acme-client: npm install acme-client', { cause })
  }
}
