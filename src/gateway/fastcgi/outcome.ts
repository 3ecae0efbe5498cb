import { HttpError } from '../../message/errors.ts'
import { BROKEN_OFF, ProtocolStatus } from '../../protocol/fastcgi/codes.ts'
import { badAnswer, type CallEnd, GatewayFault } from '../call.ts'

const WHOLE: CallEnd = {}

/** Nobody takes the call, and why. @param status 503, or 504 where time is up. */
export function notTaken(what: string, status: 503 | 504 = 503): HttpError {
  const cause = new GatewayFault(what)
  return status === 504
    ? new HttpError(504, { code: 'connect', cause })
    : new HttpError(503, { code: 'overloaded', headers: { 'Retry-After': '1' }, cause })
}

/** How a call ended that the application ended (§5.5). @param name The application, for the log. */
export function outcome(name: string, role: string, appStatus: number, protocolStatus: number): CallEnd {
  if (protocolStatus === ProtocolStatus.requestComplete) return appStatus === 0 ? WHOLE : { said: { appStatus } }
  return { error: errorOf(name, role, protocolStatus), said: { appStatus, protocolStatus } }
}

function errorOf(name: string, role: string, protocolStatus: number): HttpError {
  switch (protocolStatus) {
    case ProtocolStatus.overloaded:
      return notTaken(`${name}: it is overloaded (FCGI_OVERLOADED)`)
    case ProtocolStatus.cantMpx:
      return badAnswer(`${name}: it takes one request a connection, and refused the only one (FCGI_CANT_MPX_CONN)`)
    case ProtocolStatus.unknownRole:
      return badAnswer(
        `${name}: it does not know the role ${role}; correct the route, or the address (FCGI_UNKNOWN_ROLE)`,
      )
    case BROKEN_OFF:
      return badAnswer(`${name}: its answer broke off`)
    default:
      return badAnswer(`${name}: it ended the request with protocolStatus ${protocolStatus}, which is none`)
  }
}

/** Whether the application has not begun with the request, by its own word. */
export function isRefusal(protocolStatus: number): boolean {
  return protocolStatus === ProtocolStatus.cantMpx || protocolStatus === ProtocolStatus.overloaded
}
