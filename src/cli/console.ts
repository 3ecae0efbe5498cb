import { styleText } from 'node:util'
import { consoleLine } from '../log/console-line.ts'
import { errorEntryText } from '../log/error-entry.ts'
import type { Sink } from '../log/sink.ts'
import { openSink } from '../log/sinks/open.ts'
import type { Report } from '../message/exchange.ts'
import type { Logger } from '../message/interface.ts'

/** Bytes that may wait for whoever reads standard error. */
const MOST_WAITING = 1024 * 1024

let dropped = 0

/** One line a request on standard output. */
export type ConsoleLog = Logger

export function consoleLog(): ConsoleLog {
  // Opened with the first line: a worker knows by then that its primary writes.
  let sink: Sink | undefined
  const coloured = process.stdout.isTTY === true
  return {
    logRequest(record) {
      const line = consoleLine(record).slice(0, -1)
      sink ??= openSink('stdout', '.')
      sink.write(coloured && record.status >= 400 ? styleText(record.status >= 500 ? 'red' : 'yellow', line) : line)
    },
  }
}

/** Reports from warnings upwards and all of applications, on standard error: what happened, then the facts, then the stack of an error. */
export const consoleReport: Report = (level, event, fields = {}) => {
  if (level === 'debug' || (level === 'info' && fields['application'] === undefined)) return
  const { stderr } = process
  // A pipe whose reader has stopped keeps what it is given, and all of it.
  if (stderr.writableLength > MOST_WAITING) {
    dropped++
    return
  }
  const entry = errorEntryText({ time: Date.now(), level, event, fields })
  const before = dropped === 0 ? '' : `(${dropped} reports were dropped: whoever reads this took none.)\n`
  dropped = 0
  stderr.write(`${before}${entry}\n`)
}
