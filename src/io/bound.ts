import { chmodSync, existsSync, lchownSync, lstatSync, renameSync, rmSync } from 'node:fs'
import * as net from 'node:net'
import { dirname, join } from 'node:path'
import { getSystemErrorName } from 'node:util'
import type { CertificateFiles, ClientCertificates } from './certificate.ts'
import { groupId } from './groups.ts'

/** Where a server listens: a port, or a Unix socket; with certificates, by TLS. */
export interface ListenAddress {
  /** 0 lets the system choose. */
  readonly port?: number
  /** An address or a name; `127.0.0.1` where it is left out. */
  readonly host?: string
  /** The path of a Unix socket, instead of a port. */
  readonly unix?: string
  /** The permissions of the Unix socket, octal: `0660`. Those that the system gives, where it is left out. */
  readonly mode?: string
  /** The group of the Unix socket, by name or number; its `mode` is `0660` then where it is left out. */
  readonly group?: string
  /** Certificates, or `acme` for those that an authority gives automatically. */
  readonly tls?: readonly CertificateFiles[] | 'acme'
  /** Which certificates of clients are believed, with `tls`. Without it they are not asked for any. */
  readonly clients?: ClientCertificates
  /** Whether HTTP/2 is spoken too: by TLS unless this is false, else only where it is true. */
  readonly http2?: boolean
}

/** The system's socket under a `net.Server`, as Node keeps it. It can be sent to another process of ours. */
export interface Handle {
  readonly fd: number
  close(): void
  getsockname?(out: object): number
}

/**
 * An address that is taken: nobody else can have it, and clients are accepted by every process that listens on the
 * handle. It is made here and not by `net.Server`, so that a process can own it and accept nothing itself.
 */
export interface Bound {
  readonly address: ListenAddress
  readonly handle: Handle
  /** Whether the service manager made it, and keeps it when we have gone. */
  readonly foreign: boolean
  /** Gives the address up; a Unix socket loses its name, unless another has taken it over or it is to be left. */
  close(leave?: boolean): void
}

interface Maker {
  _createServerHandle?: (host: string | null, port: number, family: number, fd?: number) => Handle | number
}

const FAMILY_OF_PATH = -1

/** The longest name of a Unix socket that systems take, in bytes (`sun_path`, without its NUL): a longer one is cut off. */
const LONGEST_PATH = process.platform === 'linux' ? 107 : 103

/**
 * Takes an address. @param over Whether a Unix socket on which somebody still listens is taken from them.
 * @throws the system's error, as `net.Server` gives it: EADDRINUSE, EACCES and the like.
 */
export async function bind(address: ListenAddress, over: boolean = false): Promise<Bound> {
  if (address.unix !== undefined) return bindPath(address, address.unix, over)
  const port = address.port ?? 0
  const host = address.host ?? '127.0.0.1'
  const { address: ip, family } = await resolved(host)
  return held(address, made({ host: ip, port, family }))
}

/** The name service is loaded by those who ask it. @throws the system's error for a name that it does not know. */
async function resolved(host: string): Promise<{ address: string; family: number }> {
  const family = net.isIP(host)
  return family === 0 ? (await import('node:dns/promises')).lookup(host) : { address: host, family }
}

/**
 * What was taken before, by the process that started this one.
 * @param whole Whether that process gives it up: this one then removes the name of a Unix socket.
 */
export function adopt(address: ListenAddress, handle: Handle, whole: boolean = false): Bound {
  return whole && address.unix !== undefined ? named(address, address.unix, handle) : held(address, handle)
}

/** What the service manager or the parent process opened. @throws Error where there is no socket of this number. */
export function adoptDescriptor(address: ListenAddress, fd: number): Bound {
  const handle = create(null, 0, FAMILY_OF_PATH, fd)
  if (typeof handle === 'number') throw systemError(handle, { port: -1, address: `with number ${fd}` })
  return { ...held(address, handle), foreign: true }
}

/** The same address again and again has the same key: by it a socket is found when the config is loaded again. */
export function keysOf(addresses: readonly ListenAddress[]): string[] {
  const seen = new Map<string, number>()
  return addresses.map(({ unix, host = '127.0.0.1', port = 0 }) => {
    const key = unix === undefined ? `${host.toLowerCase()}:${port}` : `unix:${unix}`
    const count = (seen.get(key) ?? 0) + 1
    seen.set(key, count)
    return count === 1 ? key : `${key}#${count}`
  })
}

