import { resolve } from 'node:path'
import type { ServedCertificates } from '../acme/served.ts'
import type { EngineOptions } from '../door/engine.ts'
import { DEFAULT_LIMITS } from '../door/settings.ts'
import { networks } from '../io/addresses.ts'
import type { ListenAddress } from '../io/bound.ts'
import { descriptorLimit, fitConnections } from '../io/descriptors.ts'
import { softwareName } from '../io/software.ts'
import type { Report } from '../message/exchange.ts'
import { loadFormParser } from '../message/form.ts'
import type { Logger } from '../message/interface.ts'
import type { ApplicationSpec } from '../process/specification.ts'
import { loadWriting } from '../resource/files/lazy-writer.ts'
import { loadMediaTypes } from '../resource/files/media-types.ts'
import { LATE_KINDS, loadKind } from '../site/late-kinds.ts'
import type { Route } from '../site/route.ts'
import { Site } from '../site/site.ts'
import { acmeFolder, buildAcme } from './acme.ts'
import { type Config, ConfigError } from './config.ts'
import { errorModules, errorPages } from './error-pages.ts'
import { faultAt, type Source } from './fault.ts'
import { infoAccess, infoOptions } from './info.ts'
import { loadModule } from './load-module.ts'
import { logPaths, writesLogs } from './log-places.ts'
import type { Logs } from './logs.ts'
import { Modules } from './modules.ts'
import type { KeyPath } from './place.ts'
import { checkFolder, checkPrograms, executed, executedFiles } from './programs.ts'
import { checkProxy, proxyFiles } from './proxies.ts'
import { withheldFiles } from './withheld.ts'

/** A config made real: the site, and what its front doors need. */
export interface Built {
  readonly site: Site
  readonly listen: readonly ListenAddress[]
  readonly engine: EngineOptions
  /** What orders and renews certificates, once the server listens. */
  readonly acme?: ServedCertificates
  /** What is to be run for it. */
  readonly applications: readonly ApplicationSpec[]
  /** What is told of exchanges, to be opened when they are served. */
  readonly logs?: Logs
  /** What the error log is told by. */
  readonly report?: Report
}

export interface BuildOptions {
  /** The folder that relative paths are taken from. */
  readonly base: string
  /** Where the config came from, for messages. */
  readonly source: Source
  /** Files that are never served: the config. */
  readonly withhold?: readonly string[]
  /** The reading that the config came from: its modules are of the same one. */
  readonly modules?: Modules
  /** What ordered certificates for the config before, to go on; or what a process has that orders none itself. */
  readonly acme?: ServedCertificates | undefined
  /** False where somebody else reads the certificates, who may. */
  readonly certificates?: boolean
  /** Somebody else listens for the site: nobody knows who can come. */
  readonly hosted?: boolean
  /** Only to explain: modules are not loaded, certificates not read. */
  readonly explaining?: boolean
}

const DEFAULT_LISTEN: readonly ListenAddress[] = [{ port: 8080 }]

