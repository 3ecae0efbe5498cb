import type { Connection } from '../message/connection.ts'
import { isPromise } from '../message/reply.ts'
import type { Request } from '../message/request.ts'

/**
 * One part of a guard: lets a request pass, and tells its connection who comes in. A promise only where it has to wait.
 * @throws AuthorizationRequired, Forbidden or Refused for who does not come in; anything else lets nobody in either.
 */
export type Gate = (request: Request, connection: Connection) => void | Promise<void>

/** All of these gates, one behind the other. */
export function inTurn(gates: readonly Gate[]): Gate {
  const [only] = gates
  if (only !== undefined && gates.length === 1) return only
  return (request, connection) => {
    for (let i = 0; i < gates.length; i++) {
      const passed = gates[i]?.(request, connection)
      if (isPromise(passed)) return onward(passed, gates.slice(i + 1), request, connection)
    }
    return undefined
  }
}

async function onward(
  passed: Promise<void>,
  gates: readonly Gate[],
  request: Request,
  connection: Connection,
): Promise<void> {
  await passed
  for (const gate of gates) await gate(request, connection)
}
