/** Bytes that are no HTTP, or more of them than allowed: the status to answer with before the connection is closed. */
export class ProtocolError extends Error {
  override readonly name: string = 'ProtocolError'
  readonly status: number
  /** A stable word for the log. */
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}
