import { readFile } from 'node:fs/promises'
import { rootCertificates } from 'node:tls'
import type { Authorization, Client, Order } from 'acme-client'
import type { ChallengeMessage, ChallengeType } from './challenges.ts'
import type { Clock } from './clock.ts'
import { type Library, loadLibrary, withTransport } from './library.ts'
import { newKey } from './store.ts'

/** Who gives certificates. */
export interface Authority {
  /** A new key with its certificate and chain, as one PEM text. @throws Error with what the authority says. */
  issue(name: string, signal: AbortSignal): Promise<string>
}

export interface AuthorityOptions {
  readonly directory: string
  readonly email: string | undefined
  readonly challenge: ChallengeType
  /** A PEM file with a root to trust beside those of Node. */
  readonly root: string | undefined
  readonly accountKey: () => Promise<string>
  /** Tells the answers to all who may be asked; fulfilled when they know. */
  readonly answer: (message: ChallengeMessage) => void | Promise<void>
  readonly clock: Clock
}

/** Milliseconds between two looks at an order, growing. */
const FIRST_LOOK = 250
const LONGEST_LOOK = 5000

/** An authority that speaks ACME (RFC 8555). */
export class AcmeAuthority implements Authority {
  readonly #options: AuthorityOptions

  constructor(options: AuthorityOptions) {
    this.#options = options
  }

  async issue(name: string, signal: AbortSignal): Promise<string> {
    const { root } = this.#options
    const ca = root === undefined ? undefined : [...rootCertificates, await readFile(root, 'utf8')]
    return withTransport({ ca, signal }, () => this.#order(name, signal))
  }

  async #order(name: string, signal: AbortSignal): Promise<string> {
    const { directory, email, accountKey } = this.#options
    const library = await loadLibrary()
    const client = new library.Client({ directoryUrl: directory, accountKey: await accountKey() })
    // Where the key has an account this only says whom to write to (RFC 8555 §7.3.2), and that may be nobody.
    const contact = email === undefined ? [] : [`mailto:${email}`]
    await client.createAccount({ termsOfServiceAgreed: true, contact })
    const order = await client.createOrder({ identifiers: [{ type: 'dns', value: name }] })
    for (const authorization of await client.getAuthorizations(order)) {
      if (authorization.status !== 'valid') await this.#prove(library, client, order, authorization, signal)
    }
    const key = newKey()
    const [, request] = await library.crypto.createCsr({ altNames: [name] }, key)
    await client.finalizeOrder(order, request)
    const valid = await this.#settled(() => client.getOrder(order), signal)
    if (valid.status !== 'valid') throw new Error(`the order became ${valid.status}${said(valid.error)}`)
    return `${key.trimEnd()}\n${await client.getCertificate(valid)}`
  }

  /** Shows that a name is ours (RFC 8555 §7.5.1). */
  async #prove(
    { crypto }: Library,
    client: Client,
    order: Order,
    authorization: Authorization,
    signal: AbortSignal,
  ): Promise<void> {
    const { challenge: type, answer } = this.#options
    // The types of the library know no TLS-ALPN-01.
    const offered: readonly { readonly type: string }[] = authorization.challenges
    const challenge = authorization.challenges[offered.findIndex((one) => one.type === type)]
    if (challenge === undefined) {
      throw new Error(`the authority offers no ${type}, only ${offered.map((one) => one.type).join(', ')}`)
    }
    const name = authorization.identifier.value
    const proof = await client.getChallengeKeyAuthorization(challenge)
    const question = type === 'http-01' ? { type, token: challenge.token } : { type, name }
    try {
      if (question.type === 'http-01') await answer({ ...question, answer: proof })
      else {
        const [key, cert] = await crypto.createAlpnCertificate(authorization, proof, newKey())
        await answer({ ...question, answer: { cert: cert.toString(), key: key.toString() } })
      }
      await client.completeChallenge(challenge)
      const looked = await this.#settled(async () => {
        const [now] = await client.getAuthorizations({ ...order, authorizations: [authorization.url] })
        return now ?? authorization
      }, signal)
      if (looked.status === 'valid') return
      const refused = looked.challenges.find(({ url }) => url === challenge.url)
      throw new Error(`the authority could not see that the name is ours by ${type}${said(refused?.error)}`)
    } finally {
      await answer(question)
    }
  }

  /** Looks until the authority has made up its mind. */
  async #settled<T extends { readonly status: string }>(look: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let pause = FIRST_LOOK; ; pause = Math.min(pause * 2, LONGEST_LOOK)) {
      signal.throwIfAborted()
      const seen = await look()
      if (seen.status !== 'pending' && seen.status !== 'processing') return seen
      await this.#options.clock.wait(pause, signal)
    }
  }
}

/** The problem document of an authority (RFC 8555 §6.7), as the end of a sentence. */
function said(problem: object | undefined): string {
  const { detail, type } = (problem ?? {}) as { readonly detail?: unknown; readonly type?: unknown }
  return [detail, type].filter((text) => typeof text === 'string').reduce((text, part) => `${text}: ${part}`, '')
}
