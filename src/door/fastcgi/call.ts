import { type AuthorizationRecord, Connection, type SocketFacts } from '../../message/connection.ts'
import type { Exchange } from '../../message/exchange.ts'
import type { Scheme } from '../../message/interface.ts'
import type { IncomingBody } from '../../message/request.ts'
import type { RoleName } from '../../protocol/fastcgi/codes.ts'
import { variableOf } from './facts.ts'

/** The file that a Filter is to filter (FastCGI §6.4). Reading it drops what was not read of the request's own content. */
export interface FilterData {
  /** FCGI_DATA_LENGTH in bytes; undefined where the web server does not tell it. */
  readonly size: number | undefined
  /** FCGI_DATA_LAST_MOD: when the file was changed last, in seconds since 1970. */
  readonly modified: number | undefined
  readonly body: IncomingBody
}

/** What FastCGI knows of a request beyond HTTP. */
export interface Call {
  readonly role: RoleName
  /** All variables as they came: name, value, name, value; byte strings, each character one byte. */
  readonly variables: readonly string[]
  /** The file, where the role is Filter. */
  readonly data: FilterData | undefined
  /** What is told the web server at the end: 32 bits, 0 where all is well (FastCGI §5.5). */
  appStatus: number
  /** The value of a variable; undefined where it is not there. */
  variable(name: string): string | undefined
  /** Writes to the error log of the web server (FCGI_STDERR), until the request has ended. */
  stderr(text: string): void
}

/** What a call asks of the request that it belongs to. */
export interface ErrorLine {
  stderr(text: string): void
}

/** A call as a connection carries it. */
export class CarriedCall implements Call {
  readonly role: RoleName
  readonly variables: readonly string[]
  readonly data: FilterData | undefined
  readonly user: AuthorizationRecord | undefined
  readonly mount: string
  appStatus = 0
  readonly #line: ErrorLine

  constructor(
    role: RoleName,
    variables: readonly string[],
    data: FilterData | undefined,
    user: string,
    mount: string,
    line: ErrorLine,
  ) {
    this.role = role
    this.variables = variables
    this.data = data
    this.user = user === '' ? undefined : { name: user, groups: [] }
    this.mount = mount
    this.#line = line
  }

  variable(name: string): string | undefined {
    return variableOf(this.variables, name)
  }

  stderr(text: string): void {
    this.#line.stderr(text)
  }
}

/** The connection of a request that came by FastCGI. */
export class CalledConnection extends Connection {
  /** Looked for by its name: another copy of this package may ask. @internal */
  readonly fastcgi: CarriedCall

  constructor(facts: SocketFacts, exchange: Exchange, protocol: string, call: CarriedCall) {
    super(facts, exchange, protocol)
    this.fastcgi = call
    if (call.user !== undefined) this.identify(call.user)
  }
}

/** What FastCGI knows of a request, by its connection; undefined where the request came in another way. */
export function callOf(connection: Connection): Call | undefined {
  return carriedBy(connection)
}

/** The same, with what is for the front door only. @internal */
export function carriedBy(connection: Connection): CarriedCall | undefined {
  return (connection as Partial<CalledConnection>).fastcgi
}

/** Lets in whom the web server let in (REMOTE_USER): for `access` of the routes of a Site that is a FastCGI application. */
export const webServerUser: Scheme = {
  identify: (_, connection) => carriedBy(connection)?.user,
  challenge: () => 'Basic realm="web server"',
}
