import type { Socket } from 'node:net'
import type { Certificate } from '../io/certificate.ts'
import type { AutomaticTls } from '../io/listener.ts'
import type { Report } from '../message/exchange.ts'
import type { Middleware } from '../message/interface.ts'
import { type ChallengeMessage, Challenges, type ChallengeType } from './challenges.ts'
import { http01 } from './http-01.ts'
import type { AcmeOptions } from './options.ts'
import { peekAlpn } from './tls-alpn-01.ts'

/** The options with everything decided: `folder` and `root` are absolute. */
export interface AutomaticOptions extends AcmeOptions {
  readonly folder: string
  readonly challenge: ChallengeType
}

/** Who serves the certificates. */
export interface Serving {
  /** Gives new handshakes these. */
  renew(certificates: readonly Certificate[]): Promise<void>
  /** Tells other processes that an authority may ask; fulfilled when they know. */
  challenge?(message: ChallengeMessage): Promise<void>
}

/** Automatic certificates as a front door needs them: another process orders them, and tells this one by messages. */
export class ServedCertificates implements AutomaticTls {
  readonly challenges: Challenges = new Challenges()
  certificates: readonly Certificate[] = []

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

  /** Goes on under a config that was loaded again; undefined where that needs another one. */
  takeOver(_options: AutomaticOptions, _report: Report): this | undefined {
    return this
  }

  /** Finds the certificates that are stored: before listening. @throws Error where the folder is no good. */
  async open(): Promise<void> {}

  /** Begins to order and to renew, once the server listens; called again, tells who serves from now on. */
  start(_serving: Serving): void {}

  /** Calls off what is ordered. */
  stop(): void {}
}
