import type { Address, SocketFacts, TlsFacts } from '../../message/connection.ts'
import type { HostFacts } from './request.ts'

const NOWHERE: Address = { address: '', port: undefined }

/** What a host says of the connection, as a Connection tells it. */
export function socketFacts(facts: HostFacts): SocketFacts {
  return isSocketFacts(facts) ? facts : new FactsOfHost(facts)
}

function isSocketFacts(facts: HostFacts): facts is SocketFacts {
  return typeof (facts as Partial<SocketFacts>).remoteName === 'function' && facts.local !== undefined
}

class FactsOfHost implements SocketFacts {
  readonly secure: boolean
  readonly #facts: HostFacts

  constructor(facts: HostFacts) {
    this.secure = facts.secure
    this.#facts = facts
  }

  get remote(): Address {
    return this.#facts.remote
  }

  get local(): Address {
    return this.#facts.local ?? NOWHERE
  }

  get tls(): TlsFacts | undefined {
    return this.#facts.tls
  }

  /** Hosts look up no names. */
  remoteName(): Promise<string> {
    return Promise.resolve(this.remote.address)
  }
}
