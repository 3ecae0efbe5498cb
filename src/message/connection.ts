import type { Exchange } from './exchange.ts'
import type { Failure } from './failure.ts'
import type { Headers } from './headers.ts'
import type { Variables } from './variables.ts'

/** Who somebody is, as an Authenticator or a Scheme says (authorize.isl). */
export interface AuthorizationRecord {
  readonly name: string
  readonly groups: readonly string[]
}

/** By what somebody was identified. */
export interface Means {
  /** AUTH_TYPE (RFC 3875 §4.1.1): the name of the scheme, such as Basic. */
  readonly type?: string
  /** Whether the field Authorization says it: what is behind the guard does not see that field then. */
  readonly usesAuthorization?: boolean
}

/** An end of a socket; for a Unix socket `address` is its path, or empty, and there is no port. */
export interface Address {
  readonly address: string
  readonly port: number | undefined
}

export interface TlsFacts {
  /** TLSv1.2, TLSv1.3 */
  readonly protocol: string
  readonly cipher: string
  /** The name the client asked for by SNI. */
  readonly serverName: string | undefined
  /** The client's certificate in DER, where it sent one and a listed authority had signed it. */
  readonly peerCertificate: Uint8Array | undefined
}

/** What is known of a socket, the same for all its exchanges. Each is looked up when it is first asked for. */
export interface SocketFacts {
  readonly remote: Address
  readonly local: Address
  readonly secure: boolean
  readonly tls: TlsFacts | undefined
  /** The name that the remote address has in the DNS, else the address. */
  remoteName(): Promise<string>
  /** The same, once it was looked up. */
  readonly knownName?: string | undefined
}

/** Who the client is where a trusted proxy stands between (RFC 7239). */
export interface ClientFacts {
  readonly address: string
  readonly secure: boolean
  /** What the proxy calls the request, in X-Request-Id. */
  readonly requestId?: string | undefined
}

/** What of a front door sends informational answers (RFC 9110 §15.2). */
export interface Informer {
  inform(status: number, headers: Headers): void
}

/**
 * Where a request came from. Made for each exchange: its user ends with the exchange, so that two users on one
 * connection never mix. Identity is this object, never a field of the request.
 */
export class Connection {
  /** Who can send informational answers ahead of the final one; undefined where the client would not understand them. */
  informer: Informer | undefined = undefined
  readonly socket: SocketFacts
  readonly exchange: Exchange
  readonly protocol: string
  /**
   * When whoever asked gives up waiting for the head of the answer, in milliseconds since 1970; undefined where that is not
   * told. Calls that are made for it should take no longer.
   */
  deadline: number | undefined = undefined
  /** What went wrong, for a resource that is asked for the page that tells of it; undefined for all others. */
  readonly failure: Failure | undefined
  readonly #client: ClientFacts | undefined
  #user: AuthorizationRecord | undefined
  #variables: Variables | undefined
  #means: Means | undefined

  constructor(socket: SocketFacts, exchange: Exchange, protocol: string, client?: ClientFacts, failure?: Failure) {
    this.socket = socket
    this.exchange = exchange
    this.protocol = protocol
    this.failure = failure
    this.#client = client
    this.#user = undefined
    this.#variables = undefined
    this.#means = undefined
  }

  /** The other end of the socket: the client, or the proxy before us. */
  get remote(): Address {
    return this.socket.remote
  }

  get local(): Address {
    return this.socket.local
  }

  /** The address of the real client: that of the socket, unless a trusted proxy tells another. */
  get clientAddress(): string {
    return this.#client?.address ?? this.socket.remote.address
  }

  /** Whether a trusted proxy tells of the client, and not the socket. */
  get isTold(): boolean {
    return this.#client !== undefined
  }

  /** Whether the client spoke TLS, to us or to a trusted proxy. */
  get secure(): boolean {
    return this.#client?.secure ?? this.socket.secure
  }

  get tls(): TlsFacts | undefined {
    return this.socket.tls
  }

  /** The name of the other end of the socket in the DNS, else its address. */
  remoteName(): Promise<string> {
    return this.socket.remoteName()
  }

  /** The client's name, where it was looked up; of a client behind a proxy it is not. */
  get knownName(): string | undefined {
    return this.#client === undefined ? this.socket.knownName : undefined
  }

  /**
   * Sends an informational answer, such as 103 Early Hints, where the client can understand it and the final one is not
   * under way. 100 is the front door's to say, and 101 would take the connection over: they are dropped.
   */
  inform(status: number, headers: Headers): void {
    if (status > 101 && status < 200) this.informer?.inform(status, headers)
  }

  /**
   * For the page of an error: the same client, but nobody whom a guard let in, and an exchange of its own, so that the
   * log tells of the first one. @internal
   */
  toTell(failure: Failure, exchange: Exchange): Connection {
    return new Connection(this.socket, exchange, this.protocol, this.#client, failure)
  }

  /** Who the guard let in; undefined before it, and where nobody logged in. */
  get user(): AuthorizationRecord | undefined {
    return this.#user
  }

  /** What the Authorizer that let the request in said beside its permission: more variables for programs. */
  get variables(): Variables | undefined {
    return this.#variables
  }

  /** By what the user was identified; undefined where the guard does not say. */
  get means(): Means | undefined {
    return this.#means
  }

  /** Told by the guard, once for each route that it guards. @internal */
  identify(user: AuthorizationRecord | undefined, variables?: Variables, means?: Means): void {
    this.#user = user
    this.#variables = variables
    this.#means = means
  }
}
