import { existsSync } from 'node:fs'
import type { ObjectStore, StoreGiven } from '../access/access.ts'
import { type AskedObject, objectStore } from '../access/objects.ts'
import type { NamedStore } from '../access/stores/named.ts'
import { LocalServer, type ObjectRole } from '../object/local-server.ts'
import { type FoundObject, Objects } from '../object/objects.ts'
import { objectAddress } from '../protocol/object/names.ts'
import { ConfigError } from './config.ts'
import { faultAt, type Source } from './fault.ts'
import type { KeyPath } from './place.ts'

/* Objects that a config names as Authorizers, Authenticators and Loggers. None of them answers by its URL then. */

/** Where such an object is named. */
export interface Naming {
  readonly source: Source
  readonly objects?: Objects | undefined
  /** Only to explain: modules are not loaded. */
  readonly explaining?: boolean | undefined
}

const NONE = new Objects({})

/** @throws ConfigError for an object of a server that is not there, or one of this process that cannot be asked that. */
export function askedObject(address: string, role: ObjectRole, path: KeyPath, naming: Naming): AskedObject {
  const { objects = NONE, source } = naming
  try {
    const found = objects.find(address)
    objects.claim(address)
    if (naming.explaining !== true) checkRole(address, found, role)
    return { address, object: found.object, server: found.server }
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    throw new ConfigError(faultAt(path, cause.message, source), { cause })
  }
}

/**
 * The object that `authorizer` names. Undefined for a module: what is no address of an object, and what is there as a file while
 * no server has that name.
 * @param file The module, absolute. @throws ConfigError for what is neither.
 */
export function askedAuthorizer(name: string, file: string, path: KeyPath, naming: Naming): AskedObject | undefined {
  const server = serverIn(name)
  if (server === undefined) return undefined
  if (naming.objects?.server(server) !== undefined) return askedObject(name, 'authorizer', path, naming)
  if (existsSync(file)) return undefined
  const what = `there is neither an object server ${server} nor a file ${file}`
  throw new ConfigError(
    faultAt(path, `${name}: ${what}: name the server in objects, or a module by its path`, naming.source),
  )
}

/** A store that is a published object. @throws ConfigError as `askedObject`. */
export function askedStore({ object }: ObjectStore, path: KeyPath, naming: Naming): NamedStore {
  return objectStore(askedObject(object, 'authenticator', [...path, 'object'], naming))
}

export function isObjectStore(store: StoreGiven | undefined): store is ObjectStore {
  return typeof store === 'object' && Object.hasOwn(store, 'object')
}

/** The server of what has the form of an address. */
function serverIn(name: string): string | undefined {
  try {
    return objectAddress(name).server
  } catch {
    return undefined
  }
}

const METHODS: Readonly<Record<ObjectRole, string>> = {
  authorizer: 'authorizeUser',
  authenticator: 'authenticateUser',
  logger: 'logRequest',
}

/** Objects of other processes may come later; what is not there by then lets nobody in. */
function checkRole(address: string, { object, server }: FoundObject, role: ObjectRole): void {
  if (!(server instanceof LocalServer) || server.has(object, role)) return
  throw new TypeError(`${address} is no ${role}: ${server.handle} has no such object with the method ${METHODS[role]}`)
}
