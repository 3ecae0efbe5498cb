import type { Address, ClientFacts, SocketFacts, TlsFacts } from '../../message/connection.ts'
import { HttpError } from '../../message/errors.ts'
import { textOfBytes } from '../cgi/octets.ts'

interface ToldFacts {
  readonly remote?: readonly [string, number | null]
  readonly local?: readonly [string, number | null]
  readonly secure?: boolean
  readonly client?: ClientFacts
  readonly name?: string
  readonly tls?: {
    readonly protocol: string
    readonly cipher: string
    readonly serverName?: string
    readonly peerCertificate?: string
  }
}

/** The facts of the client's socket, which ended at the caller. */
export class CallFacts implements SocketFacts {
  readonly #text: string
  readonly #given: boolean
  #told: ToldFacts | undefined

  /** @param text As JSON, in bytes. @param secure Whether the client spoke TLS, where that says nothing. */
  constructor(text: string, secure: boolean) {
    this.#text = text
    this.#given = secure
    this.#told = undefined
  }

  get remote(): Address {
    return addressOf(this.#read().remote)
  }

  get local(): Address {
    return addressOf(this.#read().local)
  }

  get secure(): boolean {
    return this.#read().secure ?? this.#given
  }

  /** The client where a trusted proxy stands between. */
  get client(): ClientFacts | undefined {
    return this.#read().client
  }

  get tls(): TlsFacts | undefined {
    const { tls } = this.#read()
    return (
      tls && {
        protocol: tls.protocol,
        cipher: tls.cipher,
        serverName: tls.serverName,
        peerCertificate:
          tls.peerCertificate === undefined ? undefined : new Uint8Array(Buffer.from(tls.peerCertificate, 'base64')),
      }
    )
  }

  get knownName(): string | undefined {
    return this.#read().name
  }

  /** The name that the caller looked up, else the address. */
  remoteName(): Promise<string> {
    return Promise.resolve(this.knownName ?? this.remote.address)
  }

  #read(): ToldFacts {
    this.#told ??= this.#text === '' ? {} : (readJson(this.#text) as ToldFacts)
    return this.#told
  }
}

function addressOf(told: readonly [string, number | null] | undefined): Address {
  return { address: told?.[0] ?? '', port: told?.[1] ?? undefined }
}

/** What a variable says in JSON. @throws HttpError 400 for what is no JSON object. */
export function readJson(text: string): object {
  let value: unknown
  try {
    value = JSON.parse(textOfBytes(text))
  } catch {
    // The error would show what stands there.
  }
  if (typeof value === 'object' && value !== null) return value
  throw new HttpError(400, { code: 'call', detail: 'A variable of the call is no JSON object.' })
}
