import type { Open } from '../gateway/call.ts'
import { exchange } from '../gateway/exchange.ts'
import { QuickCall } from '../gateway/fastcgi/quick-call.ts'
import type { Connection } from '../message/connection.ts'
import type { Answer } from '../message/interface.ts'
import type { Request } from '../message/request.ts'
import { wholeForm } from '../protocol/object/write-call.ts'
import { objectReply } from './answer.ts'
import type { Calling } from './calling.ts'
import { ObjectCall } from './object-call.ts'
import { plainAnswer } from './plain-answer.ts'

/** A request without content to an object whose server understands the whole form. */
export class ObjectExchange extends QuickCall {
  readonly #calling: Calling
  readonly #object: string
  readonly #connection: Connection
  readonly #resolve: (answer: Answer | Promise<Answer>) => void
  readonly #reject: (error: unknown) => void

  constructor(
    calling: Calling,
    object: string,
    request: Request,
    connection: Connection,
    resolve: (answer: Answer | Promise<Answer>) => void,
    reject: (error: unknown) => void,
  ) {
    super(request)
    this.#calling = calling
    this.#object = object
    this.#connection = connection
    this.#resolve = resolve
    this.#reject = reject
  }

  protected override get pairs(): string {
    const { timeout } = this.#calling
    return wholeForm({ object: this.#object, timeout }, this.request, this.#connection)
  }

  protected override take(answer: string): boolean {
    const response = plainAnswer(answer)
    if (response === undefined) return false
    this.#resolve(response)
    return true
  }

  protected override goOn(open: (usual: Open) => Open): void {
    const { timeout, noted, identity, settings, open: usual } = this.#calling
    const asking = { object: this.#object, timeout }
    const call = new ObjectCall(asking, this.request, this.#connection, undefined, noted, identity)
    // It was sent in this form already.
    call.isWhole = true
    exchange(open(usual), call, settings)
      .then((answer) => objectReply(answer, this.request, call.isWhole))
      .then(this.#resolve, this.#reject)
  }
}
