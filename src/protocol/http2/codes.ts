/** Why a stream was reset or a connection ended (RFC 9113 §7). */
export const NO_ERROR = 0x0
export const PROTOCOL_ERROR = 0x1
export const INTERNAL_ERROR = 0x2
export const FLOW_CONTROL_ERROR = 0x3
export const SETTINGS_TIMEOUT = 0x4
export const STREAM_CLOSED = 0x5
export const FRAME_SIZE_ERROR = 0x6
export const REFUSED_STREAM = 0x7
export const CANCEL = 0x8
export const COMPRESSION_ERROR = 0x9
export const ENHANCE_YOUR_CALM = 0xb

/** What makes a whole connection useless (RFC 9113 §5.4.1): it is told the code, and closed. */
export class ConnectionFault extends Error {
  override readonly name: string = 'ConnectionFault'
  readonly code: number
  /** The name of the limit that was hit, where it was one. */
  readonly limit: string | undefined

  constructor(code: number, message: string, limit?: string) {
    super(message)
    this.code = code
    this.limit = limit
  }
}

/** A request that a client may not send (RFC 9113 §8.1.1): its stream is reset with PROTOCOL_ERROR. */
export class MalformedRequest extends Error {
  override readonly name: string = 'MalformedRequest'
}
