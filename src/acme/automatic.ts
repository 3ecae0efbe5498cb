import type { Socket } from 'node:net'
import type { AutomaticTls } from '../io/listener.ts'
import type { CertificateFiles } from '../io/tls.ts'
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

/** Certificates that an authority gives, for the process that both orders and serves them. */
export class AutomaticCertificates implements AutomaticTls {
  readonly challenges: Challenges = new Challenges()
  certificates: readonly CertificateFiles[] = []
  readonly #store: Store
  readonly #manager: Manager
  #renewed: (certificates: readonly CertificateFiles[]) => void = () => undefined

  constructor(options: AutomaticOptions, report: Report, clock: Clock = systemClock) {
    const { directory = DEFAULT_DIRECTORY, email, challenge, root, names } = options
    const store = new Store(options.folder, directory)
    const authority = new AcmeAuthority({
      ...{ directory, email, challenge, root, clock },
      accountKey: () => store.accountKey(),
      answer: (message) => this.challenges.apply(message),
    })
    this.#store = store
    this.#manager = new Manager({
      ...{ names, store, authority, clock, report },
      renewed: (served) => {
        this.certificates = this.#filesOf(served)
        this.#renewed(this.certificates)
      },
    })
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
  async open(): Promise<void> {
    this.certificates = this.#filesOf(await this.#manager.open())
  }

  /** Orders and renews, until it is stopped: once the server listens. @param renewed Told of the certificates to serve. */
  start(renewed: (certificates: readonly CertificateFiles[]) => void): void {
    this.#renewed = renewed
    void this.#manager.run()
  }

  stop(): void {
    this.#manager.stop()
  }

  #filesOf(names: readonly string[]): CertificateFiles[] {
    return names.map((name) => ({ cert: this.#store.path(name), key: this.#store.path(name), names: [name] }))
  }
}
