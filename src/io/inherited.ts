import { fstatSync, readFileSync, realpathSync } from 'node:fs'
import { isIPv6, Socket, SocketAddress } from 'node:net'
import { basename, dirname, join } from 'node:path'
import type { ListenAddress } from './bound.ts'
import type { InheritedSocket } from './systemd.ts'

/** A socket that was handed over, with the address that it listens at, or what is wrong with it. */
export interface FoundSocket extends InheritedSocket {
  readonly at: TcpAddress | UnixAddress | { readonly wrong: string }
}

interface TcpAddress {
  readonly host: string
  readonly port: number
}

interface UnixAddress {
  /** Undefined where the system does not tell: a socket of another network namespace. */
  readonly unix: string | undefined
}

/** An address, perhaps with a socket that listens there already, by its descriptor. */
export interface ListenPlace extends ListenAddress {
  readonly fd?: number
}

export interface Matched {
  /** Where to listen: the entries of the config, those that have a socket already with its descriptor. */
  readonly listen: readonly ListenPlace[]
  /** For each socket that no entry is for: a sentence that says so, and what to do. */
  readonly faults: readonly string[]
}

/** Finds where a socket that was handed over listens. It goes on listening, and may be listened on afterwards. */
export function findSocket({ fd, name }: InheritedSocket): FoundSocket {
  try {
    if (!fstatSync(fd).isSocket()) return { fd, name, at: { wrong: 'is no socket' } }
    // Reads the address and nothing else. It is never closed, for that would close the descriptor.
    const socket = new Socket({ fd, readable: false, writable: false }).unref()
    if (socket.remoteAddress !== undefined) return { fd, name, at: { wrong: 'is a connection: say Accept=no' } }
    const bound = socket.address()
    if (!('port' in bound)) return { fd, name, at: unixSocketAt(readFileSync('/proc/net/unix', 'utf8'), inodeOf(fd)) }
    return { fd, name, at: { host: bound.address, port: bound.port } }
  } catch (error) {
    return { fd, name, at: { wrong: `is no socket that listens for streams (${(error as Error).message})` } }
  }
}

/** The path of a Unix socket by its inode, from /proc/net/unix (proc_net(5)). */
export function unixSocketAt(table: string, inode: string): FoundSocket['at'] {
  for (const line of table.split('\n')) {
    const [, flags = '', type, at, path] = /^\S+: \S+ \S+ (\S+) (\S+) \S+ +(\d+)(?: (.*))?$/.exec(line) ?? []
    if (at !== inode) continue
    if (type !== '0001') return { wrong: 'is no socket for streams: use ListenStream=' }
    if ((Number.parseInt(flags, 16) & ACCEPTS) === 0) return { wrong: 'is a connection: say Accept=no' }
    return { unix: path }
  }
  return { unix: undefined }
}

/** The flag of a socket that listens (__SO_ACCEPTCON). */
const ACCEPTS = 0x10000

function inodeOf(fd: number): string {
  return String(fstatSync(fd, { bigint: true }).ino)
}

/**
 * Which entry of `listen` has a socket already, by its address. Where the config has no `listen`, the sockets are where
 * it listens. The others are opened as usual; a socket that no entry is for is a fault: nobody would answer there.
 */
export function matchSockets(
  listen: readonly ListenAddress[] | undefined,
  sockets: readonly FoundSocket[],
  sameFile: (a: string, b: string) => boolean = isSameFile,
): Matched {
  const places: ListenPlace[] = [...(listen ?? [])]
  const faults: string[] = []
  for (const socket of sockets) {
    const { fd, at } = socket
    const index = 'wrong' in at ? -1 : places.findIndex((place) => place.fd === undefined && isAt(place, at, sameFile))
    const place = places[index]
    if (place !== undefined) places[index] = { ...place, fd }
    else if (listen === undefined && !('wrong' in at)) places.push(placeOf(at, fd))
    else faults.push(fault(socket, places))
  }
  return { listen: places, faults }
}

function isAt(place: ListenPlace, at: TcpAddress | UnixAddress, sameFile: (a: string, b: string) => boolean): boolean {
  if ('unix' in at) return place.unix !== undefined && (at.unix === undefined || sameFile(place.unix, at.unix))
  const { host = '127.0.0.1', port, unix } = place
  if (unix !== undefined || port !== at.port) return false
  return host === 'localhost' ? ['127.0.0.1', '::1'].includes(at.host) : plain(host) === plain(at.host)
}

/** One spelling for each address (RFC 5952). */
function plain(host: string): string {
  return isIPv6(host) && !host.includes('%') ? new SocketAddress({ address: host, family: 'ipv6' }).address : host
}

/** In a folder that has two names, as /run and /var/run, too. */
function isSameFile(a: string, b: string): boolean {
  return a === b || realPath(a) === realPath(b)
}

function realPath(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path))
  } catch {
    return path
  }
}

function placeOf(at: TcpAddress | UnixAddress, fd: number): ListenPlace {
  if ('unix' in at) return { unix: at.unix ?? `(descriptor ${fd})`, fd }
  return { host: at.host, port: at.port, fd }
}

function fault({ fd, name, at }: FoundSocket, places: readonly ListenPlace[]): string {
  const socket = `the socket ${JSON.stringify(name)} that systemd hands over (descriptor ${fd})`
  if ('wrong' in at) return `${socket} ${at.wrong}`
  if ('unix' in at) {
    return `${socket} is at ${at.unix ?? 'a path that the system does not tell'}, and no entry of listen is: add { unix: ${JSON.stringify(at.unix ?? 'PATH')} }, or take it out of the socket unit`
  }
  const near = places.find(({ port, unix, fd: taken }) => unix === undefined && taken === undefined && port === at.port)
  const hint = near === undefined ? 'add' : `an entry has ${near.host ?? '127.0.0.1'} instead: write`
  return `${socket} is at ${at.host} port ${at.port}, and no entry of listen is: ${hint} { port: ${at.port}, host: ${JSON.stringify(at.host)} }, or take it out of the socket unit`
}
