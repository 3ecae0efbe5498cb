import { type Notifier, notifier, READY, reloading, STOPPING, WATCHDOG } from '../io/notify.ts'
import { type InheritedSocket, inheritedSockets, watchdogInterval } from '../io/systemd.ts'
import type { Report } from '../message/exchange.ts'

/** The service manager that started this process, where one did: what it gave us, and what it hears of our life. */
export class Manager {
  /** Sockets that it has opened for us. */
  readonly sockets: readonly InheritedSocket[]
  readonly #notifier: Notifier
  readonly #interval: number | undefined
  #watchdog: NodeJS.Timeout | undefined

  /**
   * Takes its variables out of the environment: they are for this process, and not for those that it starts.
   * @throws Error for variables that make no sense.
   */
  constructor(report: Report) {
    this.sockets = inheritedSockets()
    this.#interval = watchdogInterval()
    this.#notifier = notifier((sentence) => report('warn', sentence))
  }

  /** The variables for a process that shall be in our place. */
  get environment(): Record<string, string> {
    const { socket } = this.#notifier
    if (socket === undefined) return {}
    const usec = this.#interval === undefined ? {} : { WATCHDOG_USEC: String(this.#interval * 2000) }
    return { NOTIFY_SOCKET: socket, ...usec }
  }

  /** This process serves: the first time, after a reload, or in the place of another. */
  ready(status: string): Promise<void> {
    if (this.#interval !== undefined && this.#watchdog === undefined) {
      // A process whose loop stands still misses it, and is replaced.
      this.#watchdog = setInterval(() => void this.#notifier.notify(WATCHDOG), this.#interval).unref()
    }
    return this.#notifier.notify({ ...READY, MAINPID: process.pid, STATUS: status })
  }

  reloading(): Promise<void> {
    return this.#notifier.notify(reloading())
  }

  /** Not where a successor goes on: the service would count as stopping. */
  stopping(): Promise<void> {
    return this.#notifier.notify(STOPPING)
  }

  /** Another process is in our place, and speaks for the service. */
  leave(): void {
    clearInterval(this.#watchdog)
  }
}
