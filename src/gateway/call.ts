import type { Connection } from '../message/connection.ts'
import { HttpError } from '../message/errors.ts'
import type { Headers } from '../message/headers.ts'
import type { Request } from '../message/request.ts'
import type { UpgradedSocket } from '../message/response.ts'
import type { CgiHead } from '../protocol/cgi/head.ts'
import type { RoleName } from '../protocol/fastcgi/codes.ts'
import type { AnswerFraming } from './framing.ts'

/** A request on its way to a back end, whatever the wire. */
export interface Call {
  /** In FastCGI, where it is another one than that of the back end. */
  readonly role?: RoleName
  readonly request: Request
  readonly connection: Connection
  /** Name, value, name, value; byte strings. */
  readonly variables: readonly string[]
  /** The same in the whole form, for object servers (docs/objects-protocol.md), as name-value pairs. */
  readonly whole?: string | undefined
  /**
   * What an HTTP upstream is sent instead: the request line and the fields, each line with its CRLF, but none of the
   * connection and of the framing.
   */
  readonly lines: string | undefined
  /** The protocols that an HTTP upstream may switch the connection to, as in Upgrade (RFC 9110 §7.8). */
  readonly upgrade?: string | undefined
  /** Whether an HTTP upstream is told that fields behind the content of its answer are wanted (TE, RFC 9110 §10.1.4). */
  readonly takesTrailers?: boolean
  /** Whether it is only asked who may: what it says ahead of its answer is not for the client. */
  readonly asked?: boolean
  readonly content: Content | undefined
  /** What a Filter gets beside the content: a file of the server. */
  readonly data: Data | undefined
  /** The back ends that this request was tried on already; kept by whoever chooses one. */
  tried: Set<unknown> | undefined
}

/** The content of a request. One of the three is there. */
export interface Content {
  /** In bytes; undefined where only its end tells, for wires that can frame such a content. */
  readonly size: number | undefined
  readonly bytes?: Uint8Array
  /** A file without a name that holds it, from its first byte. */
  readonly file?: number
  /** What it is read from while it arrives: once. */
  readonly source?: AsyncIterable<Uint8Array>
  /** The fields behind it, once it was read to its end (RFC 9110 §6.5). */
  trailers?(): Headers | undefined
  /** Nobody needs it any more. */
  close(): void
}

/** A file for a Filter. */
export interface Data extends Content {
  readonly size: number
  /** When it was changed last, in milliseconds since 1970. */
  readonly modified: number
}

/** How a call ended. */
export interface CallEnd {
  /** What the client is told where the answer is not complete. Undefined: the back end said that it is. */
  readonly error?: HttpError
  /** Whether it may be called once more, by the same `Open`: the back end has not begun with the request. */
  readonly again?: boolean
  /** Whether it is certain that the back end has not begun with the request, so that another one may have it. */
  readonly unbegun?: boolean
  /** What the back end said of itself, for the log: `exitCode`, `signal`, `appStatus`. */
  readonly said?: Readonly<Record<string, unknown>>
  /** The fields behind the content of the answer. */
  readonly trailers?: Headers
}

/** A connection that a back end has switched to another protocol (RFC 9110 §7.8). */
export interface Switched {
  readonly socket: UpgradedSocket
  /** What came behind the head. */
  readonly rest: Uint8Array
}

/** Who is told of a call by CGI or FastCGI. Bytes are there during the call of the function only. */
export interface CgiEvents {
  /** The head of a CGI answer (RFC 3875 §6), and behind it its content. */
  output(bytes: Uint8Array): void
  errorOutput(bytes: Uint8Array): void
  /** The call had to wait for its turn, which is now. */
  begun?(): void
  /** All that was written of the request's content was taken. */
  drained(): void
  /** The back end takes no more of the request's content; what it answers counts all the same. */
  inputClosed(): void
  /** Nothing follows. */
  ended(end: CallEnd): void
}

/** Who is told of a call, whatever the wire. */
export interface CallEvents extends CgiEvents {
  /**
   * The head of an answer, by a wire that reads it itself; `output` is the content behind it then. Informational ones
   * are told too (RFC 9110 §15.2), and each of them is followed by another head.
   * @param framing How long the content is; its chunks are taken off already.
   * @param switched For a 101 that was asked for: the call is over.
   */
  answered(head: CgiHead, framing: AnswerFraming, switched?: Switched): void
}

/** A call under way. */
export interface Wire {
  /** Whether it has the content of the request already, so that nothing is to be written. */
  readonly fed: boolean
  /** Whether the call waits for its turn: nobody has begun with it. */
  readonly waiting?: boolean
  /** Who has it, for the log: the pid of a process of ours, else the address; undefined while nobody has. */
  readonly process?: string | number | undefined
  /** Sends a part of the content. False: wait until `drained`. */
  write(bytes: Uint8Array): boolean
  /** The content is complete. @param trailers The fields behind it, for wires that have a place for them. */
  endInput(trailers?: Headers): void
  /** Asks for no more output for now. What is under way still comes. */
  pause(): void
  resume(): void
  /** Nobody waits for the answer any more. Nothing is told after this. @param late Since its time is up. */
  abort(late?: boolean): void
}

/**
 * Opens a call. It tells nothing before it has returned, and never throws: what fails is told by `ended`.
 */
export type Open = (call: Call, events: CallEvents) => Wire

/** What a quick call goes through on its way to its back end. */
export interface QuickThrough {
  /** It was answered. */
  ended(): void
  /** It goes on like any other call. @param wire What it is from now on. */
  adopt(call: Call, events: CallEvents, wire: (events: CallEvents) => Wire): Wire
}

/** A request that is sent in one piece, and whose answer nearly always comes in one: see `QuickCall`. */
export interface Quick {
  through: QuickThrough | undefined
}

/** A back end at one address. */
export interface Upstream {
  readonly open: Open
  /** Sends a request, where that can be done at once. False: it is to be opened like any other. */
  readonly quick?: ((call: Quick) => boolean) | undefined
  /** Nothing more will be opened: connections that are kept are closed, the others after the calls that run. */
  close(): void
}

/** What went wrong behind us, in words for the log: the cause of a 502, 503 or 504. Where in this code tells nobody anything. */
export class GatewayFault extends Error {
  override readonly name: string = 'GatewayFault'

  constructor(message: string) {
    super(message)
    this.stack = message
  }
}

/** The answer to a client whose request met a back end that gave none, or half of one. @param what In words for the log. */
export function badAnswer(what: string): HttpError {
  return new HttpError(502, { code: 'bad-answer', cause: new GatewayFault(what) })
}

/** The answer to a client whose request waited for its turn for as long as one waits for an answer. */
export function noTurn(name: string, milliseconds: number): HttpError {
  const cause = new GatewayFault(`${name}: no turn for a request that waited ${milliseconds} ms`)
  return new HttpError(503, { code: 'gateway.queue', headers: { 'Retry-After': '1' }, cause })
}

/** What a back end said of itself, for messages. */
export function told(said: Readonly<Record<string, unknown>>): string {
  return Object.entries(said)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}
