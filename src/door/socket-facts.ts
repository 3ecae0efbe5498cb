import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { peerAddress, plainAddress } from '../io/addresses.ts'
import type { Address, SocketFacts, TlsFacts } from '../message/connection.ts'

/**
 * What is known of a socket, looked up when it is asked for. The remote address was asked for when the socket was
 * accepted; Node then keeps it, also for when the socket is closed.
 */
export class FactsOfSocket implements SocketFacts {
  readonly secure: boolean
  readonly #socket: Socket
  #remote: Address | undefined = undefined
  #local: Address | undefined = undefined
  #tls: TlsFacts | undefined = undefined
  #name: Promise<string> | undefined = undefined
  #knownName: string | undefined = undefined

  /** @param secure Whether TLS is spoken on it, where the socket is one that does not tell. */
  constructor(socket: Socket, secure: boolean = 'encrypted' in socket) {
    this.#socket = socket
    this.secure = secure
  }

  get remote(): Address {
    this.#remote ??= { address: peerAddress(this.#socket), port: this.#socket.remotePort }
    return this.#remote
  }

  get local(): Address {
    this.#local ??= { address: plainAddress(this.#socket.localAddress ?? ''), port: this.#socket.localPort }
    return this.#local
  }

  get tls(): TlsFacts | undefined {
    if (this.#tls === undefined && this.secure) this.#tls = tlsFacts(this.#socket as TLSSocket)
    return this.#tls
  }

  remoteName(): Promise<string> {
    const { address } = this.remote
    this.#name ??= nameOf(address).then((name) => {
      this.#knownName = name
      return name
    })
    return this.#name
  }

  get knownName(): string | undefined {
    return this.#knownName
  }
}

async function nameOf(address: string): Promise<string> {
  try {
    const { reverse } = await import('node:dns/promises')
    return (await reverse(address))[0] ?? address
  } catch {
    return address
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
