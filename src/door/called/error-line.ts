import { Exchange, type Level, type Report } from '../../message/exchange.ts'

/** A way to the error log of the web server. */
export interface ErrorLine {
  stderr(text: string): void
}

/** What happened to a request, told the error log of the web server as well as our own. */
export class ReportedExchange extends Exchange {
  readonly #line: ErrorLine

  constructor(report: Report | undefined, line: ErrorLine, id: string | undefined) {
    super(report, id)
    this.#line = line
  }

  override report(level: Level, event: string, fields?: Readonly<Record<string, unknown>>): void {
    super.report(level, event, fields)
    if (level !== 'debug') this.#line.stderr(errorLine(level, event, fields))
  }
}

/** One line; what a client chose stands in quotes, so that it can forge no other. */
export function errorLine(level: Level, event: string, fields: Readonly<Record<string, unknown>> = {}): string {
  let line = `${level}: ${event}`
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) line += ` ${name}=${shown(value)}`
  return line
}

/** Of an error, what it says and where it was thrown. */
function shown(value: unknown): string {
  if (value instanceof Error) {
    const [said = '', where = ''] = (value.stack ?? String(value)).split('\n    at ')
    return JSON.stringify(where === '' ? said : `${said} at ${where.split('\n')[0]}`)
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return JSON.stringify(String(value))
  }
}
