import type { Certificate } from '../io/certificate.ts'
import type { Report } from '../message/exchange.ts'
import { AcmeAuthority } from './authority.ts'
import type { ChallengeMessage } from './challenges.ts'
import { type Clock, systemClock } from './clock.ts'
import { Manager } from './manager.ts'
import { DEFAULT_DIRECTORY } from './options.ts'
import { type AutomaticOptions, ServedCertificates, type Serving } from './served.ts'
import { Store } from './store.ts'

/** Certificates that are ordered from an authority: for the one process that does so. */
export class AutomaticCertificates extends ServedCertificates {
  readonly #key: string
  readonly #manager: Manager
  #report: Report
  #serving: Serving | undefined
  #opened: Promise<void> | undefined

  constructor(options: AutomaticOptions, report: Report, clock: Clock = systemClock) {
    super()
    const { directory = DEFAULT_DIRECTORY, email, challenge, root, names } = options
    const store = new Store(options.folder, directory)
    const authority = new AcmeAuthority({
      ...{ directory, email, challenge, root, clock },
      accountKey: () => store.accountKey(),
      answer: (message) => this.#answer(message),
    })
    this.#key = JSON.stringify(options)
    this.#report = report
    this.#manager = new Manager({
      ...{ names, store, authority, clock },
      report: (level, event, fields) => this.#report(level, event, fields),
      renewed: (certificates) => this.#renewed(certificates),
    })
  }

  override takeOver(options: AutomaticOptions, report: Report): this | undefined {
    if (JSON.stringify(options) !== this.#key) return undefined
    this.#report = report
    return this
  }

  override open(): Promise<void> {
    this.#opened ??= this.#open()
    return this.#opened
  }

  override start(serving: Serving): void {
    const running = this.#serving !== undefined
    this.#serving = serving
    if (!running) void this.#manager.run()
  }

  override stop(): void {
    this.#manager.stop()
  }

  async #open(): Promise<void> {
    try {
      this.certificates = await this.#manager.open()
    } catch (cause) {
      this.#opened = undefined
      throw new Error(`acme.folder cannot be used: ${(cause as Error).message}`, { cause })
    }
  }

  async #answer(message: ChallengeMessage): Promise<void> {
    this.challenges.apply(message)
    await this.#serving?.challenge?.(message)
  }

  async #renewed(certificates: readonly Certificate[]): Promise<void> {
    this.certificates = certificates
    await this.#serving?.renew(certificates)
  }
}
