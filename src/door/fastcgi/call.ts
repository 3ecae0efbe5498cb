import type { Connection } from '../../message/connection.ts'
import type { IncomingBody } from '../../message/request.ts'
import type { RoleName } from '../../protocol/fastcgi/codes.ts'
import type { WholeCall } from '../../protocol/object/read-call.ts'
import { CarriedCall, type Told, toldBy } from '../called/call.ts'
import type { ErrorLine } from '../called/error-line.ts'

/** The file that a Filter is to filter (FastCGI §6.4). Reading it drops what was not read of the request's own content. */
export interface FilterData {
  /** FCGI_DATA_LENGTH in bytes; undefined where the web server does not tell it. */
  readonly size: number | undefined
  /** FCGI_DATA_LAST_MOD: when the file was changed last, in seconds since 1970. */
  readonly modified: number | undefined
  readonly body: IncomingBody
}

/** What FastCGI knows of a request beyond HTTP. */
export interface Call extends Told {
  readonly role: RoleName
  /** The file, where the role is Filter. */
  readonly data: FilterData | undefined
  /** What is told the web server at the end: 32 bits, 0 where all is well (FastCGI §5.5). */
  appStatus: number
  /** Writes to the error log of the web server (FCGI_STDERR), until the request has ended. */
  stderr(text: string): void
}

/** A call as a connection carries it. */
export class FastCgiCall extends CarriedCall implements Call {
  readonly role: RoleName
  readonly data: FilterData | undefined
  appStatus = 0
  readonly #line: ErrorLine

  constructor(
    role: RoleName,
    variables: readonly string[],
    data: FilterData | undefined,
    user: string,
    mount: string,
    line: ErrorLine,
    whole?: WholeCall,
  ) {
    super(variables, user, mount, whole)
    this.role = role
    this.data = data
    this.#line = line
  }

  stderr(text: string): void {
    this.#line.stderr(text)
  }
}

/** What FastCGI knows of a request, by its connection; undefined where the request came in another way. */
export function callOf(connection: Connection): Call | undefined {
  const call = toldBy(connection) as FastCgiCall | undefined
  return call?.role === undefined ? undefined : call
}
