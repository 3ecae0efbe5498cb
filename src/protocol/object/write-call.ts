import type { AuthorizationRecord, Connection, SocketFacts } from '../../message/connection.ts'
import { ownCopy } from '../../message/own-copy.ts'
import { NO_PARAMS, type Request } from '../../message/request.ts'
import { byteString } from '../cgi/octets.ts'
import { nameValue } from '../fastcgi/name-values.ts'
import { AUTHORITY, CONNECTION, MOUNT, OBJECT, PATH, REQUEST, ROUTE_PARAMS, SECURE, TIMEOUT, USER } from './names.ts'

/** What a caller says of a call beside the request. */
export interface Asking {
  readonly object: string
  /** Milliseconds for which the head of the answer is waited for; 0: for ever. */
  readonly timeout: number
  /** Who it is, for those that are asked who may; else who the guard let in. */
  readonly who?: AuthorizationRecord | undefined
}

/** Facts are told of each socket once, and written down once, and once more when its name was looked up. */
const written = new WeakMap<SocketFacts, Written>()

interface Written {
  readonly pair: string
  readonly name: string | undefined
}

/** The variables of a call in the whole form, as name-value pairs (FastCGI §3.4); a byte string. */
export function wholeForm({ object, timeout, who }: Asking, request: Request, connection: Connection): string {
  const { headers, target, mount, authority, params } = request
  const head = `${request.method} ${target} HTTP/${request.version}\r\n${headers.lines()}`
  let pairs = nameValue(OBJECT, object) + nameValue(REQUEST, head) + factsOf(connection)
  if (mount !== '') pairs += nameValue(MOUNT, mount)
  if (request.secure) pairs += nameValue(SECURE, 'on')
  // Not Host also where a host server names it, or a program makes the request.
  if (authority !== (headers.get('host') ?? '')) pairs += nameValue(AUTHORITY, authority)
  const { path, search } = request
  // `OPTIONS *` and CONNECT have none; their targets say all.
  if (!isTarget(target, path, search) && path.charCodeAt(0) === 47) pairs += nameValue(PATH, path + search)
  if (params !== NO_PARAMS && Object.keys(params).length > 0) {
    pairs += nameValue(ROUTE_PARAMS, byteString(JSON.stringify(params)))
  }
  const user = userOf(connection, who)
  if (user !== undefined) pairs += nameValue(USER, user)
  return timeout > 0 ? pairs + timeoutPair(timeout) : pairs
}

/** Whether a target is spelled as the path that was routed, with its query. */
function isTarget(target: string, path: string, search: string): boolean {
  return search === ''
    ? path === target
    : target.length === path.length + search.length && target.startsWith(path) && target.endsWith(search)
}

let lastTimeout = 0
let lastPair = ''

/** Nearly always that of the call before. */
function timeoutPair(timeout: number): string {
  if (timeout !== lastTimeout) {
    lastTimeout = timeout
    lastPair = nameValue(TIMEOUT, String(timeout))
  }
  return lastPair
}

function factsOf(connection: Connection): string {
  const { socket } = connection
  // Who stands behind a proxy is another one with each request.
  if (connection.isTold) {
    const { clientAddress: address, secure } = connection
    return nameValue(CONNECTION, factsText(socket, { address, secure }))
  }
  const known = written.get(socket)
  if (known !== undefined && known.name === socket.knownName) return known.pair
  const pair = ownCopy(nameValue(CONNECTION, factsText(socket, undefined)))
  written.set(socket, { pair, name: socket.knownName })
  return pair
}

function factsText(socket: SocketFacts, client: object | undefined): string {
  const { remote, local, secure, tls, knownName } = socket
  return byteString(
    JSON.stringify({
      remote: [remote.address, remote.port ?? null],
      local: [local.address, local.port ?? null],
      secure,
      client,
      name: knownName,
      tls: tls && {
        protocol: tls.protocol,
        cipher: tls.cipher,
        serverName: tls.serverName,
        peerCertificate: tls.peerCertificate && Buffer.from(tls.peerCertificate).toString('base64'),
      },
    }),
  )
}

function userOf(connection: Connection, who: AuthorizationRecord | undefined): string | undefined {
  const { variables, user = who } = connection
  if (user === undefined && variables === undefined) return undefined
  const { means } = connection
  return byteString(JSON.stringify({ name: user?.name, groups: user?.groups, type: means?.type, variables }))
}
