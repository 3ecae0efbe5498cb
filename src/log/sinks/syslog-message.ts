import { FACILITIES, SEVERITIES, type SyslogOptions } from './place.ts'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Makes the messages of a log: all that is the same in each of them, once. */
export class SyslogMessages {
  readonly #priority: string
  readonly #host: string
  readonly #tag: string
  readonly #local: boolean
  readonly #size: number

  /** @param host The name of this machine. @param size The most bytes of a message. */
  constructor(options: SyslogOptions, local: boolean, host: string, process: number, size: number) {
    const { facility = 'local0', severity = 'info', name = 'oriel' } = options
    // RFC 5424 §6.2.1.
    this.#priority = `<${FACILITIES.indexOf(facility) * 8 + SEVERITIES.indexOf(severity)}>`
    this.#local = local
    this.#host = printable(host, 255)
    // §6.2.5 to §6.2.7: APP-NAME, PROCID, and no MSGID; then no structured data.
    this.#tag = local ? `${printable(name, 48)}[${process}]:` : `${printable(name, 48)} ${process} - -`
    this.#size = size
  }

  /** The bytes of a message, cut between two characters where it would be too long (RFC 5424 §6.1). */
  of(line: string, time: Date): Buffer {
    const head = this.#local
      ? `${this.#priority}${localTime(time)} ${this.#tag} `
      : `${this.#priority}1 ${time.toISOString()} ${this.#host} ${this.#tag} `
    const bytes = Buffer.from(head + line.replaceAll(/[\0-\x1f\x7f]/g, ' '))
    if (bytes.byteLength <= this.#size) return bytes
    let end = this.#size
    // Not within a character of several bytes.
    while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
    return bytes.subarray(0, end)
  }
}

/** PRINTUSASCII of RFC 5424 §6, or a nil value. */
function printable(text: string, most: number): string {
  return text.replaceAll(/[^\x21-\x7e]/g, '').slice(0, most) || '-'
}

/** RFC 3164 §4.1.2, the time of this machine: what syslog(3) sends, and daemons expect on their Unix socket. */
function localTime(time: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0')
  const day = String(time.getDate()).padStart(2)
  return `${MONTHS[time.getMonth()]} ${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
}
