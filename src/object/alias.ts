import { Balancer } from '../gateway/balance/balancer.ts'
import type { Upstream } from '../gateway/call.ts'

/** One of several object servers that answer alike. */
export interface AliasMember {
  /** Its handle: what the log calls it. */
  readonly handle: string
  /** One that only opens chooses among several processes itself. */
  readonly upstream: Pick<Upstream, 'open' | 'quick'>
  /** Its share of the calls, compared with the others: how many processes it has. */
  readonly weight?: number
  /** Whether anybody answers there at present, where that is known. */
  readonly answers?: () => boolean
}

/** Requests that wait where no member has room. */
const QUEUE = 1024

/**
 * Calls the least busy of several object servers. One that failed is left alone for a while; what nobody has begun with is
 * tried on another one.
 * @param name What the log calls them together.
 */
export function aliasOf(name: string, members: readonly AliasMember[]): Pick<Upstream, 'open' | 'quick'> {
  const balancer = new Balancer({ name, queue: () => QUEUE })
  balancer.become(
    members.map(({ handle, upstream, weight = 1 }) => ({
      name: handle,
      weight,
      // Whoever made it also calls it by its own name.
      upstream: () => ({ ...upstream, close: () => undefined }),
    })),
  )
  const look = (): void => {
    for (const [i, { answers }] of members.entries()) {
      const member = balancer.members[i]
      if (member !== undefined && answers !== undefined) member.healthy = answers()
    }
  }
  return {
    open: (call, events) => {
      look()
      return balancer.open(call, events)
    },
    quick: (call) => {
      look()
      return balancer.quick(call)
    },
  }
}
