import { type Notifier, notifier } from '../io/notify.ts'
import { watchdogInterval } from '../io/systemd.ts'

/** What the service manager wants to hear, if there is one. */
export interface ServiceManager {
  readonly notify: Notifier['notify']
  /** How often it wants to hear that all is well, in milliseconds; undefined for never. */
  readonly watchdog: number | undefined
  /** What a successor needs in its environment to go on with it. */
  readonly environment: Readonly<Record<string, string>>
}

/** The service manager that started this process. @throws Error for variables that make no sense. */
export function serviceManager(failed: (sentence: string) => void): ServiceManager {
  const watchdog = watchdogInterval()
  const { notify, socket } = notifier(failed)
  return {
    notify,
    watchdog,
    environment: {
      ...(socket !== undefined && { NOTIFY_SOCKET: socket }),
      ...(watchdog !== undefined && { WATCHDOG_USEC: String(watchdog * 2000) }),
    },
  }
}
