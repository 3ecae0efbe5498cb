import { AttemptCount } from './attempt-count.ts'
import { Recent } from './recent.ts'

/** Somebody who tries to log in. */
export interface Login {
  /** What the name is a name in: the same name elsewhere is somebody else. */
  readonly place: string
  readonly name: string
  /** Where the try comes from, as `networkOf` tells it. */
  readonly network: string
}

/** Why a try is not made. */
export interface Refusal {
  /** What there were too many of: failures from this network, or with this name. */
  readonly limit: 'address' | 'name'
  /** When it may be tried again. */
  readonly seconds: number
  /** Whether it is the first one since there were few failures: that is worth a line in the log. */
  readonly first: boolean
}

/** `withdrawn`: nobody could tell whether it is right. */
export type Outcome = 'succeeded' | 'failed' | 'withdrawn'

/** A try to log in. */
export interface Attempt {
  readonly refused: Refusal | undefined
  /** How it went. Once, unless it was refused. */
  end(outcome: Outcome): void
}

/** Who counts failed logins. */
export interface Attempts {
  /** @param most Failures of a name from one network; see `LocalAttempts` for the others. */
  begin(login: Login, most: number): Attempt | Promise<Attempt>
}

/** How much more may fail from one network with whatever names, and with one name from wherever. */
const PER_NETWORK = 4
const PER_NAME = 10
/** Names that logged in are known by where they did so: at most so many. */
const MOST_KNOWN = 10_000
/** Characters of an address. */
const LONGEST = 64

/**
 * Counts the failed logins of this process. A failure is forgotten bit by bit, all that are allowed in ten minutes, so who
 * reached a limit may try again every now and then. Three things are counted: the failures of a name from one network
 * (`most`), of all names from it (four times as many), and of a name from everywhere (ten times as many). The last one
 * does not hold for a network that the name has logged in from: whoever knows a name could lock its owner out.
 * A success takes back the failures of that name from that network, and no others: somebody who has a name of his own
 * must not be able to guess at those of others for ever.
 */
export class LocalAttempts implements Attempts {
  readonly #pairs = new AttemptCount()
  readonly #networks = new AttemptCount()
  readonly #names = new AttemptCount()
  readonly #known = new Recent<string, true>(MOST_KNOWN)

  begin({ place, name, network }: Login, most: number): Attempt {
    const now = performance.now()
    // A store may take JOE for joe, and each spelling must not have as many tries again.
    const who = JSON.stringify([place, folded(name)])
    const pair = JSON.stringify([place, name, network])
    const counted = [{ limit: 'name' as const, count: this.#pairs.of(pair, most, now) }]
    if (this.#known.get(pair) === undefined)
      counted.push({ limit: 'name', count: this.#names.of(who, most * PER_NAME, now) })
    const all = isShared(network)
      ? counted
      : [...counted, { limit: 'address' as const, count: this.#networks.of(network, most * PER_NETWORK, now) }]
    const full = all
      .map(({ limit, count }) => ({ limit, count, seconds: count.wait() }))
      .filter((one) => one.seconds > 0)
    const worst = full.sort((one, other) => other.seconds - one.seconds)[0]
    if (worst !== undefined) {
      const { limit, seconds, count } = worst
      return { refused: { limit, seconds, first: count.tell() }, end: () => undefined }
    }
    for (const { count } of all) count.begin()
    let over = false
    const end = (outcome: Outcome): void => {
      if (over) return
      over = true
      for (const { count } of all) count.end(outcome === 'failed')
      if (outcome !== 'succeeded') return
      this.#pairs.forget(pair)
      this.#known.set(pair, true)
    }
    return { refused: undefined, end }
  }
}

function folded(name: string): string {
  return name.normalize('NFKC').toLowerCase().trim()
}

/** Everybody behind a proxy that is not trusted comes from here: one of them must not lock out the others. */
function isShared(network: string): boolean {
  return network === '' || network === '::1' || network.startsWith('127.')
}

/**
 * What is counted as one client: an IPv4 address; of an IPv6 address its first 64 bits, since whoever has one has all that
 * begin so.
 */
export function networkOf(address: string): string {
  // What a web server before us tells need be no address.
  const [plain = ''] = address.slice(0, LONGEST).split('%')
  if (!plain.includes(':') || plain === '::1') return plain
  const mapped = /^::ffff:([\d.]+)$/i.exec(plain)?.[1]
  if (mapped !== undefined) return mapped
  const [head = '', tail] = plain.split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  // An IPv4 address at the end stands for two groups.
  const missing = 8 - first.length - last.length - (plain.includes('.') ? 1 : 0)
  const groups = [...first, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...last]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

let present: Attempts = new LocalAttempts()

/** Who counts failed logins in this process. */
export function attempts(): Attempts {
  return present
}

/** From now on somebody else does: where several processes serve, one counts for all. */
export function useAttempts(other: Attempts): void {
  present = other
}
