/** A certificate with its key, as PEM texts. */
export interface ChallengeCertificate {
  readonly cert: string
  readonly key: string
}

/**
 * What changes among the answers to challenges: plain JSON, so that the process that orders certificates can tell those
 * that meet the authority. Without an answer the challenge is over.
 */
export type ChallengeMessage =
  | { readonly type: 'http-01'; readonly token: string; readonly answer?: string }
  | { readonly type: 'tls-alpn-01'; readonly name: string; readonly answer?: ChallengeCertificate }

/** How an authority is shown that a name is ours (RFC 8555 §8.3, RFC 8737 §3). */
export type ChallengeType = ChallengeMessage['type']

/** The answers to the challenges that are pending now. */
export class Challenges {
  readonly #http = new Map<string, string>()
  readonly #alpn = new Map<string, ChallengeCertificate>()

  /** Whether a connection may be that of an authority which looks for a certificate (TLS-ALPN-01). */
  get alpnPending(): boolean {
    return this.#alpn.size > 0
  }

  get httpPending(): boolean {
    return this.#http.size > 0
  }

  /** The key authorization for a token, while its challenge is pending. */
  http(token: string): string | undefined {
    return this.#http.get(token)
  }

  /** The certificate that proves a name, while its challenge is pending. @param name In lower case. */
  alpn(name: string): ChallengeCertificate | undefined {
    return this.#alpn.get(name)
  }

  /** What tells another process all that is pending. */
  list(): ChallengeMessage[] {
    const http = [...this.#http].map(([token, answer]) => ({ type: 'http-01', token, answer }) as const)
    return [...http, ...[...this.#alpn].map(([name, answer]) => ({ type: 'tls-alpn-01', name, answer }) as const)]
  }

  apply(message: ChallengeMessage): void {
    if (message.type === 'http-01') put(this.#http, message.token, message.answer)
    else put(this.#alpn, message.name, message.answer)
  }
}

function put<T>(answers: Map<string, T>, key: string, answer: T | undefined): void {
  if (answer === undefined) answers.delete(key)
  else answers.set(key, answer)
}