/** @throws ConfigError that says which part cannot be used, and why. */
export async function buildConfig(config: Config, options: BuildOptions): Promise<Built> {
  const { base, source } = options
  const listen = addressesOf(config, base)
  for (const [i, route] of config.routes.entries()) checkPaths(route, i, listen, options)
  const applications = await applicationsIn(config, options)
  const access = saysWhoMay(config) ? await import('./access.ts') : undefined
  if (access !== undefined && config.listen !== undefined) {
    const { checkCertificateGuards } = await import('./guarding.ts')
    checkCertificateGuards(config, listen, source)
  }
  // Modules that were compiled before name the lines that somebody wrote.
  if (config.development === true) process.setSourceMapsEnabled(true)
  const routes: Route[] = []
  const modules = options.modules ?? new Modules()
  const reading = { base, source, modules, explaining: options.explaining }
  const published = config.objects === undefined ? undefined : await import('./objects.ts')
  const objects = await published?.objectsOf(config, reading)
  const naming = { ...reading, objects }
  const guarded = (await access?.withAccess(config, naming)) ?? config
  for (const [i, route] of guarded.routes.entries()) routes.push(await withModules(route, i, modules, options))
  const errors = await errorPages(config.errors, ['errors'], modules, options)
  await loadLibraries(config.routes)
  if (options.explaining !== true && config.routes.some(({ cgi }) => cgi !== undefined)) {
    const { spawnMethod } = await import('../io/spawn/spawn.ts')
    await spawnMethod()
  }
  const keys = acmeFolder(config, base)
  const folders = keys === undefined ? [] : [keys]
  const secrets = [...secretPaths(config, listen, options), ...(access?.accessFiles(config, base) ?? [])]
  const paths = [...secrets, ...modulePaths(config, base), ...(published?.objectModules(config, base, source) ?? [])]
  const logged = logPaths(config, base)
  const secret = withheldFiles(paths, folders, [], logged)
  const withheld = withheldFiles(
    [...paths, ...executedFiles(config.routes, base), ...(published?.objectScripts(config, base, source) ?? [])],
    folders,
    executed(config.routes, base),
    logged,
  )
  const acme = await buildAcme(config, options)
  const { limits, timeouts, trustedProxies, log, report, intercept } = config
  if (trustedProxies !== undefined) orFault(['trustedProxies'], source, () => networks(trustedProxies))
  const middleware = [...(acme === undefined ? [] : [acme.middleware]), ...(config.middleware ?? [])]
  const logs = writesLogs(config) ? await (await import('./build-logs.ts')).logsOf(config, options, naming) : undefined
  const site = orFault([], source, () => {
    const types = lowerKeys(config.types ?? {})
    const proxies = trustedProxies !== undefined && { trustedProxies }
    const place = { base, types, withheld, secret, via: config.server !== false, ...proxies }
    return new Site({
      routes,
      errors,
      place,
      ...(guarded.access !== undefined && { access: guarded.access }),
      ...(published !== undefined && objects !== undefined && { objects: published.siteObjects(objects, guarded) }),
      info: orFault(['info'], source, () => infoOptions(guarded, options.hosted === true ? undefined : listen)),
      ...(intercept !== undefined && { intercept }),
      ...(config.development === true && { development: { withheld: withheldFiles(secrets, folders, [], logged) } }),
      ...(limits !== undefined && { limits }),
      log: logs?.loggers ?? (log as readonly Logger[] | undefined) ?? [],
      ...(config.requestId !== undefined && { requestId: config.requestId }),
      ...(report !== undefined && { report }),
      ...(middleware.length > 0 && { middleware }),
    })
  })
  if (options.explaining !== true && options.certificates !== false) await checkCertificates(listen, source)
  const connections = fitConnections(limits?.connections ?? DEFAULT_LIMITS.connections, descriptorLimit())
  const engine = {
    limits: { ...defined(limits ?? {}), connections },
    ...(timeouts !== undefined && { timeouts: defined(timeouts) }),
    ...(trustedProxies !== undefined && { trustedProxies }),
    ...(acme !== undefined && { automatic: acme }),
    ...(config.server !== false && { server: config.server ?? softwareName() }),
  }
  return {
    site,
    listen,
    engine,
    applications,
    ...(logs !== undefined && { logs }),
    ...(report !== undefined && { report }),
    ...(acme !== undefined && { acme }),
  }
}

/** The applications that a config has run: only those who have some need what looks at them. */
async function applicationsIn(
  config: Config,
  { base, source, certificates }: BuildOptions,
): Promise<ApplicationSpec[]> {
  if (!hasApplications(config)) return []
  const { applicationsOf, checkApplications } = await import('./applications.ts')
  const applications = applicationsOf(config, base, source)
  if (certificates !== false) checkApplications(config, base, source)
  return applications
}

/** Whether Oriel runs an application for any route. */
export function hasApplications({ routes, objects }: Config): boolean {
  return objects !== undefined || routes.some(({ app, wsgi }) => app !== undefined || wsgi !== undefined)
}

/** Whether a config has guards of any kind, for itself or for other web servers. */
function saysWhoMay(config: Config): boolean {
  const { access, routes, objects = {} } = config
  return (
    access !== undefined ||
    infoAccess(config) !== undefined ||
    Object.values(objects).some((one) => typeof one === 'object' && 'access' in one) ||
    routes.some((route) => route.access !== undefined || route.authorize !== undefined)
  )
}

