import type { Socket } from 'node:net'
import type { ConnectionOptions, SecureContext } from 'node:tls'
import { type ApplicationAddress, applicationAddress, COPIED, connectTo } from '../address.ts'

/** How an HTTPS upstream is spoken to. */
export interface UpstreamTls {
  /** Certificates of the authorities that are trusted, PEM, in the place of the usual ones. */
  readonly ca?: Buffer | string
  /** Our own certificate, where the upstream asks for one, and its key: PEM. */
  readonly cert?: Buffer | string
  readonly key?: Buffer | string
  /** The name that its certificate must have, and that it is asked for (SNI); the host of the address where it is left out. */
  readonly serverName?: string
  /** Whether its certificate must be valid; true where it is left out. */
  readonly verify?: boolean
}

/** Where an upstream is, and how a connection to it is opened. */
export interface Target {
  /** As it was given, for messages. */
  readonly text: string
  /** What tells it from others. */
  readonly key: string
  readonly secure: boolean
  connect(): Socket
}

const URL_FORM = /^(https?):\/\/(\[[0-9a-fA-F:.%a-z]+\]|[^:/\s[\]@?#]+)(?::(\d{1,5}))?\/?$/i

/**
 * @param text `http://host[:port]`, `https://host[:port]`, `unix:PATH`.
 * @throws TypeError for what is no address, and for certificates that are none.
 */
export function targetOf(text: string, tls: UpstreamTls | undefined): Target {
  if (text.startsWith('unix:')) return plain(text, applicationAddress(text))
  const [, scheme = '', host = '', port] = URL_FORM.exec(text) ?? []
  const secure = scheme.toLowerCase() === 'https'
  const number = Number(port ?? (secure ? 443 : 80))
  if (scheme === '' || number < 1 || number > 65535) {
    const forms = 'give http://HOST:PORT, https://HOST:PORT or unix:PATH'
    throw new TypeError(`${JSON.stringify(text)} is no address of an upstream: ${forms}`)
  }
  const address = applicationAddress(`${host}:${number}`)
  return secure ? overTls(text, address, tls ?? {}) : plain(text, address)
}

function plain(text: string, address: ApplicationAddress): Target {
  return { text, key: address.text, secure: false, connect: () => connectTo(address) }
}

/** Sessions are taken up again (RFC 8446 §2.2): a connection that comes later costs no proof of the certificate. */
function overTls(text: string, address: ApplicationAddress, options: UpstreamTls): Target {
  const { connect, createSecureContext } = process.getBuiltinModule('node:tls')
  const { ca, cert, key, serverName, verify = true } = options
  const secureContext = contextOf(text, () =>
    createSecureContext({
      minVersion: 'TLSv1.2',
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
    }),
  )
  const host = address.host ?? ''
  const name = serverName ?? host
  let session: Buffer | undefined
  return {
    text,
    key: JSON.stringify([address.text, String(ca), String(cert), String(key), name, verify]),
    secure: true,
    connect: () => {
      const to: ConnectionOptions & { writableHighWaterMark: number; noDelay: boolean } = {
        host,
        port: address.port ?? 443,
        secureContext,
        rejectUnauthorized: verify,
        // An address is no server name (RFC 6066 §3); Node holds the certificate against the host then.
        ...(!isAddress(name) && { servername: name }),
        ALPNProtocols: ['http/1.1'],
        ...(session !== undefined && { session }),
        writableHighWaterMark: COPIED,
        noDelay: true,
      }
      const socket = connect(to)
      // Of one that was not proved, none: a session that is taken up again is not held against the name any more.
      return socket.on('session', (newer) => {
        if (socket.authorized || !verify) session = newer
      })
    },
  }
}

function contextOf(text: string, make: () => SecureContext): SecureContext {
  try {
    return make()
  } catch (cause) {
    throw new TypeError(`${text}: its tls options are no certificates and key: ${(cause as Error).message}`, { cause })
  }
}

function isAddress(host: string): boolean {
  return host.includes(':') || /^\d+\.\d+\.\d+\.\d+$/.test(host)
}
