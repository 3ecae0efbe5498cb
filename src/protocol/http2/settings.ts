import { ConnectionFault, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, PROTOCOL_ERROR } from './codes.ts'
import { DEFAULT_WINDOW, MAX_PAYLOAD, MAX_WINDOW, putUint32, uint32 } from './frames.ts'

const HEADER_TABLE_SIZE = 1
const ENABLE_PUSH = 2
const MAX_CONCURRENT_STREAMS = 3
const INITIAL_WINDOW_SIZE = 4
const MAX_FRAME_SIZE = 5
const MAX_HEADER_LIST_SIZE = 6
const NO_RFC7540_PRIORITIES = 9

/** What the client told of itself that matters to a server that neither pushes nor keeps a table (RFC 9113 §6.5.2). */
export class ClientSettings {
  /** Bytes that may be sent on a new stream before the client allows more. */
  initialWindow: number = DEFAULT_WINDOW
  /** Bytes of the table for the fields of answers. */
  tableSize = 4096
}

/**
 * Takes over a SETTINGS frame's values, in their order; unknown ones are ignored. The largest frame and field section
 * that the client takes are only checked: what we send is as small as every client takes it.
 * @throws ConnectionFault for values that none may have.
 */
export function takeSettings(settings: ClientSettings, bytes: Uint8Array, from: number, to: number): void {
  if ((to - from) % 6 !== 0) throw new ConnectionFault(FRAME_SIZE_ERROR, 'SETTINGS has a part of a setting')
  for (let at = from; at < to; at += 6) {
    const value = uint32(bytes, at + 2)
    switch (((bytes[at] as number) << 8) | (bytes[at + 1] as number)) {
      case HEADER_TABLE_SIZE:
        settings.tableSize = value
        break
      case ENABLE_PUSH:
        if (value > 1) throw new ConnectionFault(PROTOCOL_ERROR, 'ENABLE_PUSH is neither 0 nor 1')
        break
      case INITIAL_WINDOW_SIZE:
        if (value > MAX_WINDOW) throw new ConnectionFault(FLOW_CONTROL_ERROR, 'INITIAL_WINDOW_SIZE is too large')
        settings.initialWindow = value
        break
      case MAX_FRAME_SIZE:
        if (value < MAX_PAYLOAD || value > 0xffffff) {
          throw new ConnectionFault(PROTOCOL_ERROR, 'MAX_FRAME_SIZE is out of its range')
        }
        break
    }
  }
}

/** What we tell of ourselves. Priorities by RFC 7540 are not heard, and said to be so (RFC 9218 §2.1). */
export function serverSettings(streams: number, window: number, headerList: number): Uint8Array {
  const values = [
    [MAX_CONCURRENT_STREAMS, streams],
    [INITIAL_WINDOW_SIZE, window],
    [MAX_HEADER_LIST_SIZE, headerList],
    [NO_RFC7540_PRIORITIES, 1],
  ] as const
  const payload = new Uint8Array(values.length * 6)
  let at = 0
  for (const [name, value] of values) {
    payload[at + 1] = name
    at = putUint32(payload, at + 2, Math.min(value, 0xffffffff))
  }
  return payload
}
