import type { AuthorizationRecord, Connection, SocketFacts } from '../../message/connection.ts'
import type { Request } from '../../message/request.ts'
import { byteString } from '../cgi/octets.ts'
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
  readonly text: string
  readonly name: string | undefined
}

/** The variables of a call in the whole form: name, value, name, value; byte strings. */
export function wholeForm({ object, timeout, who }: Asking, request: Request, connection: Connection): string[] {
  const { headers, target, mount, authority, params } = request
  const line = `${request.method} ${target} HTTP/${request.version}\r\n`
  const list = [OBJECT, object, REQUEST, line + headers.lines(), CONNECTION, factsOf(connection)]
  if (mount !== '') list.push(MOUNT, mount)
  if (request.secure) list.push(SECURE, 'on')
  if (authority !== (headers.get('host') ?? '')) list.push(AUTHORITY, authority)
  const path = request.path + request.search
  // `OPTIONS *` and CONNECT have none; their targets say all.
  if (path !== target && path.startsWith('/')) list.push(PATH, path)
  for (const _ in params) {
    list.push(ROUTE_PARAMS, byteString(JSON.stringify(params)))
    break
  }
  const user = userOf(connection, who)
  if (user !== undefined) list.push(USER, user)
  if (timeout > 0) list.push(TIMEOUT, String(timeout))
  return list
}

function factsOf(connection: Connection): string {
  const { socket, remote, clientAddress, secure } = connection
  // Who stands behind a proxy is another one with each request.
  if (clientAddress !== remote.address || secure !== socket.secure) {
    return factsText(socket, { address: clientAddress, secure })
  }
  const known = written.get(socket)
  if (known !== undefined && known.name === socket.knownName) return known.text
  const text = factsText(socket, undefined)
  written.set(socket, { text, name: socket.knownName })
  return text
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
  const { variables, means, user = who } = connection
  if (user === undefined && variables === undefined) return undefined
  return byteString(JSON.stringify({ name: user?.name, groups: user?.groups, type: means?.type, variables }))
}
