import { resolve } from 'node:path'
import type { Access, AccessRules } from '../access/access.ts'
import { exportedAuthorizer, type NamedAuthorizer } from '../access/authorizers.ts'
import { rulesIn } from '../access/check-rules.ts'
import { loadAuthorizer } from '../access/lazy-authorizer.ts'
import { loadGuards } from '../access/lazy-guard.ts'
import { loadSchemes } from '../access/lazy-schemes.ts'
import { objectAuthorizer } from '../access/objects.ts'
import { schemeKind } from '../access/schemes.ts'
import { passwordFiles } from '../access/stores/password-files.ts'
import { HttpError } from '../message/errors.ts'
import type { Objects } from '../object/objects.ts'
import type { AuthorizeOptions, AuthorizeRule } from '../site/authorize.ts'
import type { Route } from '../site/route.ts'
import { askedAuthorizer, askedStore, isObjectStore } from './asked-objects.ts'
import { type Config, ConfigError } from './config.ts'
import { faultAt, type Source } from './fault.ts'
import { infoAccess } from './info.ts'
import { ModuleError, type Modules } from './modules.ts'
import { objectAccess } from './object-access.ts'
import { type ObjectServerGiven, serverOptions } from './object-options.ts'
import type { KeyPath } from './place.ts'

/** Where access is read. */
export interface AccessReading {
  readonly base: string
  readonly source: Source
  readonly modules: Modules
  /** The object servers, where there are some. */
  readonly objects?: Objects | undefined
  /** Only to explain: modules are not loaded. */
  readonly explaining?: boolean | undefined
}

/** The config with all that its access takes, loaded. @throws ConfigError that says which module cannot be. */
export async function withAccess(config: Config, reading: AccessReading): Promise<Config> {
  await loadGuards()
  const routes: Route[] = []
  for (const [i, route] of config.routes.entries()) {
    const access = await withAuthorizers(route.access, ['routes', i, 'access'], reading)
    const authorize = await authorizeWithAuthorizers(route.authorize, ['routes', i, 'authorize'], reading)
    routes.push({ ...route, ...(access !== undefined && { access }), ...(authorize !== undefined && { authorize }) })
  }
  const access = await withAuthorizers(config.access, ['access'], reading)
  const info = await withAuthorizers(infoAccess(config), ['info', 'access'], reading)
  const objects = await objectsWithAuthorizers(config, reading)
  return {
    ...config,
    routes,
    ...(access !== undefined && { access }),
    ...(info !== undefined && { info: { ...Object(config.info), access: info } }),
    ...(objects !== undefined && { objects }),
  }
}

/** The same for the object servers. */
async function objectsWithAuthorizers({ objects }: Config, reading: AccessReading): Promise<Config['objects']> {
  if (objects === undefined) return undefined
  const made: [string, ObjectServerGiven][] = []
  for (const [name, given] of Object.entries(objects)) {
    const { access: own } = serverOptions(given)
    const access = await withAuthorizers(own, ['objects', name, 'access'], reading)
    made.push([name, access === undefined ? given : { ...serverOptions(given), access }])
  }
  return Object.fromEntries(made)
}

/** What a config says of access, with the modules that it names, loaded. @throws ConfigError that says which cannot be. */
async function withAuthorizers(
  access: Access | undefined,
  path: KeyPath,
  reading: AccessReading,
): Promise<Access | undefined> {
  if (access === undefined || access === 'public') return access
  if (reading.explaining !== true) await loadFor(rulesIn(access))
  return loaded(access, path, reading)
}

/** The same for what a route tells other web servers. */
async function authorizeWithAuthorizers(
  authorize: AuthorizeOptions | undefined,
  path: KeyPath,
  reading: AccessReading,
): Promise<AuthorizeOptions | undefined> {
  if (authorize === undefined) return undefined
  const access = await withAuthorizers(authorize.access, [...path, 'access'], reading)
  const routes: AuthorizeRule[] = []
  for (const [i, rule] of (authorize.routes ?? []).entries()) {
    const own = await withAuthorizers(rule.access, [...path, 'routes', i, 'access'], reading)
    routes.push({ ...rule, access: own ?? rule.access })
  }
  return { ...authorize, ...(access !== undefined && { access }), ...(authorize.routes !== undefined && { routes }) }
}

