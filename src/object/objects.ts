import type { Handler } from '../message/interface.ts'
import { suggestion } from '../message/suggest.ts'
import { objectAddress } from '../protocol/object/names.ts'
import type { ObjectServer } from './server.ts'

/** An object server as a site has it. */
export interface MountedServer {
  readonly server: ObjectServer
  /**
   * What answers in the end: several for an alias. Servers that have one of them in common are known by two names. Its
   * handle where it is left out.
   */
  readonly ends?: readonly string[]
  /**
   * Which of its objects answer at `/object@server`: all, none, or these; where it is left out, all but those that
   * something else names.
   */
  readonly url?: boolean | readonly string[]
  /** The names and handles that it stands for, where it is an alias. */
  readonly aliasOf?: readonly string[]
}

/** An object of a site: `echo@paul`. */
export interface FoundObject {
  readonly object: string
  /** The name of its server. */
  readonly name: string
  readonly server: ObjectServer
}

/** What is known of whatever answers in the end, by whichever names. */
interface End {
  readonly names: string[]
  /** What some of these say of its URLs, where that is not all. */
  readonly limits: NonNullable<MountedServer['url']>[]
  /** The objects that something names. */
  readonly claimed: Set<string>
}

interface Known extends MountedServer {
  readonly ends: readonly string[]
}

/** The object servers of a site, by their names. */
export class Objects {
  readonly #servers = new Map<string, Known>()
  readonly #ends = new Map<string, End>()

  constructor(servers: Readonly<Record<string, MountedServer>>) {
    for (const [name, mounted] of Object.entries(servers)) {
      const { ends = [mounted.server.handle], url } = mounted
      this.#servers.set(name, { ...mounted, ends })
      for (const one of ends) {
        const end = this.#ends.get(one) ?? { names: [], limits: [], claimed: new Set() }
        end.names.push(name)
        if (url !== undefined && url !== true) end.limits.push(url)
        this.#ends.set(one, end)
      }
    }
  }

  /** What they are called, in the order given. */
  get names(): readonly string[] {
    return [...this.#servers.keys()]
  }

  /** The names and handles that one stands for; undefined where it is no alias. */
  aliasOf(name: string): readonly string[] | undefined {
    return this.#servers.get(name)?.aliasOf
  }

  server(name: string): ObjectServer | undefined {
    return this.#servers.get(name)?.server
  }

  /** An object by its address. @param address `echo@paul`. @throws TypeError for what is none, and for a server that is not there. */
  find(address: string): FoundObject {
    const { object, server: name } = objectAddress(address)
    const server = this.server(name)
    if (server === undefined) throw noServer(address, name, this.names)
    return { object, name, server }
  }

  /** What has an object answer. @param address `echo@paul`. @throws TypeError as `find`. */
  handler(address: string): Handler {
    const { object, server } = this.find(address)
    return (request, connection) => server.call(object, request, connection)
  }

  /**
   * Notes that something names an object: a route, a guard, a log. It then answers there, and by its URL only where the
   * config says so. To be called before the first request. @throws TypeError as `find`.
   */
  claim(address: string): void {
    const { object, name } = this.find(address)
    for (const one of this.#servers.get(name)?.ends ?? []) this.#ends.get(one)?.claimed.add(object)
  }

  /** Whether an object answers by its URL, `/object@name`. */
  reachable(object: string, name: string): boolean {
    const mounted = this.#servers.get(name)
    if (mounted === undefined) return false
    if (mounted.url !== undefined) return allows(mounted.url, object)
    // By none of its names there is a way round what is said of another one.
    return mounted.ends.every((one) => {
      const { claimed, limits = [] } = this.#ends.get(one) ?? {}
      return claimed?.has(object) !== true && limits.every((url) => allows(url, object))
    })
  }

  /** The other names by which some of the same objects can be reached, as those of an alias. */
  namesBeside(name: string): readonly string[] {
    const names = (this.#servers.get(name)?.ends ?? []).flatMap((one) => this.#ends.get(one)?.names ?? [])
    return [...new Set(names)].filter((other) => other !== name)
  }

  /** Whether no object of a server answers by its URL. */
  isHidden(name: string): boolean {
    const { url } = this.#servers.get(name) ?? { url: false }
    return url === false || (typeof url === 'object' && url.length === 0)
  }
}

function allows(url: NonNullable<MountedServer['url']>, object: string): boolean {
  return typeof url === 'object' ? url.includes(object) : url
}

function noServer(address: string, name: string, names: readonly string[]): TypeError {
  const meant = suggestion(name, names)
  const known = names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`
  const hint = meant === undefined ? known : `did you mean "${address.replace(/@.*/, '')}@${meant}"?`
  return new TypeError(`${address}: there is no object server ${name}; ${hint}`)
}
