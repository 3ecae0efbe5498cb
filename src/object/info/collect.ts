import { HttpError } from '../../message/errors.ts'
import { INFO, isName } from '../../protocol/object/names.ts'
import type { ServerInfo } from '../server.ts'
import { cleanDescription, cleanMethods } from './described.ts'
import type { ObjectEntry, ServerEntry } from './entries.ts'

/** An object server that is asked. */
export interface Asked {
  readonly name: string
  readonly kind: string
  readonly aliasOf?: readonly string[] | undefined
  /** Undefined where nothing is to be asked: an alias, whose members tell. */
  readonly info?: ((timeout: number) => Promise<ServerInfo>) | undefined
  /** Where an object is on the site; undefined where no URL leads there. */
  pathOf(object: string): string | undefined
}

/** Servers that are asked at once; one that is slow counts no more after a part of the time. */
const AT_ONCE = 64
const SLOW = 1 / 8
/** Objects that are told of one server, and characters that they may say. */
const MOST_OBJECTS = 20_000
const MOST_SAID = 4 * 1024 * 1024
/** Software that says anything else is not told. */
const SOFTWARE = /^[\x21-\x7e][\x20-\x7e]{0,99}$/
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/

/**
 * What object servers say of themselves, all asked at once and none waited for longer than the time. One that is slow, gone
 * or broken costs its own entry only.
 * @param timeout Milliseconds for the whole.
 */
export function collected(servers: readonly Asked[], timeout: number): Promise<ServerEntry[]> {
  const entries = servers.map((server) => without(server, 'There was no time left to ask it.'))
  const due = performance.now() + timeout
  return new Promise((resolve) => {
    let next = 0
    let left = servers.length
    let atOnce = 0
    const done = (): void => {
      clearTimeout(late)
      next = servers.length
      // What comes later is nobody's: the entries are being read.
      resolve([...entries])
    }
    const late = setTimeout(done, timeout)
    const go = (): void => {
      while (atOnce < AT_ONCE && next < servers.length) ask(next++)
      if (left === 0) done()
    }
    const ask = (i: number): void => {
      const server = servers[i] as Asked
      let counted = true
      const free = (): void => {
        if (counted) atOnce--
        counted = false
      }
      atOnce++
      const slow = setTimeout(() => {
        free()
        go()
      }, timeout * SLOW)
      entries[i] = without(server, IN_TIME)
      void entryOf(server, Math.max(1, Math.floor(due - performance.now()))).then((entry) => {
        clearTimeout(slow)
        entries[i] = entry
        left--
        free()
        go()
      })
    }
    go()
  })
}

/** Never rejected. */
async function entryOf(server: Asked, timeout: number): Promise<ServerEntry> {
  const { name, kind, aliasOf, info } = server
  const known = { name, kind, ...(aliasOf !== undefined && { aliasOf }) }
  if (info === undefined) return { ...known, answers: true, says: false }
  try {
    const said = await info(timeout)
    const { software = '', since = '' } = said
    return {
      ...known,
      answers: true,
      says: true,
      ...(SOFTWARE.test(software) && { software }),
      ...(RFC3339.test(since) && { since }),
      ...objectsOf(said, server),
    }
  } catch (error) {
    // It answered, and knows of FastCGI only: which objects it has is its secret.
    if (error instanceof HttpError && error.status === 501) return { ...known, answers: true, says: false }
    return without(server, reasonOf(error))
  }
}

function objectsOf({ objects }: ServerInfo, { pathOf }: Asked): Pick<ServerEntry, 'objects' | 'more'> {
  const told: ObjectEntry[] = []
  let left = MOST_SAID
  for (const { name, methods, authorizer, authenticator, logger, info } of objects.slice(0, MOST_OBJECTS)) {
    if (!isName(name) || name === INFO) continue
    const path = pathOf(name)
    const said = left > 0 ? cleanDescription(info, path) : undefined
    if (said !== undefined) left -= JSON.stringify(said).length
    told.push({
      name,
      ...(path !== undefined && { path }),
      methods: cleanMethods(methods),
      ...(authorizer === true && { authorizer }),
      ...(authenticator === true && { authenticator }),
      ...(logger === true && { logger }),
      ...(said !== undefined && { info: said }),
    })
  }
  const more = objects.length - MOST_OBJECTS
  return { objects: told, ...(more > 0 && { more }) }
}

const IN_TIME = 'It did not answer in time.'

/** For whoever reads the page: no address, no file, no words of the system. */
function reasonOf(error: unknown): string {
  const status = error instanceof HttpError ? error.status : 500
  if (status === 504) return IN_TIME
  if (status === 503) return 'It cannot be reached.'
  if (status === 502) return 'Its answer could not be understood.'
  return 'It could not be asked.'
}

function without({ name, kind, aliasOf }: Asked, reason: string): ServerEntry {
  return { name, kind, ...(aliasOf !== undefined && { aliasOf }), answers: false, says: false, reason }
}
