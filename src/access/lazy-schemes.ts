import type { Means } from '../message/connection.ts'
import type { Authorizer, Scheme } from '../message/interface.ts'
import type { AccessRules, HttpAccess } from './access.ts'
import type { Gate } from './gate.ts'
import { identified } from './identified.ts'
import type { BuiltInScheme, GuardPlace } from './place.ts'

/** How a guard finds out who somebody is. */
export interface Identification {
  readonly gate: Gate
  readonly means: Means
  /** What asks for it; undefined where programs ask by answers of their own. */
  readonly scheme: Pick<Scheme, 'challenge'> | undefined
}

type Library = typeof import('./built-in.ts')

let library: Library | undefined

/** Loads what these schemes take: passwords, certificates and endpoints are nothing that all sites need. */
export async function loadSchemes(): Promise<Library> {
  library ??= await import('./built-in.ts')
  return library
}

/** Whether they go by Authorization, or may do so. */
const USES: Readonly<Record<BuiltInScheme, boolean>> = { basic: true, certificate: false, header: false, http: true }

/**
 * A scheme of ours. Where it is not loaded yet, the first request waits for that.
 * @throws whatever it has against its options; where it is not loaded yet, nobody comes in for it.
 */
export function ourScheme(kind: BuiltInScheme, rules: AccessRules, place: GuardPlace): Identification {
  if (library !== undefined) return known(library.builtIn(kind, rules, place))
  let made: Identification | undefined
  const gate: Gate = async (request, connection) => {
    const { builtIn } = await loadSchemes()
    made ??= known(builtIn(kind, rules, place))
    await made.gate(request, connection)
  }
  const challenge = (): string => made?.scheme?.challenge() ?? ''
  return { gate, means: { usesAuthorization: USES[kind] }, scheme: { challenge } }
}

/** How a client says who it is, by an object that does it. */
export function known(scheme: Scheme): Identification {
  return { gate: identified(scheme), means: scheme, scheme }
}

/** An HTTP endpoint as an Authorizer; where that is not loaded yet, the first request waits. */
export function httpAuthorizer(given: HttpAccess['http'], base: string): Authorizer {
  if (library !== undefined) return library.forwardAuthorizer(given, base)
  let made: Authorizer | undefined
  return {
    async authorizeUser(who, request, connection) {
      const { forwardAuthorizer } = await loadSchemes()
      made ??= forwardAuthorizer(given, base)
      return made.authorizeUser(who, request, connection)
    },
  }
}
