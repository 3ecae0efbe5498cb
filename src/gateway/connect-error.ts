import { HttpError } from '../message/errors.ts'
import { connectFault } from './address.ts'
import { GatewayFault } from './call.ts'

interface SystemError extends NodeJS.ErrnoException {
  readonly errors?: readonly NodeJS.ErrnoException[]
}

/** What kept a connection from coming about, as the system calls it; of several tries of one host name the first. */
export function connectCode(error: Error | null): string | undefined {
  const first = (error as SystemError | null)?.errors?.[0] ?? (error as SystemError | null)
  return first?.syscall === 'connect' || first?.syscall === 'getaddrinfo' ? first.code : undefined
}

/** Whether a connection was broken off by the other side, and not ended. */
export function wasReset(error: Error | null): boolean {
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  return code === 'ECONNRESET' || code === 'EPIPE'
}

/** Nobody takes the call, and why. @param status 503, or 504 where time is up. */
export function notTaken(what: string, status: 503 | 504 = 503): HttpError {
  const cause = new GatewayFault(what)
  return status === 504
    ? new HttpError(504, { code: 'connect', cause })
    : new HttpError(503, { code: 'overloaded', headers: { 'Retry-After': '1' }, cause })
}

/** No connection came about. @param text The address. @param code What the system said; `timeout` where it took too long. */
export function notConnected(text: string, code: string): HttpError {
  return notTaken(connectFault(text, code), code === 'timeout' ? 504 : 503)
}
