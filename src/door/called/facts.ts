import type { Address, SocketFacts, TlsFacts } from '../../message/connection.ts'

/** What the web server tells of the connection that the client has with it. Looked up when it is asked for. */
export class ToldFacts implements SocketFacts {
  readonly secure: boolean
  readonly #variables: readonly string[]

  constructor(variables: readonly string[], secure: boolean) {
    this.secure = secure
    this.#variables = variables
  }

  get remote(): Address {
    return this.#address('REMOTE_ADDR', 'REMOTE_PORT')
  }

  get local(): Address {
    return this.#address('SERVER_ADDR', 'SERVER_PORT')
  }

  /** By the names of Apache's mod_ssl, which others have taken over. */
  get tls(): TlsFacts | undefined {
    const protocol = variableOf(this.#variables, 'SSL_PROTOCOL')
    if (!this.secure || protocol === undefined) return undefined
    return {
      protocol,
      cipher: variableOf(this.#variables, 'SSL_CIPHER') ?? '',
      serverName: variableOf(this.#variables, 'SSL_TLS_SNI'),
      peerCertificate: undefined,
    }
  }

  /** The name that the web server looked up, else the address. */
  remoteName(): Promise<string> {
    return Promise.resolve(this.knownName ?? this.remote.address)
  }

  /** REMOTE_HOST (RFC 3875 §4.1.9). */
  get knownName(): string | undefined {
    return variableOf(this.#variables, 'REMOTE_HOST') || undefined
  }

  #address(address: string, port: string): Address {
    const told = variableOf(this.#variables, port) ?? ''
    const name = variableOf(this.#variables, address) ?? ''
    return { address: name === 'unix:' ? '' : name, port: /^\d{1,5}$/.test(told) ? Number(told) : undefined }
  }
}

/** The value of a variable; undefined where it is not there. */
export function variableOf(variables: readonly string[], name: string): string | undefined {
  for (let i = 0; i < variables.length; i += 2) if (variables[i] === name) return variables[i + 1]
  return undefined
}