/**
 * A Unix socket is made under another name, gets its mode, and is then renamed: nobody can connect before, one that a
 * killed server left is replaced at once, and closing the handle, which removes the name that it was made by, does not
 * take the name from a successor.
 */
async function bindPath(address: ListenAddress, path: string, over: boolean): Promise<Bound> {
  // A name that was mistyped may be that of somebody's file, which must not be replaced.
  const there = lstatSync(path, { throwIfNoEntry: false })
  if (there !== undefined && (!there.isSocket() || (!over && (await answers(path))))) {
    throw systemError('EADDRINUSE', { port: -1, address: path })
  }
  // The system says EACCES of a folder that is not there.
  if (!existsSync(dirname(path))) throw systemError('ENOENT', { port: -1, address: path })
  const first = join(dirname(path), `.${Math.random().toString(36).slice(2, 10)}`)
  if (Math.max(Buffer.byteLength(path), Buffer.byteLength(first)) > LONGEST_PATH) {
    throw systemError('ENAMETOOLONG', { port: -1, address: path })
  }
  const handle = create(first, -1, FAMILY_OF_PATH)
  if (typeof handle === 'number') {
    // Node says EACCES of a folder that is not there.
    const code = existsSync(dirname(path)) ? handle : 'ENOENT'
    throw systemError(code, { port: -1, address: path })
  }
  try {
    giveRights(first, address)
    renameSync(first, path)
  } catch (error) {
    handle.close()
    rmSync(first, { force: true })
    throw error
  }
  return named(address, path, handle)
}

/** A Unix socket whose name goes with it, if it is still its own. */
function named(address: ListenAddress, path: string, handle: Handle): Bound {
  const ino = lstatSync(path, { throwIfNoEntry: false })?.ino
  return {
    address,
    handle,
    foreign: false,
    close: (leave = false) => {
      handle.close()
      const now = lstatSync(path, { throwIfNoEntry: false })?.ino
      if (!leave && now !== undefined && now === ino) rmSync(path, { force: true })
    },
  }
}

/** Connecting takes the right to write (unix(7)); what a group may do is said when the socket is that group's. */
function giveRights(path: string, { mode, group }: ListenAddress): void {
  if (group !== undefined) lchownSync(path, -1, groupId(group))
  if ((mode ?? group) !== undefined) chmodSync(path, Number.parseInt(mode ?? '0660', 8))
}

/** Whether somebody listens on a Unix socket. One that is too busy, or lets us not in, is somebody too. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED'))
  })
}

function held(address: ListenAddress, handle: Handle): Bound {
  return { address, handle, foreign: false, close: () => handle.close() }
}

function made({ host, port, family }: { host: string; port: number; family: number }): Handle {
  const handle = create(host, port, family)
  if (typeof handle === 'number') throw systemError(handle, { port, address: host })
  // That the port is in use is kept until somebody asks for the name of the socket, or listens.
  const failed = handle.getsockname?.({}) ?? 0
  if (failed === 0) return handle
  handle.close()
  throw systemError(failed, { port, address: host })
}

/** What `cluster` makes the sockets with that its processes share; it has no other name. */
function create(host: string | null, port: number, family: number, fd?: number): Handle | number {
  const { _createServerHandle: make } = net as Maker
  if (make === undefined) throw new Error('this version of Node.js cannot share a listening socket between processes')
  return make(host, port, family, fd)
}

/** That an address cannot be listened on, as `bind` says it. */
export function listenError(code: string, { unix, port = 0, host = '127.0.0.1' }: ListenAddress): Error {
  return systemError(code, unix === undefined ? { port, address: host } : { port: -1, address: unix })
}

function systemError(code: number | string, where: { port: number; address: string }): Error {
  const name = typeof code === 'string' ? code : getSystemErrorName(code)
  const at = where.port < 0 ? where.address : `${where.address}:${where.port}`
  return Object.assign(new Error(`listen ${name}: ${at}`), { code: name, syscall: 'listen', ...where })
}
