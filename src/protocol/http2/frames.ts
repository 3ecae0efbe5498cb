/** The layout of frames (RFC 9113 §4.1, §6). */

export const DATA = 0x0
export const HEADERS = 0x1
export const PRIORITY = 0x2
export const RST_STREAM = 0x3
export const SETTINGS = 0x4
export const PUSH_PROMISE = 0x5
export const PING = 0x6
export const GOAWAY = 0x7
export const WINDOW_UPDATE = 0x8
export const CONTINUATION = 0x9

export const FLAG_END_STREAM = 0x1
export const FLAG_ACK = 0x1
export const FLAG_END_HEADERS = 0x4
export const FLAG_PADDED = 0x8
export const FLAG_PRIORITY = 0x20

/** Bytes before the payload of a frame. */
export const FRAME_HEAD = 9
/** The largest payload that we take and that we send: what every peer takes (§4.2). */
export const MAX_PAYLOAD = 16384
/** The largest flow-control window (§6.9.1). */
export const MAX_WINDOW: number = 2 ** 31 - 1
/** The window that a stream and a connection begin with (§6.9.2). */
export const DEFAULT_WINDOW = 65535

/** What a client begins a connection with (§3.4); its first frame, a SETTINGS, follows. */
export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

/** Writes the nine bytes before a payload; returns the place behind them. */
export function putFrameHead(
  into: Uint8Array,
  at: number,
  size: number,
  type: number,
  flags: number,
  stream: number,
): number {
  into[at] = size >>> 16
  into[at + 1] = size >>> 8
  into[at + 2] = size
  into[at + 3] = type
  into[at + 4] = flags
  return putUint32(into, at + 5, stream)
}

/** Writes four bytes; returns the place behind them. */
export function putUint32(into: Uint8Array, at: number, value: number): number {
  into[at] = value >>> 24
  into[at + 1] = value >>> 16
  into[at + 2] = value >>> 8
  into[at + 3] = value
  return at + 4
}

export function uint32(bytes: Uint8Array, at: number): number {
  return uint31(bytes, at) + ((bytes[at] as number) & 0x80 ? 0x80000000 : 0)
}

/** A number whose first bit is reserved, and ignored (§4.1, §6.9). */
export function uint31(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) & 0x7f) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  )
}
