import type { Headers } from '../../message/headers.ts'

/** What an answer is sent by. */
export interface AnswerSender {
  /** Bytes that were sent. */
  readonly bytes: number
  /** Sends text, one character a byte, if all of it may be sent now, and returns whether it was. */
  text(text: string): boolean
  /** Sends bytes, as fast as the web server takes them. Fulfilled when they are the caller's again, or all is over. */
  content(bytes: Uint8Array): Promise<void>
}

/** What carries a request of a web server, and its answer. */
export interface Carrier {
  readonly sender: AnswerSender
  /** Bytes of content that came. */
  readonly bytesIn: number
  /** Takes the fields behind the content of an answer, where there is a place for them; just before its end. */
  sendTrailers?(fields: Headers): void
  /** The answer is whole. */
  complete(): void
  /** It is not and will not be, which the web server must be able to see. */
  breakOff(): void
  /** The resource has done with the request. */
  over(): void
}
