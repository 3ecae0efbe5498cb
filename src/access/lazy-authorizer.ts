import type { Authorizer } from '../message/interface.ts'
import type { FastCgiAuthorizerGiven } from './access.ts'

type Library = typeof import('./fastcgi-authorizer.ts')

let library: Library | undefined

/** Loads what an Authorizer over FastCGI takes, for those who have one. */
export async function loadAuthorizer(): Promise<Library> {
  library ??= await import('./fastcgi-authorizer.ts')
  return library
}

/**
 * An Authorizer over FastCGI. Where it is not loaded yet, that happens now, and requests wait.
 * @throws TypeError for an address that is none; where it is not looked at yet, nobody is let in.
 */
export function lazyAuthorizer(value: FastCgiAuthorizerGiven, base: string): Authorizer {
  if (library !== undefined) return library.fastCgiAuthorizer(value, base)
  let authorizer: Promise<Authorizer> | undefined
  const loaded = (): Promise<Authorizer> => {
    authorizer ??= loadAuthorizer().then(({ fastCgiAuthorizer }) => fastCgiAuthorizer(value, base))
    return authorizer
  }
  // Whoever makes a request is told.
  loaded().catch(() => undefined)
  return { authorizeUser: async (who, request, connection) => (await loaded()).authorizeUser(who, request, connection) }
}
