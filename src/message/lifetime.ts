/**
 * Tells when a client goes before it has its answer. The AbortController is made when somebody asks for the signal: it
 * costs as much as the rest of the request.
 */
export class Lifetime {
  #controller: AbortController | undefined
  #reason: Error | undefined
  /** Nearly always there is one at the most. */
  #call: ((reason: Error) => void) | undefined
  #calls: ((reason: Error) => void)[] | undefined

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  onAbort(call: (reason: Error) => void): void {
    if (this.#reason !== undefined) call(this.#reason)
    else if (this.#call === undefined) this.#call = call
    else if (this.#calls === undefined) this.#calls = [call]
    else this.#calls.push(call)
  }

  abort(reason: Error): void {
    this.#reason ??= reason
    this.#controller?.abort(reason)
    const call = this.#call
    const calls = this.#calls
    this.#call = undefined
    this.#calls = undefined
    call?.(reason)
    for (const call of calls ?? []) call(reason)
  }
}
