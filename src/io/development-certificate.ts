import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { isIP, isIPv6, SocketAddress } from 'node:net'
import { homedir, hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { selfSigned } from './self-signed.ts'

export interface DevelopmentCertificate {
  /** Certificate and key in one file, so that the two always fit: only its owner may read it. */
  readonly file: string
  /** The certificate alone, for whoever wants to trust it. */
  readonly certificate: string
}

const DAY = 86_400_000
const VALID = 30 * DAY
/** With less than this left, a new one is made: a server may run for a while. */
const LEFT = 10 * DAY
/** Names that were once asked for stay, so that two sites do not take turns in making it anew; but not without end. */
const MOST_NAMES = 50
const ALWAYS = ['localhost', '127.0.0.1', '::1']

/**
 * The certificate for development: kept in the user's cache folder, so that an exception made in a browser stays good,
 * and made anew where it is absent, ends soon, or lacks a name. @param hosts What is listened on.
 * @throws Error where the folder cannot be had, or belongs to somebody else.
 */
export function developmentCertificate(
  hosts: readonly string[],
  folder: string = cacheFolder(),
  now: Date = new Date(),
): DevelopmentCertificate {
  ownFolder(folder)
  const file = join(folder, 'development.pem')
  const certificate = join(folder, 'development.crt')
  const kept = readKept(file)
  const wanted = [...new Set([...ALWAYS, ...hosts.flatMap(namesOf)])]
  if (kept !== undefined && isGood(kept, wanted, now)) {
    if (readText(certificate) !== kept.toString()) replace(certificate, kept.toString(), 0o644)
    return { file, certificate }
  }
  const before = kept === undefined ? [] : namesIn(kept)
  const names = [...new Set([...wanted, ...before])].slice(0, Math.max(MOST_NAMES, wanted.length))
  const subject = `Oriel for development, ${now.toISOString().slice(0, 10)}`
  // An hour ago: the clock of whoever looks may be behind.
  const made = selfSigned(names, subject, new Date(now.getTime() - DAY / 24), new Date(now.getTime() + VALID))
  replace(file, `${made.key}${made.certificate}`, 0o600)
  replace(certificate, made.certificate, 0o644)
  return { file, certificate }
}

/** Where this user keeps what can be made again (XDG Base Directory Specification; macOS has a place of its own). */
function cacheFolder(): string {
  const { XDG_CACHE_HOME = '', LOCALAPPDATA } = process.env
  if (XDG_CACHE_HOME.startsWith('/')) return join(XDG_CACHE_HOME, 'oriel')
  if (process.platform === 'darwin') return join(homedir(), 'Library/Caches/oriel')
  if (process.platform === 'win32' && LOCALAPPDATA !== undefined) return join(LOCALAPPDATA, 'oriel')
  return join(homedir(), '.cache/oriel')
}

function ownFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const why = (cause as Error).message
    throw new Error(`the certificate for development has no place: ${why}. Name a folder by XDG_CACHE_HOME.`, { cause })
  }
  const stats = lstatSync(folder)
  const uid = process.getuid?.()
  // Who else can write there could put a key of their own in.
  if (!stats.isDirectory() || (uid !== undefined && stats.uid !== uid)) {
    throw new Error(`${folder} belongs to somebody else: name another folder by XDG_CACHE_HOME`)
  }
  if (uid !== undefined && (stats.mode & 0o077) !== 0) chmodSync(folder, 0o700)
}

/** The names of a host; of one that stands for all addresses, those of this machine. */
function namesOf(host: string): string[] {
  if (!['0.0.0.0', '::', ''].includes(host)) return [host.replace(/%.*$/, '')]
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address))
  const own = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i.test(hostname()) ? [hostname().toLowerCase()] : []
  return [...own, ...addresses.filter((address) => !address.startsWith('fe80:'))]
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Absent or not to be read: it is made anew.
    return undefined
  }
}

/** The certificate that is there, where its key is, too. */
function readKept(file: string): X509Certificate | undefined {
  const text = readText(file)
  if (text === undefined) return undefined
  try {
    const kept = new X509Certificate(text)
    return kept.checkPrivateKey(createPrivateKey(text)) ? kept : undefined
  } catch {
    // Half a file, or another one: it is made anew.
    return undefined
  }
}

function isGood(kept: X509Certificate, names: readonly string[], now: Date): boolean {
  const from = Date.parse(kept.validFrom)
  const left = Date.parse(kept.validTo) - now.getTime()
  const has = (name: string): boolean => (isIP(name) ? kept.checkIP(name) : kept.checkHost(name)) !== undefined
  return from <= now.getTime() && left > LEFT && names.every(has)
}

function namesIn({ subjectAltName = '' }: X509Certificate): string[] {
  const names = [...subjectAltName.matchAll(/(?:DNS|IP Address):([^\s,"]+)/g)].map((m) => m[1] ?? '')
  return names.map((name) => (isIPv6(name) ? new SocketAddress({ address: name, family: 'ipv6' }).address : name))
}

/** Whole or not at all, also where two processes begin at once. */
function replace(path: string, content: string, mode: number): void {
  const temporary = `${path}.${randomUUID()}`
  try {
    writeFileSync(temporary, content, { mode, flag: 'wx' })
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
