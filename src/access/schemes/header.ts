import { type Networks, networks } from '../../io/addresses.ts'
import type { AuthorizationRecord, Connection, SocketFacts } from '../../message/connection.ts'
import { Forbidden, HttpError } from '../../message/errors.ts'
import { isToken } from '../../message/fields.ts'
import type { Headers } from '../../message/headers.ts'
import type { Scheme } from '../../message/interface.ts'
import type { Request } from '../../message/request.ts'
import { textOfBytes } from '../../protocol/cgi/octets.ts'
import { isName, namesOf } from './person.ts'

export interface HeaderOptions {
  /** The field with the name: `X-Remote-User`. */
  readonly header: string
  /**
   * Whose word is believed: addresses and networks of the proxies that connect to us, not of clients; also `loopback`,
   * `private`, and `unix` for Unix sockets.
   */
  readonly from: readonly string[]
  /** A field with groups, separated by commas. Without it there are none. */
  readonly groups?: string
}

/**
 * Who it is, as a proxy before us says that has asked already. Only the other end of the socket is believed, never an
 * address that is told: whoever else sends the field is as one who does not send it.
 * @throws TypeError for a field that is none, and for `from` that is no network, or empty.
 */
export function headerScheme(options: HeaderOptions): Scheme {
  return new HeaderScheme(options)
}

class HeaderScheme implements Scheme {
  readonly usesAuthorization = false
  readonly #header: string
  readonly #groups: string | undefined
  readonly #from: Networks
  /** By socket. */
  readonly #believed = new WeakMap<SocketFacts, boolean>()

  constructor({ header, from, groups }: HeaderOptions) {
    for (const name of [header, groups ?? header]) {
      if (!isToken(name)) throw new TypeError(`${JSON.stringify(name)} is no name of a field`)
    }
    if (from.length === 0) throw new TypeError('from is empty: say which proxies are believed')
    this.#header = header
    this.#groups = groups
    this.#from = networks(from)
  }

  challenge(): string {
    return ''
  }

  /** @throws Forbidden for who was not said to be anybody; HttpError 400 where it is said twice. */
  identify({ headers }: Request, { socket }: Connection): AuthorizationRecord {
    const name = this.#isBelieved(socket) ? only(headers, this.#header) : undefined
    if (name === undefined || !isName(name)) {
      throw new Forbidden({ code: 'header', detail: 'Come by way of the server that asks who you are.' })
    }
    const groups = this.#groups === undefined ? undefined : only(headers, this.#groups)
    return { name, groups: groups === undefined ? [] : namesOf(groups) }
  }

  #isBelieved(socket: SocketFacts): boolean {
    let believed = this.#believed.get(socket)
    if (believed === undefined) {
      believed = this.#from.has(socket.remote.address)
      this.#believed.set(socket, believed)
    }
    return believed
  }
}

/** One of two would be the client's, which the proxy has passed on. @throws HttpError 400. */
function only(headers: Headers, name: string): string | undefined {
  const values = headers.getAll(name)
  if (values.length > 1) throw new HttpError(400, { code: 'header', detail: `There is more than one field ${name}.` })
  const [value] = values
  return value === undefined ? undefined : textOfBytes(value)
}
