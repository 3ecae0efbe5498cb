import type { Socket } from 'node:net'
import type { Certificate } from '../io/certificate.ts'
import type { AutomaticTls } from '../io/listener.ts'
import type { Report } from '../message/exchange.ts'
import type { Middleware } from '../message/interface.ts'
import { AcmeAuthority } from './authority.ts'
import { Challenges, type ChallengeType } from './challenges.ts'
import { type Clock, systemClock } from './clock.ts'
import { http01 } from './http-01.ts'
import { Manager } from './manager.ts'
import { type AcmeOptions, DEFAULT_DIRECTORY } from './options.ts'
import { Store } from './store.ts'
import { peekAlpn } from './tls-alpn-01.ts'

/** The options with everything decided: `folder` and `root` are absolute. */
export interface AutomaticOptions extends AcmeOptions {
  readonly folder: string
  readonly challenge: ChallengeType
}

/** Who serves the certificates. */
export interface Serving {
  readonly listeners: readonly { renew(certificates: readonly Certificate[]): Promise<void> }[]
}

/** Certificates that an authority gives, for the process that both orders and serves them. */
export class AutomaticCertificates implements AutomaticTls {
  readonly challenges: Challenges = new Challenges()
  certificates: readonly Certificate[] = []
  readonly #key: string
  readonly #manager: Manager
  #report: Report
  #serving: Serving | undefined
  #opened: Promise<void> | undefined

  constructor(options: AutomaticOptions, report: Report, clock: Clock = systemClock) {
    const { directory = DEFAULT_DIRECTORY, email, challenge, root, names } = options
    const store = new Store(options.folder, directory)
    const authority = new AcmeAuthority({
      ...{ directory, email, challenge, root, clock },
      accountKey: () => store.accountKey(),
      answer: (message) => this.challenges.apply(message),
    })
    this.#key = JSON.stringify(options)
    this.#report = report
    this.#manager = new Manager({
      ...{ names, store, authority, clock },
      report: (level, event, fields) => this.#report(level, event, fields),
      renewed: (certificates) => this.#renewed(certificates),
    })
  }

  /** Goes on under a config that was loaded again, where that says the same; undefined where it does not. */
  takeOver(options: AutomaticOptions, report: Report): this | undefined {
    if (JSON.stringify(options) !== this.#key) return undefined
    this.#report = report
    return this
  }

  /** Answers HTTP-01: to be folded round a whole site, outermost. */
  get middleware(): Middleware {
    return http01(this.challenges)
  }

  get pending(): boolean {
    return this.challenges.alpnPending
  }

  peek(socket: Socket, handshake: () => void, milliseconds: number): void {
    peekAlpn(this.challenges, socket, handshake, milliseconds)
  }

  /** Finds the certificates that are stored: before listening. @throws the system's error where the folder is no good. */
  open(): Promise<void> {
    this.#opened ??= this.#manager.open().then((certificates) => {
      this.certificates = certificates
    })
    return this.#opened
  }

  /** Orders and renews, until it is stopped: once the server listens. */
  start(serving: Serving): void {
    const running = this.#serving !== undefined
    this.#serving = serving
    if (!running) void this.#manager.run()
  }

  stop(): void {
    this.#manager.stop()
  }

  async #renewed(certificates: readonly Certificate[]): Promise<void> {
    this.certificates = certificates
    await Promise.all((this.#serving?.listeners ?? []).map((listener) => listener.renew(certificates)))
  }
}
