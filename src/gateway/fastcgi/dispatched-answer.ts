/** How an application ended a request (fcgi.isl: `endRequest`). */
export interface RequestEnd {
  readonly appStatus: number
  readonly protocolStatus: number
}

/** The answer to a request, as it comes. */
export interface DispatchedAnswer {
  /** What the application writes: a CGI head and content. Throws what `end` is rejected with, where it breaks off. */
  readonly stdout: AsyncIterable<Uint8Array>
  /** What it writes to its error output: the first 64 KiB, when the request has ended. */
  readonly stderr: Promise<string>
  /** Rejected with an Error where the application did not end the request as it should. */
  readonly end: Promise<RequestEnd>
  /** Asks the application to give up. `stdout` and `end` fail. */
  abort(): void
}
