import type { Address, AuthorizationRecord, ClientFacts, Means, TlsFacts } from '../../message/connection.ts'
import type { UpgradedSocket } from '../../message/response.ts'

/** What the host knows of the connection that the client has with it. A `SocketFacts` is one. */
export interface HostFacts {
  /** The client, or the proxy before the host; for a Unix socket the address is its path, or empty, without a port. */
  readonly remote: Address
  readonly local?: Address
  /** Whether TLS is spoken. */
  readonly secure: boolean
  readonly tls?: TlsFacts | undefined
}

/**
 * The content of a request, pulled: what is not asked for stays where it is. A chunk is the reader's from then on. Its
 * iterator's `return` means that nobody wants the rest; the answer can be sent all the same. It throws where the
 * content broke off.
 */
export interface HostContent extends AsyncIterable<Uint8Array> {
  /** The trailer fields, once all of it was read: name, value, name, value. */
  readonly trailers?: readonly string[]
}

/** A connection that is given away. */
export interface TakenOver {
  readonly socket: UpgradedSocket
  /** What came behind the request. */
  readonly head: Uint8Array
}

/**
 * One request as the server that Oriel runs in has it, and the way to answer it: Draco's HTTPRequest. The host has
 * parsed the request and keeps the connection; all else is Oriel's. Field lists are name, value, name, value; names in
 * the case and values repeated as they were sent, where the host knows that; values one character a byte.
 *
 * An answer is `head` once, `write` for each piece of its content, then `end`, or `breakOff` at any time. After one of
 * these two, or `onGone`, nothing of the host is called any more.
 */
export interface HostRequest {
  readonly method: string
  /** As the client sent it: origin, absolute, authority or asterisk form (RFC 9112 §3.2). */
  readonly target: string
  readonly version: '1.0' | '1.1' | '2.0'
  /** The fields, without pseudo-header fields. */
  readonly fields: readonly string[]
  /** `:authority`, in HTTP/2 and later. */
  readonly authority?: string | undefined
  readonly facts: HostFacts
  /** Who the client is where the host believes a proxy before it. */
  readonly client?: ClientFacts | undefined
  /** Whom the host has let in, which the scheme `webServerUser` believes; and by what. */
  readonly user?: AuthorizationRecord | undefined
  readonly means?: Means | undefined
  /** The beginning of the path at which the host has the site; it stays part of `target`. Empty where it is left out. */
  readonly mount?: string | undefined
  /** What the host calls the request. */
  readonly requestId?: string | undefined
  /**
   * Null where there is none. Its size is what Content-Length says. What it throws is answered 400, but for a TypeError: that
   * is a mistake in the host, and 500.
   */
  readonly content: HostContent | null
  /** Whom to call, once, when the client has gone before it has its answer; at once where it has already. */
  onGone(call: () => void): void
  /**
   * Sends the head, or keeps it for the first piece.
   * @param statusText The reason phrase; never empty unless the status has none.
   * @param fields Content-Length among them where it is to be said; Date only where the resource says it; none of the
   * connection (RFC 9110 §7.6.1).
   * @param size Bytes of content that will be written; undefined where that is not known.
   */
  head(status: number, statusText: string, fields: readonly string[], size: number | undefined): void
  /** Sends what `head` kept: the first piece is not there yet. */
  flush?(): void
  /** Sends a piece of the content. Returns a promise where the client is behind: fulfilled when the piece is the caller's again and more may come; never on a connection that is broken. */
  write(chunk: Uint8Array): void | Promise<void>
  /**
   * The answer is whole. May return a promise, fulfilled when all of it has left.
   * @param trailers Only where the size was not known and the client said `TE: trailers`.
   */
  end(trailers?: readonly string[]): void | Promise<void>
  /** The answer is not whole and will not be, which the client must be able to see: reset the connection, or the stream. */
  breakOff(): void
  /** Sends an informational answer (103), where the host can. */
  inform?(status: number, fields: readonly string[]): void
  /** Gives the connection away, for an answer to Upgrade or CONNECT; not called for other requests. The answer's head was not sent: Oriel writes it. */
  takeOver?(): TakenOver
}
