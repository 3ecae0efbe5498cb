/** A listening socket that the service manager opened for us. */
export interface InheritedSocket {
  readonly fd: number
  /** What the unit calls it (FileDescriptorName=), by default the name of the socket unit; else `unknown`. */
  readonly name: string
}

type Environment = Record<string, string | undefined>

/** sd_listen_fds(3): the first descriptor after standard input, output and error. */
const FIRST_FD = 3
/** More than any unit passes; a number that is mistyped must not have us look at millions of descriptors. */
const MOST_FDS = 1024

/**
 * The sockets that systemd hands over (socket activation, sd_listen_fds(3)), from descriptor 3 on; none where nothing
 * was handed to this process. The variables are removed: they are not meant for the programs that we start.
 * @throws Error for variables that make no sense.
 */
export function inheritedSockets(env: Environment = process.env, pid: number = process.pid): InheritedSocket[] {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = env
  for (const name of ['LISTEN_PID', 'LISTEN_PIDFDID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name]
  // Those of another process were inherited by mistake, and its descriptors are not here.
  if (LISTEN_PID === undefined || wholeNumber('LISTEN_PID', LISTEN_PID, 2 ** 31) !== pid) return []
  const count = wholeNumber('LISTEN_FDS', LISTEN_FDS ?? '0', MOST_FDS)
  const names = LISTEN_FDNAMES?.split(':')
  if (names !== undefined && names.length !== count) {
    throw new Error(
      `LISTEN_FDNAMES names ${names.length} ${names.length === 1 ? 'socket' : 'sockets'}, LISTEN_FDS says ${count}`,
    )
  }
  return Array.from({ length: count }, (_, i) => ({ fd: FIRST_FD + i, name: names?.[i] ?? 'unknown' }))
}

/**
 * How often the service manager wants to hear that this process is well (WatchdogSec=, sd_watchdog_enabled(3)), in
 * milliseconds: half of the time after which it would end us. Undefined where it does not ask, or asks another process.
 * The variables are removed. @throws Error for variables that make no sense.
 */
export function watchdogInterval(env: Environment = process.env, pid: number = process.pid): number | undefined {
  const { WATCHDOG_USEC, WATCHDOG_PID } = env
  delete env['WATCHDOG_USEC']
  delete env['WATCHDOG_PID']
  if (WATCHDOG_USEC === undefined) return undefined
  const microseconds = wholeNumber('WATCHDOG_USEC', WATCHDOG_USEC, Number.MAX_SAFE_INTEGER)
  if (WATCHDOG_PID !== undefined && wholeNumber('WATCHDOG_PID', WATCHDOG_PID, 2 ** 31) !== pid) return undefined
  // A timer of Node's takes no longer time than this, and would be due at once.
  return microseconds === 0 ? undefined : Math.min(2 ** 31 - 1, Math.max(1, Math.floor(microseconds / 2000)))
}

function wholeNumber(name: string, text: string, most: number): number {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (number <= most) return number
  throw new Error(`the environment says ${name}=${JSON.stringify(text)}: expected a whole number up to ${most}`)
}
