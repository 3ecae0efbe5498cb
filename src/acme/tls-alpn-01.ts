import type { Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import { type ClientHello, readClientHello } from '../protocol/tls/client-hello.ts'
import type { ChallengeCertificate, Challenges } from './challenges.ts'

/** RFC 8737 §6.2 */
const PROTOCOL = 'acme-tls/1'

/**
 * Answers an authority that looks for a challenge certificate (TLS-ALPN-01, RFC 8737 §3), and lets everybody else go on
 * to the usual handshake, with all the bytes that came. Node chooses certificates before it shows what ALPN offers, so
 * the ClientHello is read here first: only while a challenge is pending.
 * @param milliseconds How long the ClientHello, and then the answer, may take; then the socket is destroyed.
 */
export function peekAlpn(challenges: Challenges, socket: Socket, handshake: () => void, milliseconds: number): void {
  let bytes: Uint8Array = new Uint8Array(0)
  const late = setTimeout(() => socket.destroy(), milliseconds)
  const gone = (): unknown => socket.destroy()
  const closed = (): void => clearTimeout(late)
  const readable = (): void => {
    for (let piece: Buffer | null = socket.read(); piece !== null; piece = socket.read()) bytes = joined(bytes, piece)
    const hello = readClientHello(bytes)
    if (hello === 'more') return
    clearTimeout(late)
    socket.off('readable', readable).off('error', gone).off('end', gone).off('close', closed)
    socket.unshift(bytes)
    const certificate = hello === 'other' ? undefined : wanted(hello, challenges)
    if (certificate === undefined) handshake()
    else prove(socket, certificate, milliseconds)
  }
  socket.on('readable', readable).on('error', gone).on('end', gone).on('close', closed)
}

/** RFC 8737 §3: the authority offers this protocol only, and names whom it wants. */
function wanted({ serverName, protocols }: ClientHello, challenges: Challenges): ChallengeCertificate | undefined {
  if (serverName === undefined || protocols.length !== 1 || protocols[0] !== PROTOCOL) return undefined
  return challenges.alpn(serverName)
}

/** RFC 8737 §3: after the handshake the connection is closed, and nothing is exchanged on it. */
function prove(socket: Socket, certificate: ChallengeCertificate, milliseconds: number): void {
  const secured = new TLSSocket(socket, {
    isServer: true,
    secureContext: createSecureContext({ ...certificate, minVersion: 'TLSv1.2' }),
    ALPNProtocols: [PROTOCOL],
  })
  const end = (): unknown => socket.destroy()
  const late = setTimeout(end, milliseconds)
  socket.once('close', () => clearTimeout(late))
  secured.on('error', end).on('close', end).on('end', end)
  secured.once('secure', () => secured.end())
  secured.resume()
}

function joined(before: Uint8Array, piece: Uint8Array): Uint8Array {
  return before.length === 0 ? piece : Buffer.concat([before, piece])
}
