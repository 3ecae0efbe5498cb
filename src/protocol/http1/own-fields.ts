/**
 * The fields that a front door adds to answers: Date (RFC 9110 §6.6.1), and Server (§10.2.4) where it is to be told. Made once a
 * second for all answers.
 */
export class OwnFields {
  /** The value of Date. */
  readonly date: string
  /** The value of Server; empty where there is none. */
  readonly server: string
  /** Both as lines of HTTP/1, each with its CRLF. */
  readonly text: string

  constructor(date: string, server: string) {
    this.date = date
    this.server = server
    this.text = this.beside(false, false)
  }

  /** The lines beside what the resource has said itself. */
  beside(hasDate: boolean, hasServer: boolean): string {
    const date = hasDate ? '' : `Date: ${this.date}\r\n`
    return hasServer || this.server === '' ? date : `${date}Server: ${this.server}\r\n`
  }
}
