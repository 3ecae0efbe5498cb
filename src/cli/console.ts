import { styleText } from 'node:util'
import { consoleLine } from '../log/console-line.ts'
import { errorEntryText } from '../log/error-entry.ts'
import type { Sink } from '../log/sink.ts'
import { openSink } from '../log/sinks/open.ts'
import type { Report } from '../message/exchange.ts'
import type { Logger } from '../message/interface.ts'

/** One line a request on standard output. */
export type ConsoleLog = Logger

export function consoleLog(): ConsoleLog {
  // Opened with the first line: a worker knows by then that its primary writes.
  let sink: Sink | undefined
  const coloured = process.stdout.isTTY === true
  return {
    logRequest(record) {
      const line = consoleLine(record).slice(0, -1)
      sink ??= openSink('stdout', '.', consoleReport)
      sink.write(coloured && record.status >= 400 ? styleText(record.status >= 500 ? 'red' : 'yellow', line) : line)
    },
  }
}

/** Reports from warnings upwards and all of applications, on standard error: what happened, then the facts, then the stack of an error. */
export const consoleReport: Report = (level, event, fields = {}) => {
  if (level === 'debug' || (level === 'info' && fields['application'] === undefined)) return
  process.stderr.write(`${errorEntryText({ time: Date.now(), level, event, fields })}\n`)
}
