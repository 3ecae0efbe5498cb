import type { Headers } from '../../message/headers.ts'
import type { OwnFields } from '../http1/own-fields.ts'
import { mayTrail } from '../http1/trailers.ts'
import { DATA, FLAG_END_HEADERS, FLAG_END_STREAM, FRAME_HEAD, HEADERS, putFrameHead } from './frames.ts'
import { encodeField, encodeFields, encodeStatus } from './hpack-encoder.ts'

/** The fields of an answer as bytes, and what they say to the front door. */
export class RenderedBlock {
  /** The fields that go to the client as they are, by HPACK without a table: good on any connection. */
  bytes: Uint8Array = NOTHING
  /** The Content-Length that the resource set, in bytes. */
  contentLength: number | undefined = undefined
  hasDate = false
  hasServer = false
  /** Whether the resource wants the connection closed. */
  close = false
  /** Whether they have served an answer already: many may share them. */
  used = false
  /** The last answer that was made of them, as whole frames, and what it was made for: see `usualFrames`. */
  frames: Uint8Array = NOTHING
  /** Bytes of the first of them. */
  headSize = 0
  own: OwnFields | undefined = undefined
  size = -1
  content: Uint8Array | null = null
}

const NOTHING = new Uint8Array(0)

/** The fields that belong to one connection (RFC 9113 §8.2.2), or that the front door writes alone. */
const OF_THE_CONNECTION =
  /^(?:connection|keep-alive|proxy-connection|transfer-encoding|te|trailer|upgrade|content-length)$/

/** The fields of an answer as bytes. Kept with the Headers until they change. */
export function renderBlock(headers: Headers): RenderedBlock {
  const kept = headers.block as RenderedBlock | undefined
  if (kept !== undefined) {
    kept.used = true
    return kept
  }
  const rendered = new RenderedBlock()
  headers.block = rendered
  const list = headers.fields()
  const sent: string[] = []
  for (let i = 0; i < list.length; i += 2) {
    const name = (list[i] as string).toLowerCase()
    const value = list[i + 1] as string
    if (!isOfTheConnection(rendered, name, value)) sent.push(name, value)
  }
  if (sent.length > 0) rendered.bytes = encodeFields(sent)
  return rendered
}

function isOfTheConnection(rendered: RenderedBlock, name: string, value: string): boolean {
  if (name === 'date') {
    if (rendered.hasDate) return true
    rendered.hasDate = true
    return false
  }
  if (name === 'server') rendered.hasServer = true
  if (!OF_THE_CONNECTION.test(name)) return false
  if (name === 'content-length' && /^\d{1,15}$/.test(value)) rendered.contentLength = Number(value)
  else if (name === 'connection' && /(?:^|,)\s*close\s*(?:,|$)/i.test(value)) rendered.close = true
  return true
}

/** Bytes of the longest block of a status and a length. */
const MOST_LINE = 32

/**
 * The field block of an answer.
 * @param size The Content-Length in bytes; undefined where none is told.
 */
export function answerBlock(
  status: number,
  fields: RenderedBlock,
  size: number | undefined,
  own: OwnFields,
): Uint8Array {
  const block = new Uint8Array(roomFor(fields, own))
  return block.subarray(0, putAnswerBlock(block, 0, status, fields, size, own))
}

/** The field block of an informational answer (RFC 9110 §15.2): a status, and fields. */
export function interimBlock(status: number, headers: Headers): Uint8Array {
  const pseudo = encodeStatus(status)
  const { bytes } = renderBlock(headers)
  const block = new Uint8Array(pseudo.byteLength + bytes.byteLength)
  put(block, put(block, 0, pseudo), bytes)
  return block
}

/** The bytes that `putAnswerBlock` needs at the most. */
export function roomFor(fields: RenderedBlock, own: OwnFields): number {
  return MOST_LINE + fields.bytes.byteLength + ownBytes(fields, own).byteLength
}

/** Writes the field block of an answer; returns the place behind it. */
export function putAnswerBlock(
  into: Uint8Array,
  at: number,
  status: number,
  fields: RenderedBlock,
  size: number | undefined,
  own: OwnFields,
): number {
  let end = put(into, at, encodeStatus(status))
  end = put(into, end, ownBytes(fields, own))
  if (size !== undefined) end = putLength(into, end, size)
  return put(into, end, fields.bytes)
}

/**
 * The frames of a 200 with known content, for stream 0: `putUsual` fills the stream in. Where many answers share their
 * fields and content they are the same for a second, and put together once.
 */
export function usualFrames(fields: RenderedBlock, size: number, own: OwnFields, content: Uint8Array): Uint8Array {
  if (fields.size === size && fields.own === own && fields.content === content) return fields.frames
  const block = answerBlock(200, fields, size, own)
  const contentAt = FRAME_HEAD + block.byteLength
  const frames = new Uint8Array(contentAt + FRAME_HEAD + size)
  put(frames, putFrameHead(frames, 0, block.byteLength, HEADERS, FLAG_END_HEADERS, 0), block)
  put(frames, putFrameHead(frames, contentAt, size, DATA, FLAG_END_STREAM, 0), content)
  fields.size = size
  fields.own = own
  fields.content = content
  fields.frames = frames
  fields.headSize = contentAt
  return frames
}

/** The trailer fields of an answer, without those that may not stand there (RFC 9110 §6.5.1). Empty where none is left. */
export function trailerBlock(headers: Headers): Uint8Array {
  const sent: string[] = []
  for (const [name, value] of headers.raw()) if (mayTrail(name)) sent.push(name.toLowerCase(), value)
  return sent.length === 0 ? NOTHING : encodeFields(sent)
}

function put(into: Uint8Array, at: number, bytes: Uint8Array): number {
  into.set(bytes, at)
  return at + bytes.byteLength
}

let last: OwnFields | undefined
/** What it adds beside nothing, beside a Date, beside a Server, beside both. */
let lastBytes: readonly Uint8Array[] = []

/** What the front door adds to the fields of an answer. */
function ownBytes({ hasDate, hasServer }: RenderedBlock, own: OwnFields): Uint8Array {
  if (own !== last) {
    const date = encodeField('date', own.date)
    const server = own.server === '' ? NOTHING : encodeField('server', own.server)
    last = own
    lastBytes = [Buffer.concat([date, server]), server, date, NOTHING]
  }
  return lastBytes[(hasDate ? 1 : 0) + (hasServer ? 2 : 0)] ?? NOTHING
}

/** Content-Length: a literal that no table keeps, its name from the static one (RFC 7541 §6.2.2, index 28). */
function putLength(into: Uint8Array, at: number, size: number): number {
  const digits = String(size)
  into[at] = 0x0f
  into[at + 1] = 28 - 15
  into[at + 2] = digits.length
  for (let i = 0; i < digits.length; i++) into[at + 3 + i] = digits.charCodeAt(i)
  return at + 3 + digits.length
}
