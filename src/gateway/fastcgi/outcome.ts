import type { HttpError } from '../../message/errors.ts'
import { BROKEN_OFF, ProtocolStatus } from '../../protocol/fastcgi/codes.ts'
import { badAnswer, type CallEnd } from '../call.ts'
import { notTaken } from '../connect-error.ts'

const WHOLE: CallEnd = {}

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
