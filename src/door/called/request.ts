import type { Exchange } from '../../message/exchange.ts'
import { Headers } from '../../message/headers.ts'
import { Request, type RequestParts } from '../../message/request.ts'
import { CalledConnection, type CarriedCall } from './call.ts'
import type { Carrier } from './carrier.ts'
import { CalledExchange } from './exchange.ts'
import { ToldFacts } from './facts.ts'
import type { Answering } from './sites.ts'

/** What is asked where nothing can be made of what came. */
export const NOTHING: RequestParts = {
  method: 'GET',
  target: '/',
  path: '/',
  search: '',
  version: '1.1',
  authority: '',
  secure: false,
  headers: new Headers(),
  body: null,
  selective: false,
}

/** HTTP/2 has no minor version in its name. */
function protocolOf(version: string): string {
  return version === '2.0' ? 'HTTP/2' : `HTTP/${version}`
}

/** A request of a web server as the site is to see it. */
export function calledExchange(
  carrier: Carrier,
  site: Answering,
  parts: RequestParts,
  call: CarriedCall,
  record: Exchange,
): CalledExchange {
  const { variables, whole } = call
  const facts = whole?.facts ?? new ToldFacts(variables, parts.secure)
  const protocol = parts.version === '1.1' ? 'HTTP/1.1' : protocolOf(parts.version)
  const connection = new CalledConnection(facts, record, protocol, call)
  const exchange = new CalledExchange(carrier, site, new Request(parts), connection)
  if (whole !== undefined) connection.informer = exchange
  return exchange
}
