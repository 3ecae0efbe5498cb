import { resolve } from 'node:path'
import { applicationCalled } from '../gateway/applications.ts'
import { fastCgiUpstream } from '../gateway/fastcgi/backends.ts'
import { suggestion } from '../message/suggest.ts'
import { type AliasMember, aliasOf } from '../object/alias.ts'
import { LocalServer } from '../object/local-server.ts'
import { type FoundObject, type MountedServer, Objects } from '../object/objects.ts'
import { WireServer } from '../object/wire-server.ts'
import { SiteObjects } from '../site/object-routes.ts'
import { ownIdentity } from '../site/own-identity.ts'
import { AliasMembers } from './alias-members.ts'
import type { Config } from './config.ts'
import type { Source } from './fault.ts'
import { ModuleError, type Modules } from './modules.ts'
import { objectAccess } from './object-access.ts'
import { type ObjectEnd, objectApplicationOf, objectEnds, refusing } from './object-ends.ts'
import { serverOptions } from './object-options.ts'
import type { KeyPath } from './place.ts'
import { publishedBy } from './published-modules.ts'

/** Where the object servers of a config are read. */
export interface ObjectsReading {
  readonly base: string
  readonly source: Source
  readonly modules: Modules
  /** Only to explain: modules are not loaded. */
  readonly explaining?: boolean | undefined
}

/** How many run at once in a process is decided before, by who chooses it. */
const MANY = 65536
/** Calls that wait for a process; more are answered 503. */
const QUEUE = 1024

/** The object servers of a config. @throws ConfigError that says which cannot be, and why. */
export async function objectsOf(config: Config, reading: ObjectsReading): Promise<Objects> {
  const { base, source } = reading
  const identity = ownIdentity(config.routes, [config.access, ...Object.values(objectAccess(config))])
  const refuse = refusing(source)
  const ends = new Map([...objectEnds(config, base, source)].map((end) => [end.path.join('/'), end]))
  const members = new AliasMembers(config, ends, refuse)
  const servers: Record<string, MountedServer> = Object.create(null)
  for (const [name, given] of Object.entries(config.objects ?? {})) {
    const { handle, url, timeouts } = serverOptions(given)
    const all = members.of(name)
    const common = {
      ends: all.map((end) => idOf(end, base)),
      ...(url !== undefined && { url }),
      ...(typeof handle !== 'string' && { aliasOf: handle }),
    }
    const calls = all.flatMap((end) => memberOf(end, base) ?? [])
    const [first] = calls
    if (first === undefined) servers[name] = { ...common, server: await localServer(all, reading, refuse) }
    else {
      const upstream = typeof handle === 'string' ? first.upstream : aliasOf(`objects.${name}`, calls.map(alone))
      const text = typeof handle === 'string' ? handle : handle.join(', ')
      servers[name] = {
        ...common,
        server: new WireServer({ handle: text, upstream, timeouts, identity, report: config.report }),
      }
    }
  }
  const objects = new Objects(servers)
  for (const [i, route] of config.routes.entries()) {
    const { object } = route
    if (object === undefined) continue
    orRefuse(['routes', i, 'object'], () => checkRouted(object, objects.find(object), reading), refuse)
  }
  return objects
}

/** The same for a site. @param guarded The config with what its access takes. */
export function siteObjects(objects: Objects, guarded: Config): SiteObjects {
  return new SiteObjects(objects, objectAccess(guarded))
}

/** What it is known by, whatever it is called: a command is another process for each name, with the same objects. */
function idOf({ handle }: ObjectEnd, base: string): string {
  switch (handle.kind) {
    case 'module':
      return `module:${handle.file}`
    case 'command':
      return `command:${base}:${handle.command.trim()}`
    case 'fastcgi':
      return `fastcgi:${handle.address.toLowerCase().replace(/^(?:localhost|\[::1\]):/, '127.0.0.1:')}`
  }
}

/** How it is called; undefined for what is in this process. */
function memberOf(end: ObjectEnd, base: string): AliasMember | undefined {
  const { handle, options, text } = end
  const { connections } = options
  if (handle.kind === 'fastcgi') {
    const { address } = handle
    const given = { address, objects: true, ...(connections !== undefined && { connections }) }
    return { handle: text, upstream: fastCgiUpstream(given) }
  }
  const spec = objectApplicationOf(end, base)
  if (spec === undefined) return undefined
  const application = applicationCalled({
    key: spec.key,
    name: spec.name,
    connections: spec.connections,
    queue: options.queue ?? QUEUE,
    upstream: (address) => fastCgiUpstream({ address, connections: MANY, keepAlive: true, objects: true }),
  })
  const answers = (): boolean => application.members.length > 0
  return { handle: text, upstream: application, weight: spec.processes.min, answers }
}

/** One of several chooses a process by itself, and that can be done only once for a call that is to be quick. */
function alone(member: AliasMember): AliasMember {
  return member.answers === undefined ? member : { ...member, upstream: { open: member.upstream.open } }
}

/** Objects of other processes may come later. @throws TypeError for one that a module of this process does not publish. */
function checkRouted(address: string, { object, server, name }: FoundObject, { explaining }: ObjectsReading): void {
  if (explaining === true || !(server instanceof LocalServer) || server.has(object, 'handler')) return
  const meant = suggestion(object, server.routed)
  const hint = meant === undefined ? '' : `; did you mean "${meant}@${name}"?`
  throw new TypeError(`${address}: ${server.handle} has no object ${object} that answers requests${hint}`)
}

async function localServer(
  [end]: readonly ObjectEnd[],
  { modules, explaining }: ObjectsReading,
  refuse: (path: KeyPath, cause: Error) => never,
): Promise<LocalServer> {
  if (end?.handle.kind !== 'module') throw new TypeError('an object server is nowhere')
  const { file } = end.handle
  if (explaining === true) return new LocalServer(end.text, new Map())
  try {
    const { objects } = await publishedBy(file, modules)
    return new LocalServer(end.text, objects)
  } catch (cause) {
    if (!(cause instanceof ModuleError || cause instanceof TypeError)) throw cause
    return refuse(end.path, cause)
  }
}

function orRefuse(path: KeyPath, act: () => unknown, refuse: (path: KeyPath, cause: Error) => never): void {
  try {
    act()
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    refuse(path, cause)
  }
}

/** The modules that are published here: never served as files. */
export function objectModules(config: Config, base: string, source: Source): string[] {
  return [...objectEnds(config, base, source)].flatMap(({ handle }) => (handle.kind === 'module' ? [handle.file] : []))
}

/** What commands name: the programs and scripts that are run, and never served as files. */
export function objectScripts(config: Config, base: string, source: Source): string[] {
  return [...objectEnds(config, base, source)].flatMap((end) => {
    const spec = objectApplicationOf(end, base)
    return spec === undefined ? [] : spec.command.map((word) => resolve(spec.cwd, word))
  })
}
