import { ABORT_REQUEST, BEGIN_REQUEST, CREDIT, END_REQUEST, MANAGEMENT, UNKNOWN_TYPE, VERSION } from './codes.ts'

/*
 * Records as byte strings, each character one byte: a whole request is put together as text and becomes bytes by one
 * call, which costs a fraction of writing it field by field.
 */

/** One character for each byte, so that none is made twice. */
const CHARACTER: readonly string[] = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte))

/** The byte as a character. */
export function byte(value: number): string {
  return CHARACTER[value & 255] as string
}

/** 16 bits, big endian. */
export function two(value: number): string {
  return byte(value >>> 8) + byte(value)
}

/** 32 bits, big endian. */
export function four(value: number): string {
  return byte(value >>> 24) + byte(value >>> 16) + byte(value >>> 8) + byte(value)
}

/** The head of a record (§3.3). @param padding 0 to 255. */
export function recordHead(type: number, id: number, length: number, padding: number = 0): string {
  return `${byte(VERSION)}${byte(type)}${two(id)}${two(length)}${byte(padding)}\0`
}

/**
 * A record with its content, which is padded to 8 bytes as the specification recommends (§3.3). One without content,
 * the end of a stream, never is: libfcgi and php-fpm lose the stream otherwise.
 */
export function record(type: number, id: number, content: string): string {
  const padding = content.length % 8 === 0 ? 0 : 8 - (content.length % 8)
  return recordHead(type, id, content.length, padding) + content + PADDING.slice(0, padding)
}

const PADDING = '\0'.repeat(8)

/** §5.1 */
export function beginRequest(id: number, role: number, flags: number): string {
  return `${recordHead(BEGIN_REQUEST, id, 8)}${two(role)}${byte(flags)}\0\0\0\0\0`
}

/**
 * A request of one of our own ends that has no content, whole: its beginning, its variables, and the ends of both streams
 * (§5.1, §5.2). It stays, and has windows.
 * @param pairs Name-value pairs, 65535 bytes at most.
 */
export function wholeRequest(id: number, pairs: string): string {
  const ids = two(id)
  const size = pairs.length
  const padding = -size & 7
  return `\x01\x01${ids}\0\x08\0\0\0\x01\x03\0\0\0\0\0\x01\x04${ids}${two(size)}${byte(padding)}\0${pairs}${PADDING.slice(0, padding)}\x01\x04${ids}\0\0\0\0\x01\x05${ids}\0\0\0\0`
}

/** §5.4 */
export function abortRequest(id: number): string {
  return recordHead(ABORT_REQUEST, id, 0)
}

/** §5.5. @param appStatus 32 bits; a negative one as C has it. */
export function endRequest(id: number, appStatus: number, protocolStatus: number): string {
  return `${recordHead(END_REQUEST, id, 8)}${four(appStatus)}${byte(protocolStatus)}\0\0\0`
}

/** §4.2 */
export function unknownType(type: number): string {
  return `${recordHead(UNKNOWN_TYPE, MANAGEMENT, 8)}${byte(type)}\0\0\0\0\0\0\0`
}

export function credit(id: number, bytes: number): string {
  return recordHead(CREDIT, id, 4) + four(bytes)
}

/** The end of a stream (§3.3): a record without content, and without padding. */
export function streamEnd(type: number, id: number): string {
  return recordHead(type, id, 0)
}

/** The bytes of a byte string. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}
