/** The numbers and names of the FastCGI 1.0 specification, §8; in the words of fcgi.isl where that has them. */

export const VERSION = 1
/** Bytes of the head of a record (§3.3). */
export const RECORD_HEAD = 8
/** The most bytes of content that a record can have: its length is 16 bits. */
export const MAX_CONTENT = 65535

export const BEGIN_REQUEST = 1
export const ABORT_REQUEST = 2
export const END_REQUEST = 3
export const PARAMS = 4
export const STDIN = 5
export const STDOUT = 6
export const STDERR = 7
export const DATA = 8
export const GET_VALUES = 9
export const GET_VALUES_RESULT = 10
export const UNKNOWN_TYPE = 11
/**
 * Our own: so many bytes more may be sent on a stream of this request (4 bytes, big endian). Sent only between ends that
 * agreed on it: the application by naming `ORIEL_WINDOW`, the web server by the flag `Windowed`.
 */
export const CREDIT = 64
/**
 * Our own: the fields behind the content of a request or an answer, as HTTP/1 has them, just before the end of its stream.
 * Sent only between an object server and who calls its objects with windows.
 */
export const TRAILERS = 65

/** The request id of management records (§3.3). */
export const MANAGEMENT = 0

export const Role = { Responder: 1, Authorizer: 2, Filter: 3 } as const
export type RoleName = keyof typeof Role

/** What an application says at the end of a request of how it went (§5.5). */
export const ProtocolStatus = { requestComplete: 0, cantMpx: 1, overloaded: 2, unknownRole: 3 } as const

/**
 * Our own protocolStatus: what was sent is not the whole answer, and never will be. Sent only to a web server that said
 * `Windowed`; others read any END_REQUEST as the end of a whole answer, and are told by the end of the connection.
 */
export const BROKEN_OFF = 64

/** Flags of BEGIN_REQUEST: the connection stays (§5.1); its streams are windowed, which is our own. */
export const KeepConn = 1
export const Windowed = 2

/** The variables of GET_VALUES (§4.1), and our own: how many bytes of a stream may be sent ahead of the first credit. */
export const maxConns = 'FCGI_MAX_CONNS'
export const maxReqs = 'FCGI_MAX_REQS'
export const mpxsConns = 'FCGI_MPXS_CONNS'
export const window = 'ORIEL_WINDOW'
/** Our own: whether the application publishes objects, and understands the whole form of their calls. */
export const objects = 'ORIEL_OBJECTS'
