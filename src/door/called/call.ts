import {
  type AuthorizationRecord,
  type ClientFacts,
  Connection,
  type Means,
  type SocketFacts,
} from '../../message/connection.ts'
import type { Exchange } from '../../message/exchange.ts'
import { isToken } from '../../message/fields.ts'
import type { Scheme } from '../../message/interface.ts'
import type { WholeCall } from '../../protocol/object/read-call.ts'
import { variableOf } from './facts.ts'

/** What a web server tells of a request beyond HTTP. */
export interface Told {
  /** All variables as they came: name, value, name, value; byte strings, each character one byte. */
  readonly variables: readonly string[]
  /** The value of a variable; undefined where it is not there. */
  variable(name: string): string | undefined
}

/** What the server that a site is behind, or in, says of a request of its own, beyond what the client said. */
export interface Carried {
  /** Whom it let in. */
  readonly user: AuthorizationRecord | undefined
  /** By what it knows the user. */
  readonly means: Means
  /** The part of the canonical path at which it has the site. */
  readonly mount: string
}

/** The same as a connection carries it. */
export class CarriedCall implements Told, Carried {
  readonly variables: readonly string[]
  readonly user: AuthorizationRecord | undefined
  /** The part of the canonical path that SCRIPT_NAME names. */
  readonly mount: string
  /** The call of an object in the form that says all; undefined where a web server knows of FastCGI and CGI only. */
  readonly whole: WholeCall | undefined

  /** @param user REMOTE_USER; empty for nobody. */
  constructor(variables: readonly string[], user: string, mount: string, whole?: WholeCall) {
    this.variables = variables
    this.user = user === '' ? undefined : { name: user, groups: [] }
    this.mount = mount
    this.whole = whole
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
    super(facts, exchange, protocol, call.whole?.client)
    this.called = call
    const { whole } = call
    if (whole !== undefined) {
      const { identity, timeout } = whole
      if (identity !== undefined) this.identify(identity.user, identity.variables, identity.means)
      if (timeout > 0) this.deadline = Date.now() + timeout
    } else if (call.user !== undefined) this.identify(call.user, undefined, call.means)
  }
}

/** The connection of a request that a host server handed over. */
export class HostConnection extends Connection {
  /** Looked for by its name: another copy of this package may ask. @internal */
  readonly called: Carried

  constructor(facts: SocketFacts, exchange: Exchange, protocol: string, said: Carried, client?: ClientFacts) {
    super(facts, exchange, protocol, client)
    this.called = said
  }
}

/** What a web server or a host server said of a request; undefined where the request came in another way. @internal */
export function carriedBy(connection: Connection): Carried | undefined {
  return (connection as Partial<HostConnection>).called
}

/** What a web server told of a request by variables; undefined where the request came in another way. */
export function toldBy(connection: Connection): CarriedCall | undefined {
  const call = carriedBy(connection)
  return call !== undefined && 'variables' in call ? (call as CarriedCall) : undefined
}

/**
 * Lets in whom the server let in that a Site runs behind (REMOTE_USER, by AUTH_TYPE), or in (`HostRequest.user`): for
 * `access` of its routes.
 */
export const webServerUser: Scheme = {
  identify: (_, connection) => carriedBy(connection)?.user,
  meansOf: (connection) => carriedBy(connection)?.means ?? {},
  challenge: () => 'Basic realm="web server"',
}
