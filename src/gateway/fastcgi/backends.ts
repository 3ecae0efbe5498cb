import type { RoleName } from '../../protocol/fastcgi/codes.ts'
import { type ApplicationAddress, applicationAddress } from '../address.ts'
import type { Call, CallEvents, CgiEvents, Open, Quick, Upstream, Wire } from '../call.ts'
import type { KnownApplication } from './abilities.ts'
import { type Choice, FastCgiCall, FRESH, type Place } from './fastcgi-call.ts'
import { Pool } from './pool.ts'
import type { PoolLimits } from './pool-limits.ts'
import type { Question } from './question.ts'
import { QuickCall } from './quick-call.ts'

/** Where FastCGI applications listen, and how they are called. */
export interface FastCgiOptions {
  /** `unix:PATH`, `host:port`, `[IPv6]:port`; of several the least busy one is called, and one that failed is left alone for a while. */
  readonly address: string | readonly string[]
  readonly role?: 'responder' | 'authorizer' | 'filter'
  /**
   * The most connections at once to each address: as many as the application serves, of php-fpm `pm.max_children`. Where
   * it is left out, what the application says of itself, else 128.
   */
  readonly connections?: number
  /**
   * Whether connections stay open for further requests. Where it is left out they do with applications that multiplex,
   * and for a quarter of a second with others that answer GET_VALUES.
   */
  readonly keepAlive?: boolean
  /** Milliseconds that a connection may take to come about; 3000 where it is left out. */
  readonly connectTimeout?: number
  /** Requests that wait for a connection, for each address; the next one is answered 503. 1024 where it is left out. */
  readonly queue?: number
  /** Whether it publishes objects, and is asked what it understands before it is called; false where it is left out. */
  readonly objects?: boolean
}

const ROLES: Readonly<Record<string, RoleName>> = {
  responder: 'Responder',
  authorizer: 'Authorizer',
  filter: 'Filter',
}
/** RFC 9110 §9.2.2. */
const IDEMPOTENT = /^(?:GET|HEAD|OPTIONS|TRACE|PUT|DELETE)$/

/** By address, for as long as the process lives: a site that is built anew goes on with the connections there are. */
const pools = new Map<string, Pool>()

/** Calls FastCGI applications. @throws TypeError for options that cannot be. */
export function fastCgiBackends(options: FastCgiOptions): Open {
  const backends = new Backends(options)
  return (call, events) => backends.open(call, events)
}

/**
 * One application, of which whoever calls it says when it is over.
 * @param known What it can do, where it need not be asked.
 * @throws TypeError for options that cannot be.
 */
export function fastCgiUpstream(
  options: FastCgiOptions & { readonly address: string },
  known?: KnownApplication,
): Upstream {
  const backends = new Backends(options, known)
  return {
    open: (call, events) => backends.open(call, events),
    quick: (call) => backends.quick(call),
    close: () => {
      pools.get(options.address)?.close()
      pools.delete(options.address)
    },
  }
}

/** How many connections to applications are open, over all addresses: what tests count. @internal */
export function openConnections(): number {
  let count = 0
  for (const pool of pools.values()) count += pool.connections
  return count
}

/** One or several addresses that answer alike. */
export class Backends implements Choice {
  readonly #addresses: readonly ApplicationAddress[]
  readonly #role: RoleName
  readonly #limits: PoolLimits
  readonly #known: KnownApplication | undefined

  constructor(options: FastCgiOptions, known?: KnownApplication) {
    this.#known = known
    const { address, role = 'responder', connections, keepAlive, connectTimeout = 3000, queue = 1024 } = options
    const { objects = false } = options
    const addresses = [...new Set(typeof address === 'string' ? [address] : address)]
    const roleName = ROLES[role]
    if (addresses.length === 0) throw new TypeError('address is empty: give at least one')
    if (roleName === undefined) throw new TypeError(`role is ${role}: expected responder, authorizer or filter`)
    this.#addresses = addresses.map(applicationAddress)
    this.#role = roleName
    this.#limits = {
      connections: connections === undefined ? undefined : whole('connections', connections, 1),
      keepAlive,
      connectTimeout: whole('connectTimeout', connectTimeout, 1),
      queue: whole('queue', queue, 0),
      asksFirst: objects,
    }
  }

  /** Sends a quick call, where that can be done at once. */
  quick(call: Quick): boolean {
    if (!(call instanceof QuickCall)) return false
    const [only, ...others] = this.#addresses
    const pool = only === undefined || others.length > 0 ? undefined : pools.get(only.text)
    return pool?.quick(call, this) ?? false
  }

  open(call: Call, events: CallEvents): Wire {
    const { content, data, request, role = this.#role } = call
    const idempotent = IDEMPOTENT.test(request.method)
    call.tried ??= new Set()
    return this.ask({ role, forms: call, content, data, idempotent }, call.tried, events)
  }

  /** @param tried The pools that it was tried in; those that it fails in are added. */
  ask(question: Question, tried: Set<unknown>, events: CgiEvents): Wire {
    const pool = this.#choose(tried)
    const call = new FastCgiCall(question, events, pool, this, tried)
    pool.take(call)
    return call
  }

  elsewhere(failed: Place, tried: Set<unknown>): boolean {
    tried.add(failed)
    return tried.size - (tried.has(FRESH) ? 1 : 0) < this.#addresses.length
  }

  #choose(tried: ReadonlySet<unknown>): Pool {
    const [only, ...others] = this.#addresses as readonly [ApplicationAddress, ...ApplicationAddress[]]
    if (others.length === 0) return this.#pool(only)
    const now = performance.now()
    let best: Pool | undefined
    for (const address of this.#addresses) {
      const pool = this.#pool(address)
      if (!tried.has(pool) && (best === undefined || better(pool, best, now))) best = pool
    }
    return best ?? this.#pool(only)
  }

  #pool(address: ApplicationAddress): Pool {
    let pool = pools.get(address.text)
    if (pool === undefined) {
      pool = new Pool(address, this.#limits, this.#known)
      pools.set(address.text, pool)
    }
    pool.limits = this.#limits
    return pool
  }
}

/** One that failed comes after all others; of several the one whose time is up first. */
function better(one: Pool, other: Pool, now: number): boolean {
  const ejected = one.ejectedUntil > now
  if (ejected !== other.ejectedUntil > now) return !ejected
  return ejected ? one.ejectedUntil < other.ejectedUntil : one.load < other.load
}

function whole(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new TypeError(`${name} is ${value}: expected a whole number from ${least} on`)
}
