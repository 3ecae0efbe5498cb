import { connect, type Socket } from 'node:net'

/** Where an application listens. */
export interface ApplicationAddress {
  /** As it was given. */
  readonly text: string
  readonly path?: string
  readonly host?: string
  readonly port?: number
}

/** @param text `unix:PATH`, `host:port`, `[::1]:port`. @throws TypeError for what is no address. */
export function applicationAddress(text: string): ApplicationAddress {
  if (text.startsWith('unix:') && text.length > 5) return { text, path: text.slice(5) }
  const [, ip6, name, port] = /^(?:\[([0-9a-fA-F:.%a-z]+)\]|([^:/\s[\]]+)):(\d{1,5})$/.exec(text) ?? []
  const host = ip6 ?? name
  if (host === undefined || port === undefined || Number(port) < 1 || Number(port) > 65535) {
    throw new TypeError(`${JSON.stringify(text)} is no address: give unix:PATH, host:port or [IPv6]:port`)
  }
  return { text, host, port: Number(port) }
}

/** A body of more than this is not copied to be sent, so whoever wrote it must hear when it was taken. */
export const COPIED = 16384

/** A socket on its way to an application. */
export function connectTo({ path, host, port }: ApplicationAddress): Socket {
  // Node hands options of its streams on, but does not say so in its types.
  const options = { writableHighWaterMark: COPIED, noDelay: true }
  return path === undefined ? connect({ host: host ?? '', port: port ?? 0, ...options }) : connect({ path, ...options })
}

/** Why no connection came about, and what to do: for the log. @param text The address. */
export function connectFault(text: string, code: string): string {
  switch (code) {
    case 'ENOENT':
      return `${text}: there is no such socket; start the application, or correct the address`
    case 'ECONNREFUSED':
      return `${text}: nobody listens there; start the application, or correct the address`
    case 'EACCES':
    case 'EPERM':
      return `${text}: permission denied; let the user of this server read and write the socket (listen.owner, listen.mode of php-fpm)`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${text}: the host name has no address`
    case 'timeout':
      return `${text}: no connection in time (connectTimeout); it may be down, or behind a firewall`
    case 'EAGAIN':
      return `${text}: its queue is full; the application needs more processes, or a larger backlog`
    default:
      return `${text}: no connection: ${code}`
  }
}
