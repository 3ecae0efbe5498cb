import { listMembers } from '../../message/fields.ts'
import type { Request } from '../../message/request.ts'

/**
 * Protocols that carry HTTP themselves: a connection that is switched to one of them would bring requests past all
 * routes and guards.
 */
const HTTP_ITSELF = /^(?:h2c?|h3|http|tls)(?:$|[/-])/i
/** RFC 9110 §7.8. What is none, `h2c;x` or `"h2c"`, one who is less strict might take for a protocol that is not passed. */
const PROTOCOL = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:\/[!#$%&'*+\-.^_`|~0-9A-Za-z]+)?$/

/** Protocols that connections may be switched to. */
export interface Upgrades {
  /** In lower case; undefined for all but those that carry HTTP. */
  readonly named: ReadonlySet<string> | undefined
}

/** @throws TypeError for a protocol that carries HTTP. */
export function upgradesOf(given: boolean | readonly string[] = ['websocket']): Upgrades {
  if (given === true) return { named: undefined }
  const named = given === false ? [] : given
  for (const protocol of named) {
    if (HTTP_ITSELF.test(protocol)) throw new TypeError(`${protocol} carries requests that no guard would see`)
  }
  return { named: new Set(named.map((protocol) => protocol.toLowerCase())) }
}

/**
 * The protocols that a client asks to be switched to and may (RFC 9110 §7.8), as in its Upgrade; undefined for none: its
 * request then goes on as if it had not asked, as it may for whatever server.
 */
export function upgradeAsked(request: Request, { named }: Upgrades): string | undefined {
  if (request.version !== '1.1' || request.body !== null) return undefined
  const upgrade = request.headers.get('upgrade')
  if (upgrade === null || !/(?:^|,)\s*upgrade\s*(?:,|$)/i.test(request.headers.get('connection') ?? ''))
    return undefined
  const asked = listMembers(upgrade).filter((protocol) => PROTOCOL.test(protocol))
  const allowed = asked.filter((protocol) =>
    named === undefined
      ? !HTTP_ITSELF.test(protocol)
      : named.has(protocol.toLowerCase().replace(/\/.*$/, '')) || named.has(protocol.toLowerCase()),
  )
  return allowed.length === 0 ? undefined : allowed.join(', ')
}
