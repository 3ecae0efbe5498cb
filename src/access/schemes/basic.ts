import { createHash } from 'node:crypto'
import type { AuthorizationRecord, Connection } from '../../message/connection.ts'
import { HttpError } from '../../message/errors.ts'
import type { Authenticator, Scheme } from '../../message/interface.ts'
import type { Request } from '../../message/request.ts'
import { attempts, networkOf, type Refusal } from '../attempts.ts'
import { Verified } from '../verified.ts'
import { type BasicCredentials, basicCredentials } from './basic-credentials.ts'

export interface BasicOptions {
  /** What the client is told it logs in to; `Restricted` where it is left out. */
  readonly realm?: string
  /** Who knows the passwords. */
  readonly store: Authenticator
  /** For how long a login that was verified is believed without asking the store, in milliseconds; 0: not at all. 60000. */
  readonly remember?: number
  /** Failed logins of a name from one client in ten minutes, see `LocalAttempts`; 0: any number. 10 where it is left out. */
  readonly attempts?: number
  /** By what names are counted: those of one store are the same people. The realm where it is left out. */
  readonly place?: string
}

const MOST_ATTEMPTS = 1_000_000
const REALM = /^[\x20-\x7e]*$/

/**
 * Name and password with every request (RFC 7617). Wrong ones, and a field that is not of its form, are invalid
 * credentials: whoever sends them is asked to log in, by 401 (RFC 9110 §11.4). Two fields Authorization are no such thing:
 * that message is malformed (§5.3), and answered 400.
 * @throws TypeError for a realm that cannot be told, and numbers that are none.
 */
export function basicScheme(options: BasicOptions): Scheme {
  return new Basic(options)
}

class Basic implements Scheme {
  readonly type = 'Basic'
  readonly usesAuthorization = true
  readonly #store: Authenticator
  readonly #verified: Verified
  readonly #most: number
  readonly #place: string
  readonly #challenge: string
  /** Logins that the store is asked about: a page and its pictures come at once, and cost one look. */
  readonly #asked = new Map<string, Promise<AuthorizationRecord | undefined>>()

  constructor({ realm = 'Restricted', store, remember = 60_000, attempts: most = 10, place = realm }: BasicOptions) {
    if (!REALM.test(realm)) throw new TypeError('the realm must be of printable ASCII characters')
    this.#store = store
    this.#verified = new Verified(whole('remember', remember))
    this.#most = whole('attempts', most, MOST_ATTEMPTS)
    // Short, whatever it is: it goes to the primary with each login that is not known.
    this.#place = createHash('sha256').update(place).digest('base64url')
    this.#challenge = `Basic realm="${realm.replace(/["\\]/g, '\\$&')}", charset="UTF-8"`
  }

  challenge(): string {
    return this.#challenge
  }

  identify(request: Request, connection: Connection) {
    const field = request.headers.get('authorization')
    if (field === null) return undefined
    return this.#verified.find(field, this.#store.generation) ?? this.#unknown(field, request, connection)
  }

  #unknown(field: string, { headers }: Request, connection: Connection) {
    if (headers.getAll('authorization').length > 1) {
      throw new HttpError(400, { code: 'authorization', detail: 'There is more than one field Authorization.' })
    }
    const credentials = basicCredentials(field)
    if (credentials === undefined) return undefined
    const network = networkOf(connection.clientAddress)
    const key = `${network} ${field}`
    const asked = this.#asked.get(key)
    if (asked !== undefined) return asked
    const asking = this.#logIn(field, credentials, network, connection).finally(() => this.#asked.delete(key))
    this.#asked.set(key, asking)
    return asking
  }

  /** @throws HttpError 429; what the store throws, but for AuthenticationFailed. */
  async #logIn(field: string, credentials: BasicCredentials, network: string, { exchange }: Connection) {
    if (this.#most === 0) return this.#ask(field, credentials)
    const login = { place: this.#place, name: credentials.name, network }
    const attempt = await attempts().begin(login, this.#most)
    if (attempt.refused !== undefined) {
      if (attempt.refused.first) exchange.report('warn', tooMany(attempt.refused), { name: login.name, network })
      throw refused(attempt.refused)
    }
    let user: AuthorizationRecord | undefined
    try {
      user = await this.#ask(field, credentials)
    } catch (error) {
      attempt.end('withdrawn')
      throw error
    }
    attempt.end(user === undefined ? 'failed' : 'succeeded')
    return user
  }

  /** Who it is; undefined for nobody. */
  async #ask(field: string, { name, password }: BasicCredentials) {
    const { generation } = this.#store
    try {
      const user = await this.#store.authenticateUser(name, password)
      // A function in JavaScript may well return nothing for nobody.
      if (user === undefined || user === null) return undefined
      this.#verified.add(field, user, generation)
      return user
    } catch (error) {
      // By its name: a config may have a copy of the class.
      if (error instanceof Error && error.name === 'AuthenticationFailed') return undefined
      throw error
    }
  }
}

function refused({ limit, seconds }: Refusal): HttpError {
  return new HttpError(429, {
    code: `limits.logins.${limit}`,
    detail: 'There were too many failed logins. Wait before you try again.',
    headers: { 'Retry-After': String(seconds) },
  })
}

function tooMany({ limit }: Refusal): string {
  const what = limit === 'name' ? 'this name' : 'this address'
  return `Failed logins are refused without a look at the password: too many with ${what} (limits.logins).`
}

function whole(name: string, value: number, most: number = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value >= 0 && value <= most) return value
  throw new TypeError(`${name} is ${value}: expected a whole number from 0 to ${most}`)
}
