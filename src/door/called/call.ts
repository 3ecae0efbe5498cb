import { type AuthorizationRecord, Connection, type Means, type SocketFacts } from '../../message/connection.ts'
import type { Exchange } from '../../message/exchange.ts'
import { isToken } from '../../message/fields.ts'
import type { Scheme } from '../../message/interface.ts'
import { variableOf } from './facts.ts'

/** What a web server tells of a request beyond HTTP. */
export interface Told {
  /** All variables as they came: name, value, name, value; byte strings, each character one byte. */
  readonly variables: readonly string[]
  /** The value of a variable; undefined where it is not there. */
  variable(name: string): string | undefined
}

/** The same as a connection carries it. */
export class CarriedCall implements Told {
  readonly variables: readonly string[]
  readonly user: AuthorizationRecord | undefined
  /** The part of the canonical path that SCRIPT_NAME names. */
  readonly mount: string

  /** @param user REMOTE_USER; empty for nobody. */
  constructor(variables: readonly string[], user: string, mount: string) {
    this.variables = variables
    this.user = user === '' ? undefined : { name: user, groups: [] }
    this.mount = mount
  }

  variable(name: string): string | undefined {
    return variableOf(this.variables, name)
  }

  /** By what the web server knows the user: AUTH_TYPE, the name of a scheme (RFC 3875 §4.1.1). */
  get means(): Means {
    const type = this.variable('AUTH_TYPE') ?? ''
    return isToken(type) ? { type } : {}
  }
}

/** The connection of a request that a web server sent on. */
export class CalledConnection extends Connection {
  /** Looked for by its name: another copy of this package may ask. @internal */
  readonly called: CarriedCall

  constructor(facts: SocketFacts, exchange: Exchange, protocol: string, call: CarriedCall) {
    super(facts, exchange, protocol)
    this.called = call
    if (call.user !== undefined) this.identify(call.user, undefined, call.means)
  }
}

/** What a web server told of a request; undefined where the request came in another way. @internal */
export function carriedBy(connection: Connection): CarriedCall | undefined {
  return (connection as Partial<CalledConnection>).called
}

/** What the web server told of a request; undefined where the request came in another way. */
export function callOf(connection: Connection): Told | undefined {
  return carriedBy(connection)
}

/** Lets in whom the web server let in (REMOTE_USER, by AUTH_TYPE): for `access` of the routes of a Site that runs behind one. */
export const webServerUser: Scheme = {
  identify: (_, connection) => carriedBy(connection)?.user,
  meansOf: (connection) => carriedBy(connection)?.means ?? {},
  challenge: () => 'Basic realm="web server"',
}
