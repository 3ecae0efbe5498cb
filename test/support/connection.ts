import { Connection, type SocketFacts } from '../../src/message/connection.ts'
import { Exchange } from '../../src/message/exchange.ts'

/** A socket that there is not, of addresses kept for examples. */
export const FACTS: SocketFacts = {
  remote: { address: '192.0.2.1', port: 4000 },
  local: { address: '198.51.100.1', port: 80 },
  secure: false,
  tls: undefined,
  remoteName: () => Promise.resolve('client.example'),
}

/** A connection for one exchange, as a front door would make it. */
export function connected(): Connection {
  return new Connection(FACTS, new Exchange(), 'HTTP/1.1')
}
