import { toBytes } from '../../message/body.ts'
import type { Response } from '../../message/response.ts'
import { renderTrailers } from '../../protocol/http1/response-head.ts'
import { WrongLength } from '../wrong-length.ts'
import type { Writer } from './writer.ts'

/**
 * Writes a body while it is pulled: pull, write, wait until the system has taken it, pull again. So a slow client
 * costs one chunk, and a chunk is free to be used again at the next pull. The head waits a moment for the first chunk,
 * so that both go out together, and so that a source that fails at once can still be answered with an error.
 * @param waits Whether the head always waits: for sources such as files that give their first chunk at once or never.
 * @throws what the source throws; WrongLength where it gives less than `framing`, or more, which is not sent.
 */
export async function streamBody(
  writer: Writer,
  source: AsyncIterator<Uint8Array>,
  framing: number | 'chunked' | 'close',
  waits: boolean,
  onSent: (bytes: number) => void,
): Promise<void> {
  let sent = 0
  let first = true
  const chunked = framing === 'chunked'
  for (;;) {
    const pulled = source.next()
    if (first && !waits) flushSoon(writer, pulled)
    first = false
    const { done, value } = await pulled
    if (done === true) break
    const chunk = toBytes(value)
    if (chunk.byteLength === 0) continue
    if (typeof framing === 'number' && sent + chunk.byteLength > framing) {
      throw new WrongLength(`a body of ${framing} bytes by its head has more`)
    }
    sent += chunk.byteLength
    onSent(chunk.byteLength)
    await writer.send(chunked ? `${chunk.byteLength.toString(16)}\r\n` : '', chunk, chunked ? '\r\n' : '')
  }
  if (typeof framing === 'number' && sent < framing) {
    throw new WrongLength(`a body of ${framing} bytes by its head has only ${sent}`)
  }
}

/** The end of a chunked body (RFC 9112 §7.1.2), with its trailers for a client that takes them. */
export async function lastChunk(response: Response, takesTrailers: boolean): Promise<string> {
  if (response.trailers === undefined || !takesTrailers) return '0\r\n\r\n'
  return `0\r\n${renderTrailers(await response.trailers())}\r\n`
}

function flushSoon(writer: Writer, pulled: Promise<unknown>): void {
  let came = false
  const note = (): void => {
    came = true
  }
  pulled.then(note, note)
  setImmediate(() => {
    if (!came) writer.flush()
  })
}
