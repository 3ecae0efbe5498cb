import type { Access, AccessRules } from '../access/access.ts'
import { rulesIn } from '../access/check-rules.ts'
import { describeAccess } from '../access/describe.ts'
import { isLoopback } from '../io/addresses.ts'
import type { ListenAddress } from '../io/bound.ts'
import { type Config, ConfigError } from './config.ts'
import { faultAt, type Source } from './fault.ts'
import { infoAccess } from './info.ts'
import { objectAccess } from './object-access.ts'
import { type ObjectServerGiven, serverOptions } from './object-options.ts'

/** What stands before each route, in one sentence each; nothing where there are no guards. */
export function guardLines(config: Config): string[] {
  const { access: ofSite, routes, objects = {} } = config
  const ofObjects = objectAccess(config)
  const ofInfo = infoAccess(config)
  if (![ofSite, ofInfo, ...routes.map(({ access }) => access), ...Object.values(ofObjects)].some(isRules)) return []
  const lines = routes.map(({ match, access = ofSite }, i) => {
    const path = typeof match === 'string' ? match : (match.path ?? '/*')
    return `routes[${i}] ${path}: ${asked(access)}`
  })
  const reached = Object.keys(objects).filter((name) => !isHidden(objects[name]))
  const ofServers = reached.map((name) => `objects.${name} /…@${name}: ${asked(ofObjects[name] ?? ofSite)}`)
  return [...lines, ...ofServers, ...(ofInfo === undefined ? [] : [`info /info@root: ${asked(ofInfo)}`])]
}

function asked(access: Access | undefined): string {
  if (!isRules(access)) return 'anybody'
  return describeAccess(access)
    .map(([word, text]) => `${word} ${text}`)
    .join('; ')
}

/** Object servers whose objects anybody may call, where something else has a guard, in one sentence each. */
export function openObjects(config: Config): string[] {
  const { access: ofSite, routes, objects = {} } = config
  const ofObjects = objectAccess(config)
  if (![ofSite, ...routes.map(({ access }) => access), ...Object.values(ofObjects)].some(isRules)) return []
  return Object.keys(objects)
    .filter((name) => !isHidden(objects[name]) && !isRules(ofObjects[name] ?? ofSite) && ofObjects[name] !== 'public')
    .map(
      (name) =>
        `objects.${name}: anybody may call its objects at /…@${name}; say access, 'public' where that is meant, or url: false`,
    )
}

function isHidden(given: ObjectServerGiven = []): boolean {
  const { url } = serverOptions(given)
  return url === false || (typeof url === 'object' && url.length === 0)
}

/** What an operator should know of guards, in one sentence each. */
export function guardWarnings(config: Config, listen: readonly ListenAddress[]): string[] {
  const { access, routes, trustedProxies } = config
  const ofObjects = Object.values(objectAccess(config))
  const basic = [access, infoAccess(config), ...routes.map((route) => route.access), ...ofObjects]
    .flatMap(rulesIn)
    .some(({ scheme }) => scheme === 'basic')
  // Behind a proxy that is trusted, TLS ends there.
  if (!basic || (trustedProxies?.length ?? 0) > 0) return []
  const open = listen.find(
    ({ unix, host = '127.0.0.1', tls }) => unix === undefined && tls === undefined && !isHere(host),
  )
  if (open === undefined) return []
  return [`passwords come to port ${open.port} without TLS: whoever is on the way can read them. Put tls on it.`]
}

/** @throws ConfigError where certificates of clients are gone by that nobody asks for. */
export function checkCertificateGuards(config: Config, listen: readonly ListenAddress[], source: Source): void {
  const { access, routes } = config
  if (listen.some(({ clients }) => clients !== undefined)) return
  const why = 'no address asks clients for certificates: listen: [{ tls, clients: { authorities } }]'
  const named = (one: Access | undefined) => rulesIn(one).some(namesCertificate)
  if (named(access)) throw new ConfigError(faultAt(['access'], why, source))
  if (named(infoAccess(config))) throw new ConfigError(faultAt(['info', 'access'], why, source))
  const index = routes.findIndex((route) => named(route.access))
  if (index >= 0) throw new ConfigError(faultAt(['routes', index, 'access'], why, source))
  const object = Object.entries(objectAccess(config)).find(([, one]) => named(one))
  if (object !== undefined) throw new ConfigError(faultAt(['objects', object[0], 'access'], why, source))
}

function namesCertificate({ scheme }: AccessRules): boolean {
  return typeof scheme === 'object' && Object.hasOwn(scheme, 'certificate')
}

function isRules(access: Access | undefined): access is AccessRules {
  return access !== undefined && access !== 'public'
}

function isHere(host: string): boolean {
  return host === 'localhost' || (host !== '' && isLoopback(host))
}
