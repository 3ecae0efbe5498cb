import { relative, resolve, sep } from 'node:path'
import { isLoopback } from '../io/addresses.ts'
import type { ListenAddress } from '../io/bound.ts'
import type { Config } from './config.ts'

/** What an operator should know of folders that can be written, in one sentence each. */
export function writingWarnings(
  { routes, access: ofSite, trustedProxies }: Config,
  listen: readonly ListenAddress[],
  base: string,
): string[] {
  // A proxy that is trusted brings the world to where only this machine connects.
  const behind = trustedProxies !== undefined && trustedProxies.length > 0
  const reachable =
    behind || listen.some(({ unix, host = '' }) => unix === undefined && host !== 'localhost' && !isLoopback(host))
  return routes.flatMap(({ files, access = ofSite }, i) => {
    if (typeof files !== 'object' || files.write === undefined || files.write === false) return []
    const told: string[] = []
    if (reachable && (access === undefined || access === 'public'))
      told.push(`routes[${i}]: anybody who reaches this server can write to ${files.root}: put access on the route.`)
    if (holds(resolve(base, files.root), resolve(base)))
      told.push(
        `routes[${i}]: who can write to ${files.root} can change the code of the site, which is in it: keep them apart.`,
      )
    return told
  })
}

function holds(folder: string, inner: string): boolean {
  const way = relative(folder, inner)
  return way !== '..' && !way.startsWith(`..${sep}`)
}