/** Before a program that serves gives up its rights, and perhaps that to read them. */
async function loadLibraries(routes: readonly Route[]): Promise<void> {
  if (routes.some(({ files, fastcgi, scgi }) => [files, fastcgi, scgi].some((one) => one !== undefined)))
    await loadMediaTypes()
  if (routes.some(({ files }) => typeof files === 'object' && Boolean(files.write))) await loadWriting()
  for (const kind of LATE_KINDS) if (routes.some((route) => route[kind] !== undefined)) await loadKind(kind)
  if (routes.some(({ module, resource }) => module !== undefined || resource !== undefined)) await loadFormParser()
}

/** Whether the folders and programs that a route names are there, and may be used. */
function checkPaths(
  route: Route,
  index: number,
  listen: readonly ListenAddress[],
  { base, source }: BuildOptions,
): void {
  const refuse = (path: KeyPath, why: string): never => {
    throw new ConfigError(faultAt(path, why, source))
  }
  const { files } = route
  if (files !== undefined) {
    const path = ['routes', index, 'files', ...(typeof files === 'string' ? [] : ['root'])]
    checkFolder(resolve(base, typeof files === 'string' ? files : files.root), path, refuse)
  }
  checkPrograms(route, ['routes', index], base, refuse)
  checkProxy(route, ['routes', index], listen, base, refuse)
}

async function checkCertificates(listen: readonly ListenAddress[], source: Source): Promise<void> {
  for (const [i, { tls, clients }] of listen.entries()) {
    if (tls === undefined) continue
    const [{ tlsOptions }, { readAuthorities, readCertificates }] = await Promise.all([
      import('../io/tls.ts'),
      import('../io/certificate.ts'),
    ])
    if (clients !== undefined) orFault(['listen', i, 'clients'], source, () => readAuthorities(clients))
    if (tls === 'acme') continue
    for (const [j, files] of tls.entries()) {
      orFault(['listen', i, 'tls', j], source, () => tlsOptions(readCertificates([files])))
    }
  }
}

async function withModules(route: Route, index: number, modules: Modules, options: BuildOptions): Promise<Route> {
  const path = ['routes', index]
  const { module, errors } = route
  return {
    ...route,
    ...(typeof module === 'string' && { module: await loadModule(module, [...path, 'module'], modules, options) }),
    ...(errors !== undefined && { errors: await errorPages(errors, [...path, 'errors'], modules, options) }),
  }
}

/** Where a config listens, its paths absolute. */
export function addressesOf(config: Config, base: string): ListenAddress[] {
  return (config.listen ?? DEFAULT_LISTEN).map((address) => absolute(address, base))
}

function absolute(address: ListenAddress, base: string): ListenAddress {
  const { unix, tls, clients } = address
  return {
    ...address,
    ...(clients !== undefined && { clients: { ...clients, authorities: resolve(base, clients.authorities) } }),
    ...(unix !== undefined && { unix: resolve(base, unix) }),
    ...(typeof tls === 'object' && {
      tls: tls.map((entry) => ({ ...entry, cert: resolve(base, entry.cert), key: resolve(base, entry.key) })),
    }),
  }
}

/** What nobody is shown, as a file or as source in an error: the config, and the keys that it names. */
function secretPaths(
  config: Config,
  listen: readonly ListenAddress[],
  { base, withhold = [] }: BuildOptions,
): string[] {
  const keys = listen.flatMap(({ tls }) => (tls === 'acme' ? [] : (tls ?? []))).flatMap(({ cert, key }) => [cert, key])
  const authorities = listen.flatMap(({ clients }) => clients?.authorities ?? [])
  return [...withhold, ...keys, ...authorities, ...proxyFiles(config.routes, base)]
}

/** The modules that a config names: they are run, and never served. */
function modulePaths(config: Config, base: string): string[] {
  const modules = config.routes.flatMap(({ module }) => (typeof module === 'string' ? [resolve(base, module)] : []))
  return [...modules, ...errorModules(config, base)]
}

/** What something makes, or its objection as a fault of the config. The site names the route itself, in its message. */
function orFault<T>(path: KeyPath, source: Source, make: () => T): T {
  try {
    return make()
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    const { message } = cause as Error
    throw new ConfigError(path.length === 0 ? `${source.name}: ${message}` : faultAt(path, message, source), { cause })
  }
}

/** Undefined values count as left out, and must not hide a default. */
function defined<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T
}

function lowerKeys(types: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(types).map(([suffix, type]) => [suffix.toLowerCase(), type]))
}
