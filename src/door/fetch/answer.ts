/** Bytes that wait in a stream for its reader. */
const MAX_WAITING = 65536
/** Answers that have no content, which the platform takes without a body only (Fetch, null body status). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304])

interface Head {
  readonly init: { readonly status: number; readonly statusText: string; readonly headers: globalThis.Headers }
  readonly size: number | undefined
}

/**
 * An answer on its way into the platform's Response. One whose content is there at once is made of its bytes, which all
 * runtimes send with their length; any other has a stream, whose reader's pace is the writer's.
 */
export class FetchAnswer {
  readonly response: Promise<globalThis.Response>
  readonly #resolve: (response: globalThis.Response) => void
  readonly #toHead: boolean
  readonly #left: () => void
  #head: Head | undefined = undefined
  /** All of the content, where it came in one piece. */
  #whole: Uint8Array<ArrayBuffer> | undefined = undefined
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined = undefined
  #wake: (() => void) | undefined = undefined
  #over = false

  /** @param toHead Whether HEAD was asked. @param left Told when the reader of the answer leaves before its end. */
  constructor(toHead: boolean, left: () => void) {
    this.#toHead = toHead
    this.#left = left
    let resolve: (response: globalThis.Response) => void = () => {}
    this.response = new Promise((made) => {
      resolve = made
    })
    this.#resolve = resolve
  }

  /** @throws RangeError for a status that the platform has not (200 to 599), TypeError for a field that it does not take. */
  head(status: number, statusText: string, fields: readonly string[], size: number | undefined): void {
    if (status < 200 || status > 599) throw new RangeError(`a Response cannot have the status ${status}`)
    const headers = new globalThis.Headers()
    // Appended, so that each Set-Cookie stays a field of its own (RFC 6265 §3).
    for (let i = 0; i < fields.length; i += 2) headers.append(fields[i] as string, fields[i + 1] as string)
    this.#head = { init: { status, statusText, headers }, size }
    // What is made in one go needs no stream; whatever comes later finds the head on its way.
    queueMicrotask(() => this.#open())
  }

  /** Takes a copy: runtimes send when it suits them. */
  write(chunk: Uint8Array): void | Promise<void> {
    if (this.#over) return
    const copy = new Uint8Array(chunk)
    if (this.#stream === undefined && copy.byteLength === this.#head?.size) {
      this.#whole = copy
      return
    }
    this.#open()
    const stream = this.#stream
    if (stream === undefined) return
    stream.enqueue(copy)
    if ((stream.desiredSize ?? 0) > 0) return
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  end(): void {
    if (this.#over) return
    this.#over = true
    if (this.#stream === undefined) this.#respond(this.#whole ?? this.#nothing())
    else this.#stream.close()
  }

  /** What was sent is not whole: the reader's stream fails. Where nothing was, that is an answer 500. */
  breakOff(error: Error): void {
    if (this.#over) return
    this.#over = true
    if (this.#stream === undefined) this.#resolve(new globalThis.Response(null, { status: 500 }))
    else this.#stream.error(error)
    this.#resume()
  }

  /** Without a body runtimes would say that GET has 0 bytes, which nobody knows (RFC 9110 §8.6). */
  #nothing(): ReadableStream<Uint8Array> | null {
    const { status, headers } = this.#head?.init ?? {}
    if (!this.#toHead || status === undefined || BODILESS.has(status) || headers?.has('content-length')) return null
    return new ReadableStream({ start: (controller) => controller.close() })
  }

  /** The head leaves with a stream, unless the answer is over by now or can have no content. */
  #open(): void {
    const head = this.#head
    if (this.#over || this.#stream !== undefined || head === undefined) return
    if (head.size === 0 || BODILESS.has(head.init.status)) return
    this.#respond(this.#streamed())
  }

  #streamed(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#stream = controller
          if (this.#whole !== undefined) controller.enqueue(this.#whole)
        },
        pull: () => this.#resume(),
        cancel: () => {
          this.#over = true
          this.#resume()
          this.#left()
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: MAX_WAITING }),
    )
  }

  #respond(body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null): void {
    if (this.#head !== undefined) this.#resolve(new globalThis.Response(body, this.#head.init))
  }

  #resume(): void {
    this.#wake?.()
    this.#wake = undefined
  }
}
