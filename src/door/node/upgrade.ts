import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { UpgradedSocket } from '../../message/response.ts'
import { siteOf } from '../called/sites.ts'
import { handleRequest } from '../host/handle-request.ts'
import type { TakenOver } from '../host/request.ts'
import { failed, type NodeOptions } from './answer.ts'
import { Http1Host } from './http1-host.ts'

/** A listener for the events `upgrade` and `connect`. */
export type NodeUpgrade = (request: IncomingMessage, socket: Duplex, head: Uint8Array) => void

/**
 * What answers the requests that ask for another protocol (RFC 9110 §7.8), and CONNECT, of a server of node:http or
 * node:https: its events `upgrade` and `connect`. An answer that takes nothing over is sent as any other, and the
 * connection closed after it.
 * @param app A Site, or a resource: what a module would export.
 * @throws TypeError for what can answer nothing.
 */
export function nodeUpgrade(app: unknown, options: NodeOptions<IncomingMessage> = {}): NodeUpgrade {
  const site = siteOf(app, options)
  return (request, duplex, head) => {
    // Node says Duplex, for a server may be given other streams; what it hands over is the socket.
    const socket = duplex as Socket
    socket.on('error', ignore)
    // The end of the client's side closes nothing here: Node, which sees to that for other requests, has let the socket go.
    const left = (): void => void socket.destroy()
    socket.once('end', left)
    whenFirst(socket, () => {
      const response = new ServerResponse(request)
      response.shouldKeepAlive = false
      response.assignSocket(socket)
      response.once('finish', () => socket.end())
      const takeOver = (): TakenOver => {
        response.detachSocket(socket)
        socket.off('end', left)
        return { socket: socket as UpgradedSocket, head }
      }
      try {
        const handed = { target: request.url ?? '', user: options.user?.(request) }
        const host = new Http1Host(request, response, handed, takeOver)
        handleRequest(site, host).catch((error) => failed(site, response, error))
      } catch (error) {
        failed(site, response, error)
      }
    })
  }
}

/** The answer that a socket carries now. Node tells it to nobody else, and throws where a second one is given the socket. */
interface Carrier {
  readonly _httpMessage?: ServerResponse | null
}

/**
 * Calls once the answers to the requests before this one have left (RFC 9112 §9.3.2): a client may pipeline an upgrade
 * behind others, and Node tells of it at once. Never, where the connection ends with one of them.
 */
function whenFirst(socket: Socket, call: () => void): void {
  const before = (socket as Carrier)._httpMessage
  if (!before) return call()
  before.once('close', () => {
    if (!socket.writable) return
    // Node waits for a next request only so long: this one is here.
    socket.setTimeout(0)
    whenFirst(socket, call)
  })
}

function ignore(): void {}
