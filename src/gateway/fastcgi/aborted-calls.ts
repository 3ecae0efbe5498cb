import { TICK } from '../clock.ts'
import type { ApplicationConnection } from './connection.ts'
import type { FastCgiCall } from './fastcgi-call.ts'

/** Looks at the clock that an application has to end a request that was aborted: 1 second; where others share the connection 10. */
const ABORT = 1000 / TICK
const ABORT_SHARED = 10_000 / TICK

/** Calls whose answer nobody wants any more, and which the application has not ended yet. */
export class AbortedCalls {
  readonly #calls: FastCgiCall[] = []

  add(call: FastCgiCall): void {
    call.abortedFor = 0
    this.#calls.push(call)
  }

  /** @param call Any that has ended, aborted or not. */
  ended(call: object): void {
    const at = this.#calls.length === 0 ? -1 : this.#calls.indexOf(call as FastCgiCall)
    if (at >= 0) this.#calls.splice(at, 1)
  }

  /** A look at the clock. @param retire Has a connection take no further requests. */
  tick(retire: (connection: ApplicationConnection) => void): void {
    for (const call of [...this.#calls]) {
      const { connection } = call
      call.abortedFor++
      if (connection === undefined || connection.active === 0) this.ended(call)
      else if (connection.active === 1 && call.abortedFor > ABORT) connection.close()
      else if (call.abortedFor > ABORT_SHARED) retire(connection)
    }
  }
}
