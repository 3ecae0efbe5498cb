import * as fs from 'node:fs'
import { BlockWriter } from '../io/block-writer.ts'
import { openTemporary } from '../io/temporary.ts'
import { HttpError } from '../message/errors.ts'
import type { Exchange } from '../message/exchange.ts'
import type { IncomingBody } from '../message/request.ts'
import type { Content } from './call.ts'

const NONE = new Uint8Array(0)

/** Bytes of a request's content that are held in memory; more goes to a file. */
const IN_MEMORY = 65536

/**
 * The whole content of a request, read before a back end is called: CGI and FastCGI need its length (RFC 3875 §4.1.2),
 * and a slow client must not hold a process of theirs. What does not fit in memory goes to a file without a name.
 * @throws HttpError 507 where that file finds no room, 503 where none can be opened; what reading throws.
 */
export async function spooled(body: IncomingBody, exchange: Exchange): Promise<Content> {
  const pieces: Uint8Array[] = []
  let size = 0
  let file: number | undefined
  let writer: BlockWriter | undefined
  try {
    for await (const piece of body) {
      size += piece.byteLength
      if (writer === undefined && size > IN_MEMORY) {
        file = await openTemporary()
        writer = new BlockWriter(file, body.declared)
        for (const held of pieces.splice(0)) await writer.write(held)
      }
      // A copy: a piece is the reader's until the next pull only.
      if (writer === undefined) pieces.push(Buffer.from(piece))
      else await writer.write(piece)
    }
    await writer?.end()
  } catch (error) {
    await writer?.settled()
    if (file !== undefined) close(file)
    throw failure(error, exchange)
  }
  if (file === undefined) return { size, bytes: Buffer.concat(pieces), close: nothing }
  return { size, file, close: once(close, file) }
}

/** The content of a request while it arrives, for back ends that can wait for a slow client. */
export function arriving(body: IncomingBody): Content {
  // Of no bytes all is here: it can be sent a second time.
  if (body.declared === 0) return { size: 0, bytes: NONE, close: nothing }
  return { size: body.declared, source: body, trailers: () => body.trailers, close: nothing }
}

function failure(error: unknown, exchange: Exchange): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    exchange.report('error', 'The content of a request found no room: the temporary folder is full.', { error })
    return new HttpError(507, { code: 'spool', detail: 'There is no room left to take this.' })
  }
  if (code === 'EMFILE' || code === 'ENFILE')
    return new HttpError(503, { headers: { 'Retry-After': '1' }, cause: error })
  return error
}

function once(call: (fd: number) => void, fd: number): () => void {
  let over = false
  return () => {
    if (!over) call(fd)
    over = true
  }
}

function close(fd: number): void {
  fs.close(fd, nothing)
}

function nothing(): void {}
