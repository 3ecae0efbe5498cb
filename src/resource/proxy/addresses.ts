import { isAbsolute, resolve } from 'node:path'
import { canonicalPath } from '../../message/path.ts'
import { isAuthority } from '../../message/target.ts'
import type { ProxyOptions } from './options.ts'

/** An HTTP server that requests are forwarded to. */
export interface ProxyAddress {
  /** For the wire: `http://host:port`, `https://host`, `unix:PATH`. */
  readonly text: string
  /** Where it is as its own answers say it: `http://host:port`; of a Unix socket `http://localhost`. */
  readonly origin: string
  /** What takes the place of the mount; undefined where the path goes as it is. */
  readonly path: string | undefined
  readonly weight: number
}

const URL_FORM = /^(https?):\/\/([^/?#]*)(\/[^?#]*)?$/i

/**
 * @param text `http://host[:port][/path]`, `https://…`, `unix:PATH`.
 * @param base The folder that the path of a Unix socket is taken from.
 * @throws TypeError for what is no address.
 */
export function proxyAddress(text: string, base: string = '', weight: number = 1): ProxyAddress {
  if (text.startsWith('unix:') && text.length > 5) {
    const file = text.slice(5)
    const path = base === '' || isAbsolute(file) ? file : resolve(base, file)
    return { text: `unix:${path}`, origin: 'http://localhost', path: undefined, weight }
  }
  const [, scheme = '', authority = '', path] = URL_FORM.exec(text) ?? []
  const host = authority.replace(/:\d*$/, '')
  const port = /:(\d+)$/.exec(authority)?.[1]
  const bad = host === '' || !isAuthority(authority) || authority.endsWith(':') || Number(port ?? 1) > 65535
  if (bad || Number(port ?? 1) < 1) {
    throw new TypeError(`${JSON.stringify(text)} is no address: give http://host:port, https://host or unix:PATH`)
  }
  const origin = `${scheme.toLowerCase()}://${authority.toLowerCase()}`
  return { text: origin, origin, path: path === undefined ? undefined : basePath(path), weight }
}

/** The addresses of a route. @throws TypeError for ones that are none, or do not go together. */
export function proxyAddresses(given: ProxyOptions['address'], base: string): readonly ProxyAddress[] {
  const list = typeof given === 'string' ? [given] : given
  const addresses = list.map((one) =>
    typeof one === 'string' ? proxyAddress(one, base) : proxyAddress(one.address, base, one.weight),
  )
  const [first] = addresses
  if (first === undefined) throw new TypeError('there is no address to forward to')
  if (addresses.some(({ path }) => path !== first.path)) {
    throw new TypeError('the addresses have not all the same path: a request would mean another thing on each')
  }
  if (new Set(addresses.map(({ text }) => text)).size < addresses.length) {
    throw new TypeError('an address is there twice: give it a weight')
  }
  return addresses
}

/** A path that takes the place of another one: it begins with a slash. @throws TypeError for one that is none. */
export function basePath(path: string): string {
  const canonical = canonicalPath(path)
  if (canonical === undefined) throw new TypeError(`${JSON.stringify(path)} is no path: it begins with /`)
  return canonical
}

/** The host and port of an origin, without the port that goes without saying. */
export function authorityOf(origin: string): string {
  const authority = origin.replace(/^https?:\/\//, '')
  return authority.replace(origin.startsWith('https:') ? /:443$/ : /:80$/, '')
}
