import type { BusboyConstructor, BusboyFileStream, BusboyInstance } from '@fastify/busboy'
import { HttpError } from './errors.ts'
import type { Headers } from './headers.ts'

/** A field of a form. */
export interface FieldPart {
  readonly name: string
  readonly value: string
}

/** A file of a form. Its body is read from the connection as it is pulled; what is not pulled is skipped. */
export interface FilePart {
  readonly name: string
  /** The last part of the name that the client gave, without folders. Not to be trusted as a name on disk. */
  readonly filename: string
  /** The media type that the client gave. */
  readonly type: string
  readonly body: AsyncIterable<Uint8Array>
}

export type FormPart = FieldPart | FilePart

/** What one form may have; more is answered 413. The size of the whole is limited by the body limit. */
const FORM_LIMITS = {
  fields: 1000,
  files: 100,
  parts: 1000,
  fieldSize: 1024 * 1024,
  fieldNameSize: 1024,
  headerPairs: 50,
}

/**
 * A submitted form, urlencoded or multipart. `for await (const part of request.formData())` gives the parts in order
 * while they arrive; `await request.formData()` reads all of it into a FormData, files in memory.
 */
export class Form implements AsyncIterable<FormPart>, PromiseLike<FormData> {
  readonly #headers: Headers
  readonly #body: AsyncIterable<Uint8Array> | null

  constructor(headers: Headers, body: AsyncIterable<Uint8Array> | null) {
    this.#headers = headers
    this.#body = body
  }

  /** @throws HttpError 415 where the body is no form, 400 where it is malformed, 413 where it has too many parts. */
  [Symbol.asyncIterator](): AsyncGenerator<FormPart, void, undefined> {
    return parts(this.#headers.get('content-type') ?? '', this.#body)
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting reads the whole form, as Fetch's formData() does
  then<A = FormData, B = never>(
    done?: ((form: FormData) => A | PromiseLike<A>) | null,
    failed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#collect().then(done, failed)
  }

  async #collect(): Promise<FormData> {
    const form = new FormData()
    for await (const part of this) {
      if ('value' in part) form.append(part.name, part.value)
      else {
        const chunks: Uint8Array[] = []
        for await (const chunk of part.body) chunks.push(chunk)
        form.append(part.name, new Blob(chunks, { type: part.type }), part.filename)
      }
    }
    return form
  }
}

/** A part that arrived, and for a file the stream behind it, to be emptied before the next part can come. */
interface Arrived {
  readonly part: FormPart
  readonly stream?: BusboyFileStream
}

async function* parts(type: string, body: AsyncIterable<Uint8Array> | null): AsyncGenerator<FormPart, void, undefined> {
  const parser = await openParser(type)
  const ready: Arrived[] = []
  let fields = 0
  let file: BusboyFileStream | undefined
  let failure: Error | undefined
  let ended = false
  let wake: () => void = () => undefined
  let taken: () => void = () => undefined
  const fail = (error: Error): void => {
    failure ??= error
    file?.destroy(failure)
    wake()
  }
  const arrived = (name: string | undefined, one: Arrived): void => {
    if (name === undefined) return fail(malformed(new TypeError('a part has no name')))
    ready.push(one)
    wake()
  }
  parser.on('field', (name, value, nameCut, valueCut) => {
    if (nameCut || valueCut) return fail(new HttpError(413, { detail: 'A field of the form is too large.' }))
    if (++fields > FORM_LIMITS.fields) return fail(tooMany())
    arrived(name, { part: { name, value } })
  })
  parser.on('file', (name, stream, filename, _encoding, mediaType) => {
    file = stream
    stream.on('error', () => undefined)
    const content = contentOf(stream, (cause) => failure ?? malformed(cause))
    arrived(name, { part: { name, filename: filename ?? '', type: mediaType, body: content }, stream })
  })
  for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const) parser.on(limit, () => fail(tooMany()))
  parser.on('error', (cause) => fail(malformed(cause)))
  parser.on('finish', () => {
    ended = true
    wake()
  })
  const room = async (): Promise<void> => {
    while (ready.length > 0 && !parser.destroyed) {
      await new Promise<void>((resolve) => {
        taken = resolve
      })
    }
  }
  void feed(parser, body, room).catch((error: Error) => fail(error))
  try {
    for (;;) {
      if (failure !== undefined) throw failure
      const next = ready.shift()
      if (next !== undefined) {
        taken()
        yield next.part
        next.stream?.resume()
      } else if (ended) return
      else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    if (!ended) {
      failure ??= new HttpError(400, { detail: 'The form was not read to its end.' })
      parser.destroy()
      file?.destroy()
      taken()
    }
  }
}

/** The content of a file. Who stops reading it leaves the stream open, so that the rest can be skipped. */
async function* contentOf(
  stream: BusboyFileStream,
  failed: (cause: unknown) => Error,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* stream.iterator({ destroyOnReturn: false })
  } catch (cause) {
    throw failed(cause)
  }
}

/**
 * Loads the library, for those who may ask for forms. Not with the first form: a module that could not be read once,
 * for want of descriptors or rights, stays lost to the process.
 */
export function loadFormParser(): Promise<{ readonly Busboy: BusboyConstructor }> {
  return import('@fastify/busboy')
}

async function openParser(type: string): Promise<BusboyInstance> {
  if (!/^(?:multipart\/form-data|application\/x-www-form-urlencoded)\s*(?:;|$)/i.test(type)) {
    throw new HttpError(415, {
      detail: 'A form was expected: multipart/form-data or application/x-www-form-urlencoded.',
      headers: { Accept: 'multipart/form-data, application/x-www-form-urlencoded' },
    })
  }
  const { Busboy } = await loadFormParser()
  try {
    // One field more than allowed is let through, to be seen: past its limit the library drops fields in silence.
    const limits = { ...FORM_LIMITS, fields: FORM_LIMITS.fields + 1 }
    return new Busboy({ headers: { 'content-type': type }, limits })
  } catch (cause) {
    throw malformed(cause)
  }
}

/** Pulls the body no further than the parts that are waited for. */
async function feed(
  parser: BusboyInstance,
  body: AsyncIterable<Uint8Array> | null,
  room: () => Promise<void>,
): Promise<void> {
  if (body !== null) {
    for await (const chunk of body) {
      if (!parser.destroyed && !parser.write(chunk)) await drained(parser)
      await room()
      if (parser.destroyed) return
    }
  }
  parser.end()
}

function drained(parser: BusboyInstance): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      parser.off('drain', done)
      parser.off('close', done)
      resolve()
    }
    parser.on('drain', done)
    parser.on('close', done)
  })
}

function tooMany(): HttpError {
  return new HttpError(413, { detail: 'The form has too many parts.' })
}

function malformed(cause: unknown): HttpError {
  return new HttpError(400, { detail: 'The form is malformed.', cause })
}
