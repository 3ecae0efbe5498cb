/**
 * Tells when a client goes before it has its answer. The AbortController is made when somebody asks for the signal: it
 * costs as much as the rest of the request.
 */
export class Lifetime {
  #controller: AbortController | undefined
  #reason: Error | undefined
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
    else if (this.#calls === undefined) this.#calls = [call]
    else this.#calls.push(call)
  }

  abort(reason: Error): void {
    this.#reason ??= reason
    this.#controller?.abort(reason)
    const calls = this.#calls
    this.#calls = undefined
    for (const call of calls ?? []) call(reason)
  }
}
