import { folded, isOwn, type OwnIdentity } from '../../message/identity-fields.ts'

/** What becomes of a field of a client's request. */
export type FieldRule = 'pass' | 'drop' | 'odd' | 'connection' | 'via' | 'max-forwards'

/**
 * Fields that are no back end's. Those of the connection (RFC 9110 §7.6.1) and of the framing are written by the wire; what
 * tells of the client is ours to say; X-Original-URL and X-Rewrite-URL have some frameworks answer another path than the
 * one that was guarded; `Proxy` would become HTTP_PROXY in a CGI program behind (httpoxy).
 */
const NEVER =
  /^(?:host|content-length|transfer-encoding|te|trailer|upgrade|keep-alive|expect|http2-settings|proxy|proxy-.*|forwarded|x-forwarded-.*|x-real-ip|x-original-url|x-rewrite-url)$/

/** Names that were seen. Bounded, in bytes too: clients choose names. */
const MOST_NAMES = 1000
const LONGEST_NAME = 64

/** What becomes of the fields of requests on one route. */
export class FieldRules {
  readonly #named: ReadonlyMap<string, FieldRule>
  readonly #known = new Map<string, FieldRule>()
  readonly #own: OwnIdentity | undefined

  /**
   * @param dropped Names that are not passed either, in any case.
   * @param own What the site knows users by: no fields of clients.
   */
  constructor(dropped: Iterable<string>, own?: OwnIdentity) {
    this.#own = own
    const named = new Map<string, FieldRule>([
      ['connection', 'connection'],
      ['via', 'via'],
      ['max-forwards', 'max-forwards'],
    ])
    for (const name of dropped) named.set(folded(name), 'drop')
    this.#named = named
  }

  of(name: string): FieldRule {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const rule = this.#find(name)
    // A copy: a part of another text holds all of that in memory.
    if (this.#known.size < MOST_NAMES && name.length <= LONGEST_NAME) {
      this.#known.set(Buffer.from(name, 'latin1').toString('latin1'), rule)
    }
    return rule
  }

  #find(name: string): FieldRule {
    const plain = folded(name)
    const named = this.#named.get(plain) ?? (NEVER.test(plain) || isOwn(plain, this.#own) ? 'drop' : 'pass')
    if (/^[A-Za-z0-9-]+$/.test(name)) return named
    // Behind a gateway that folds names, it would pass for one of ours.
    return named === 'pass' ? 'odd' : 'drop'
  }
}
