import type { Handler, Middleware } from '../message/interface.ts'
import type { Access } from './access.ts'
import { checkAccess } from './check-rules.ts'
import type { GuardPlace } from './place.ts'

type Library = typeof import('./guard.ts')

let library: Library | undefined

/** Loads what guards take, for sites that have some: many have none. */
export async function loadGuards(): Promise<void> {
  library ??= await import('./guard.ts')
}

/** The same for programs that have a moment to wait neither now nor later: those that make a Site themselves. */
export function useGuards(given: Library): void {
  library = given
}

/**
 * What stands before a guarded route, see `guard`. Where that is not loaded yet, it happens now, and requests wait.
 * @throws TypeError that says what is wrong; by what is not looked at yet, nobody comes in.
 */
export function lazyGuard(access: Access, place: GuardPlace): Middleware {
  if (library !== undefined) return library.guard(access, place)
  checkAccess(access)
  const made = loadGuards().then(() => lazyGuard(access, place))
  // Whoever makes a request is told.
  made.catch(() => undefined)
  return (next) => {
    let guarded: Handler | undefined
    const waiting: Handler = async (request, connection) => {
      guarded ??= (await made)(next)
      return guarded(request, connection)
    }
    return (request, connection) => (guarded ?? waiting)(request, connection)
  }
}
