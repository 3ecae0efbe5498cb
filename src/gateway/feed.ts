import * as fs from 'node:fs'
import { promisify } from 'node:util'
import { toBytes } from '../message/body.ts'
import type { Content, Wire } from './call.ts'

const read = promisify(fs.read)
/** Bytes of a file that are read at once. */
const BLOCK = 65536

/** What sending a content is told by the call that it belongs to. */
export interface Feeding {
  readonly wantsNoMore: boolean
  /** A piece was sent: the back end has not been silent for longer than since now. */
  progressed(): void
  /** Fulfilled when all that was written was taken, or nothing more is wanted. */
  whenDrained(): Promise<void>
}

/** What a content is sent over. */
export type Fed = Pick<Wire, 'fed' | 'write' | 'endInput'>

/** Sends what is in memory, at once. Returns whether there was nothing else to send. */
export function feedAtOnce(wire: Fed, content: Content | undefined): boolean {
  if (wire.fed) return true
  if (content !== undefined && content.bytes === undefined) return false
  if (content?.bytes !== undefined && content.bytes.byteLength > 0) wire.write(content.bytes)
  wire.endInput()
  return true
}

/**
 * Sends a file, or what arrives, as the back end takes it.
 * @throws what reading throws; an Error where it is shorter than it should be.
 */
export async function feed(wire: Fed, content: Content, feeding: Feeding): Promise<void> {
  let size = 0
  for await (const piece of content.file === undefined ? (content.source ?? []) : blocksOf(content.file)) {
    if (feeding.wantsNoMore) return
    const bytes = toBytes(piece)
    size += bytes.byteLength
    if (content.size !== undefined && size > content.size)
      throw new Error(`the content has more than its ${content.size} bytes`)
    if (bytes.byteLength > 0 && !wire.write(bytes)) await feeding.whenDrained()
    feeding.progressed()
    if (feeding.wantsNoMore) return
  }
  if (content.size !== undefined && size < content.size)
    throw new Error(`the content has only ${size} of its ${content.size} bytes`)
  wire.endInput(content.trailers?.())
}

async function* blocksOf(file: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; ; ) {
    // Each block of its own: a socket may not have sent the last one yet.
    const { bytesRead, buffer } = await read(file, Buffer.allocUnsafe(BLOCK), 0, BLOCK, at)
    if (bytesRead === 0) return
    at += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}
