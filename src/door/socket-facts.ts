import { reverse } from 'node:dns/promises'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { plainAddress } from '../io/addresses.ts'
import type { Address, SocketFacts, TlsFacts } from '../message/connection.ts'

/** What is known of a socket. The remote address is taken at once, for a closed socket has none; the rest when asked. */
export class FactsOfSocket implements SocketFacts {
  readonly remote: Address
  readonly secure: boolean
  readonly #socket: Socket
  #local: Address | undefined = undefined
  #tls: TlsFacts | undefined = undefined
  #name: Promise<string> | undefined = undefined

  constructor(socket: Socket) {
    this.#socket = socket
    this.secure = socket instanceof TLSSocket
    this.remote = { address: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort }
  }

  get local(): Address {
    this.#local ??= { address: plainAddress(this.#socket.localAddress ?? ''), port: this.#socket.localPort }
    return this.#local
  }

  get tls(): TlsFacts | undefined {
    if (this.#tls === undefined && this.#socket instanceof TLSSocket) this.#tls = tlsFacts(this.#socket)
    return this.#tls
  }

  remoteName(): Promise<string> {
    const { address } = this.remote
    this.#name ??= reverse(address).then(
      ([name]) => name ?? address,
      () => address,
    )
    return this.#name
  }
}

function tlsFacts(socket: TLSSocket): TlsFacts {
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined
  return {
    protocol: socket.getProtocol() ?? '',
    cipher: socket.getCipher().standardName,
    serverName: typeof socket.servername === 'string' ? socket.servername : undefined,
    peerCertificate: certificate?.raw,
  }
}
