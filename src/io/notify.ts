/** What a service tells its manager: assignments of sd_notify(3), such as `{ READY: 1, STATUS: 'Serving.' }`. */
export type ServiceState = Readonly<Record<string, string | number>>

export interface Notifier {
  /** Where the word goes; undefined where no service manager listens, and nothing is done. */
  readonly socket: string | undefined
  /** Tells a state, after those told before. Fulfilled when it was received, or could not be sent. Never rejected. */
  notify(state: ServiceState): Promise<void>
}

export const READY: ServiceState = { READY: 1 }
export const STOPPING: ServiceState = { STOPPING: 1 }
export const WATCHDOG: ServiceState = { WATCHDOG: 1 }

/** A reload begins; `READY` tells its end. The time is what Type=notify-reload asks for, of CLOCK_MONOTONIC. */
export function reloading(): ServiceState {
  return { RELOADING: 1, MONOTONIC_USEC: String(process.hrtime.bigint() / 1000n) }
}

/** A way to fail is told once: a watchdog would tell it every few seconds. */
export type FailedToTell = (sentence: string) => void

const PROGRAM = 'systemd-notify'
const ABSENT =
  `${PROGRAM} is not installed, and the service manager waits for its word: install it (package systemd), ` +
  'or use Type=exec and no WatchdogSec= in the unit.'
/** As long as the program itself waits for the manager to have read its message, and a little. */
const PATIENCE = 7_000

/**
 * The way to a service manager (sd_notify(3)), by the variable NOTIFY_SOCKET, which is removed: it is not meant for the
 * programs that we start. Node cannot send datagrams to Unix sockets, so the `systemd-notify` program does; its word
 * counts as ours where the unit says NotifyAccess=all.
 */
export function notifier(failed: FailedToTell, env: Record<string, string | undefined> = process.env): Notifier {
  const { NOTIFY_SOCKET: socket, PATH } = env
  delete env['NOTIFY_SOCKET']
  if (socket === undefined || socket === '') return { socket: undefined, notify: () => Promise.resolve() }
  const told = new Set<string>()
  let last = Promise.resolve()
  return {
    socket,
    notify(state) {
      const assignments = Object.entries(state).map(([name, value]) => `${name}=${oneLine(String(value))}`)
      last = last.then(async () => {
        const why = await send(assignments, { NOTIFY_SOCKET: socket, PATH })
        if (why === undefined || told.has(why)) return
        told.add(why)
        failed(why)
      })
      return last
    },
  }
}

/** A line break would begin another assignment. */
function oneLine(value: string): string {
  return value.replaceAll(/[\r\n\0]+/g, ' ')
}

/** What went wrong, or undefined. */
async function send(assignments: readonly string[], env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { spawn } = await import('node:child_process')
  return new Promise((resolve) => {
    const child = spawn(PROGRAM, ['--', ...assignments], { env, stdio: ['ignore', 'ignore', 'pipe'] })
    const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE)
    let said = ''
    // Where no descriptor is left there is no stream, whatever the type says; the error comes all the same.
    const stderr: typeof child.stderr | undefined = child.stderr
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(0, 500)
    })
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(late)
      resolve(error.code === 'ENOENT' ? ABSENT : `${PROGRAM} cannot be run: ${error.message}`)
    })
    child.on('close', (code, signal) => {
      clearTimeout(late)
      const reason = oneLine(said).trim() || 'it gives no reason'
      resolve(code === 0 ? undefined : `${PROGRAM} failed (${signal ?? code}): ${reason}`)
    })
  })
}
