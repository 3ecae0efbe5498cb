import { type FSWatcher, watch } from 'node:fs'
import { connect } from 'node:net'
import { basename, dirname } from 'node:path'

/** Milliseconds between two attempts: at first, and at last. */
const FIRST_DELAY = 5
const LAST_DELAY = 250

/** What connecting fails with because of who connects: it has no descriptor, or the system no memory for it. */
const OUR_OWN = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'])

/** Whether somebody takes connections there; one whose queue is full does. Undefined where nobody can tell at present. */
export function takesConnections(path: string): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', ({ code = '' }: NodeJS.ErrnoException) =>
      resolve(OUR_OWN.has(code) ? undefined : code === 'EAGAIN'),
    )
  })
}

/** Looks for a socket that takes connections, at once when one appears. */
export class Readiness {
  readonly #path: string
  readonly #ready: () => void
  #delay = FIRST_DELAY
  #timer: NodeJS.Timeout | undefined
  #watcher: FSWatcher | undefined
  #looking = false
  #over = false

  /** @param ready Called once, unless it is stopped before. */
  constructor(path: string, ready: () => void) {
    this.#path = path
    this.#ready = ready
    this.#watch()
    this.#timer = setTimeout(() => this.#look(), FIRST_DELAY)
  }

  stop(): void {
    this.#over = true
    clearTimeout(this.#timer)
    this.#watcher?.close()
  }

  /** It only saves time: where the system can watch no more, the delays do. */
  #watch(): void {
    try {
      this.#watcher = watch(dirname(this.#path), (_, name) => {
        if (name !== basename(this.#path)) return
        this.#delay = FIRST_DELAY
        this.#look()
      })
      this.#watcher.on('error', () => this.#watcher?.close())
    } catch {
      this.#watcher = undefined
    }
  }

  #look(): void {
    if (this.#looking || this.#over) return
    this.#looking = true
    clearTimeout(this.#timer)
    void takesConnections(this.#path).then((takes) => {
      this.#looking = false
      if (this.#over) return
      if (takes === true) {
        this.stop()
        return this.#ready()
      }
      this.#timer = setTimeout(() => this.#look(), this.#delay)
      this.#delay = Math.min(LAST_DELAY, 1.5 * this.#delay)
    })
  }
}
