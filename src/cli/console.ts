import { styleText } from 'node:util'
import { BufferedLines } from '../log/buffered.ts'
import { consoleLine } from '../log/console-line.ts'
import type { Report } from '../message/exchange.ts'
import type { Logger } from '../message/interface.ts'

/** One line a request on standard output. */
export interface ConsoleLog extends Logger {
  end(): void
}

export function consoleLog(): ConsoleLog {
  const lines = new BufferedLines(1)
  const coloured = process.stdout.isTTY === true
  return {
    logRequest(record) {
      const line = consoleLine(record)
      lines.add(coloured && record.status >= 400 ? styleText(record.status >= 500 ? 'red' : 'yellow', line) : line)
    },
    end: () => lines.end(),
  }
}

/** Reports from warnings upwards and all of applications, on standard error: what happened, then the facts, then the stack of an error. */
export const consoleReport: Report = (level, event, fields = {}) => {
  if (level === 'debug' || (level === 'info' && fields['application'] === undefined)) return
  const { error, ...facts } = fields
  const told = Object.entries(facts).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? JSON.stringify(value) : String(value)}`,
  )
  const stack =
    error === undefined
      ? ''
      : `\n  ${error instanceof Error ? (error.stack ?? error.message).replaceAll('\n', '\n  ') : String(error)}`
  process.stderr.write(
    `${new Date().toISOString().slice(0, 19).replace('T', ' ')} ${level}: ${[event, ...told].join(' ')}${stack}\n`,
  )
}
