import type { Connection } from '../message/connection.ts'
import { HttpError } from '../message/errors.ts'
import type { Request } from '../message/request.ts'

/** A request on its way to a back end, whatever the wire. */
export interface Call {
  readonly request: Request
  readonly connection: Connection
  /** Name, value, name, value; byte strings. */
  readonly variables: readonly string[]
  readonly content: Content | undefined
  /** What a Filter gets beside the content: a file of the server. */
  readonly data: Data | undefined
  /** The back ends that this request was tried on already; kept by whoever chooses one. */
  tried: Set<unknown> | undefined
}

/** The content of a request, of a size that is known. One of the three is there. */
export interface Content {
  /** In bytes. */
  readonly size: number
  readonly bytes?: Uint8Array
  /** A file without a name that holds it, from its first byte. */
  readonly file?: number
  /** What it is read from while it arrives: once. */
  readonly source?: AsyncIterable<Uint8Array>
  /** Nobody needs it any more. */
  close(): void
}

/** A file for a Filter. */
export interface Data extends Content {
  /** When it was changed last, in milliseconds since 1970. */
  readonly modified: number
}

/** How a call ended. */
export interface CallEnd {
  /** What the client is told where the answer is not complete. Undefined: the back end said that it is. */
  readonly error?: HttpError
  /** Whether the back end has not begun with the request: it may be called once more, there or elsewhere. */
  readonly again?: boolean
  /** What the back end said of itself, for the log: `exitCode`, `signal`, `appStatus`. */
  readonly said?: Readonly<Record<string, unknown>>
}

/** Who is told of a call. Bytes are there during the call of the function only. */
export interface CallEvents {
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

/** A call under way. */
export interface Wire {
  /** Whether it has the content of the request already, so that nothing is to be written. */
  readonly fed: boolean
  /** Whether the call waits for its turn: nobody has begun with it. */
  readonly waiting?: boolean
  /** Sends a part of the content. False: wait until `drained`. */
  write(bytes: Uint8Array): boolean
  /** The content is complete. */
  endInput(): void
  /** Asks for no more output for now. What is under way still comes. */
  pause(): void
  resume(): void
  /** Nobody waits for the answer any more. Nothing is told after this. */
  abort(): void
}

/**
 * Opens a call. It tells nothing before it has returned, and never throws: what fails is told by `ended`.
 */
export type Open = (call: Call, events: CallEvents) => Wire

/** What went wrong behind us, in words for the log: the cause of a 502, 503 or 504. */
export class GatewayFault extends Error {
  override readonly name: string = 'GatewayFault'
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