async function loaded(rules: AccessRules, path: KeyPath, reading: AccessReading): Promise<AccessRules> {
  const { authorizer, store } = rules
  // What names no module and no object stays the same: routes that share it share their guard.
  if (!rulesIn(rules).some((one) => typeof one.authorizer === 'string' || isObjectStore(one.store))) return rules
  const inner = async (key: 'all' | 'any', list: readonly AccessRules[]): Promise<AccessRules[]> => {
    const made: AccessRules[] = []
    for (const [i, one] of list.entries()) made.push(await loaded(one, [...path, key, i], reading))
    return made
  }
  return {
    ...rules,
    ...(typeof authorizer === 'string' && { authorizer: await named(authorizer, [...path, 'authorizer'], reading) }),
    ...(isObjectStore(store) && { store: askedStore(store, [...path, 'store'], reading) }),
    ...(rules.all !== undefined && { all: await inner('all', rules.all) }),
    ...(rules.any !== undefined && { any: await inner('any', rules.any) }),
  }
}

/** The Authorizer that a text names: an object of a server that the config has, else a module by its path. */
async function named(name: string, path: KeyPath, reading: AccessReading): Promise<NamedAuthorizer> {
  const file = resolve(reading.base, name)
  const asked = askedAuthorizer(name, file, path, reading)
  if (asked !== undefined) return objectAuthorizer(asked)
  if (reading.explaining === true) return { authorizeUser: unloaded, from: file }
  try {
    return exportedAuthorizer(await reading.modules.load(file), file)
  } catch (cause) {
    if (!(cause instanceof ModuleError || cause instanceof TypeError)) throw cause
    throw new ConfigError(faultAt(path, cause.message, reading.source), { cause })
  }
}

function unloaded(): never {
  throw new HttpError(503)
}

/** The files that access names: never served. */
export function accessFiles(config: Config, base: string): string[] {
  const { access, routes } = config
  const all = [
    access,
    infoAccess(config),
    ...routes.flatMap((route) => [route.access, ...accessesOf(route.authorize)]),
    ...Object.values(objectAccess(config)),
  ]
  return all
    .flatMap(rulesIn)
    .flatMap((rules) => filesOf(rules, base))
    .map((file) => resolve(base, file))
}

/** All that is said of who may, to other web servers. */
export function accessesOf({ access, routes = [] }: AuthorizeOptions = {}): Access[] {
  return [...(access === undefined ? [] : [access]), ...routes.map((rule) => rule.access)]
}

function filesOf({ store, scheme, authorizer }: AccessRules, base: string): string[] {
  const passwords = typeof store === 'object' && 'htpasswd' in store ? passwordFiles(store, base) : []
  const authorities = [scheme, authorizer].map((one) => {
    if (typeof one !== 'object' || !('http' in one) || typeof one.http === 'string') return undefined
    return one.http.tls?.ca
  })
  const module = typeof authorizer === 'string' ? authorizer : undefined
  return [...passwords, ...authorities, module].filter((file) => file !== undefined)
}

/** Loads what rules take, before a program that serves gives up its rights, and perhaps that to read it. */
async function loadFor(rules: readonly AccessRules[]): Promise<void> {
  const named = (key: string) =>
    rules.some(({ scheme, authorizer }) => [scheme, authorizer].some((one) => typeof one === 'object' && key in one))
  if (named('fastcgi')) await loadAuthorizer()
  const ours = rules.some(({ scheme }) => !['fastcgi', undefined].includes(schemeKind(scheme)))
  if (ours || named('http')) await loadSchemes()
}
