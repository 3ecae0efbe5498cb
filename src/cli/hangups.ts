import { closeSync, openSync } from 'node:fs'

/** What is known of SIGHUP before there is anything to reload. */
export interface Hangups {
  readonly hadTerminal: boolean
  readonly seen: boolean
}

/** A SIGHUP that came while the server starts would end it: it is noted, and heeded when all runs. */
export function noteHangups(): Hangups {
  const hangups = { hadTerminal: hasTerminal(), seen: false }
  process.on('SIGHUP', () => {
    hangups.seen = true
  })
  return hangups
}

/** Whether this process has a terminal still: SIGHUP may say that it was closed. */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}
