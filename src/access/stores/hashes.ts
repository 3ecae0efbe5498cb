import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { genSaltSync, hashSync } from 'bcryptjs'
import { apr1 } from './md5-crypt.ts'
import { DEFAULT_ROUNDS, shaCrypt } from './sha-crypt.ts'

export type HashKind = 'bcrypt' | 'sha256' | 'sha512' | 'apr1' | 'sha1' | 'plain'

/** What a file says of a password. */
export interface PasswordHash {
  readonly kind: HashKind
  /** As it stands in the file, in bytes: each character is one. */
  readonly text: string
  /** Roughly how long it takes, in microseconds. */
  readonly work: number
}

/** Each takes about a second at its limit: whoever may write to a file of hashes must not stop the server. */
export const MAX_BCRYPT_COST = 14
export const MAX_SHA_ROUNDS = 1_000_000
/** Bytes; what htpasswd(1) takes. SHA-crypt hashes a password as often as it has bytes. */
export const MAX_PASSWORD = 255
/** Of a longer password bcrypt hashes these first bytes alone. */
export const BCRYPT_BYTES = 72
/** Of hashes that are made here: 60 ms each where we measured. */
const BCRYPT_COST = 10
/** Microseconds from which on a hash is not for the thread that serves. */
const LONG = 100

type Groups = Readonly<Record<string, string | undefined>>

interface Kind {
  readonly pattern: RegExp
  /** Microseconds, roughly. @throws UnusableHash where it would take too long. */
  work(groups: Groups): number
  matches(password: string, groups: Groups): boolean
}

const KINDS: Readonly<Record<HashKind, Kind>> = {
  bcrypt: {
    pattern: /^(?<salt>\$2[aby]\$(?<cost>\d\d)\$[./A-Za-z0-9]{22})(?<hash>[./A-Za-z0-9]{31})$/,
    work: ({ cost }) => 55 * 2 ** within(Number(cost), 4, MAX_BCRYPT_COST, 'a cost of bcrypt'),
    matches: (password, { salt = '', hash }) => same(hashSync(password, salt).slice(-31), hash),
  },
  sha256: shaKind(
    'sha256',
    /^\$5\$(?:rounds=(?<rounds>\d{1,9})\$)?(?<salt>[!-#%-9;-~]{0,16})\$(?<hash>[./A-Za-z0-9]{43})$/,
  ),
  sha512: shaKind(
    'sha512',
    /^\$6\$(?:rounds=(?<rounds>\d{1,9})\$)?(?<salt>[!-#%-9;-~]{0,16})\$(?<hash>[./A-Za-z0-9]{86})$/,
  ),
  apr1: {
    pattern: /^\$apr1\$(?<salt>[!-#%-9;-~]{0,8})\$(?<hash>[./A-Za-z0-9]{22})$/,
    work: () => 1600,
    matches: (password, { salt = '', hash }) => same(apr1(Buffer.from(password), salt), hash),
  },
  sha1: {
    pattern: /^\{SHA\}(?<hash>[A-Za-z0-9+/]{27}=)$/,
    work: () => 2,
    matches: (password, { hash }) => same(createHash('sha1').update(password).digest('base64'), hash),
  },
  /** Digests are compared, so that the time tells nothing of the length either. */
  plain: {
    pattern: /^(?:\{PLAIN\}(?<tagged>.+)|(?!\$[^$]*\$|\{[A-Z\d-]+\})(?<bare>.+))$/s,
    work: () => 4,
    matches: (password, { tagged, bare = '' }) => same(digestOf(password, 'utf8'), digestOf(tagged ?? bare, 'latin1')),
  },
}

const NAMES = Object.keys(KINDS) as HashKind[]

/** Why a hash is not taken, and what to do. It never shows the hash. */
export class UnusableHash extends Error {
  override readonly name: string = 'UnusableHash'
}

/**
 * Understands what stands behind a name in a file of passwords.
 * @param text In bytes: each character is one. @param plain Whether what is no hash is the password itself.
 * @throws UnusableHash
 */
export function readHash(text: string, plain: boolean): PasswordHash {
  for (const kind of NAMES) {
    if (kind === 'plain' && !plain) continue
    const groups = groupsOf(kind, text)
    if (groups !== undefined) return { kind, text, work: KINDS[kind].work(groups) }
  }
  throw new UnusableHash(`${whatIs(text)}; "oriel passwd" sets it anew`)
}

/** Whether a password is worth hashing: an empty one is none, and a NUL would end it for the crypt of other programs. */
export function isPassword(password: string): boolean {
  return password !== '' && Buffer.byteLength(password) <= MAX_PASSWORD && !password.includes('\0')
}

/** Whether it takes so long that others must not wait for it. */
export function isSlow({ work }: PasswordHash): boolean {
  return work > LONG
}

/** Whether a password is the one that was hashed; compared in constant time. */
export function matches(password: string, { kind, text }: Pick<PasswordHash, 'kind' | 'text'>): boolean {
  const groups = groupsOf(kind, text)
  return groups !== undefined && KINDS[kind].matches(password, groups)
}

/** A new hash of a password, which takes 60 ms or so. */
export function newHash(password: string): string {
  return hashSync(password, bcryptSalt(BCRYPT_COST))
}

/** A hash that takes as long as this one, of no password that anybody knows. */
export function dummyOf({ kind, text, work }: PasswordHash): PasswordHash {
  // All that decides on the work stays: the mark, cost or rounds, the lengths. What is behind the salt is random.
  const length = groupsOf(kind, text)?.['hash']?.length ?? 0
  const random = randomBytes(66).toString('base64').replaceAll('+', '.')
  if (kind === 'plain') return { kind, text: `{PLAIN}${random}`, work }
  const end = kind === 'sha1' ? `${random.slice(0, 27).replaceAll('.', '+')}=` : random.slice(0, length)
  return { kind, text: text.slice(0, -length) + end, work }
}

function groupsOf(kind: HashKind, text: string): Groups | undefined {
  return KINDS[kind].pattern.exec(text)?.groups
}

function shaKind(algorithm: 'sha256' | 'sha512', pattern: RegExp): Kind {
  const roundsOf = (rounds: string | undefined): number => (rounds === undefined ? DEFAULT_ROUNDS : Number(rounds))
  return {
    pattern,
    work: ({ rounds }) => within(roundsOf(rounds), 1000, MAX_SHA_ROUNDS, 'a number of rounds'),
    matches: (password, { rounds, salt = '', hash }) =>
      same(shaCrypt(algorithm, Buffer.from(password), salt, roundsOf(rounds)), hash),
  }
}

function within(value: number, least: number, most: number, what: string): number {
  if (value >= least && value <= most) return value
  throw new UnusableHash(`${value} is ${what} that is not taken, ${least} to ${most} are; "oriel passwd" sets it anew`)
}

/** Both are as long as the kind says; a wrong length tells nothing that is secret. */
function same(made: string, hash: string | undefined): boolean {
  const [one, other] = [Buffer.from(made), Buffer.from(hash ?? '')]
  return one.length === other.length && timingSafeEqual(one, other)
}

function digestOf(password: string, encoding: 'utf8' | 'latin1'): string {
  return createHash('sha256').update(password, encoding).digest('base64')
}

/** `$2y$`, as htpasswd(1) writes, is what all take: some do not know `$2b$`, which is the same. */
function bcryptSalt(cost: number): string {
  return genSaltSync(cost).replace(/^\$2b/, '$2y')
}

function whatIs(text: string): string {
  const mark = /^(?:\$(?<id>[\w-]{1,12})\$|\{(?<name>[A-Z\d-]{1,16})\})/.exec(text)
  if (text.startsWith('{PLAIN}')) return 'a password in plain text is taken only where the store says plain: true'
  if (mark !== null && mark[0] in MARKS) return `the hash begins as ${MARKS[mark[0]]} does, and is damaged`
  if (mark !== null) return `hashes that begin with ${mark[0]} are not taken`
  if (/^[./A-Za-z0-9]{13}$/.test(text)) return 'it looks like DES crypt, which is not taken: it was broken long ago'
  return 'it is no hash, and a password in plain text is taken only where the store says plain: true'
}

const MARKS: Readonly<Record<string, string>> = {
  $2a$: 'bcrypt',
  $2b$: 'bcrypt',
  $2y$: 'bcrypt',
  $5$: 'SHA-crypt',
  $6$: 'SHA-crypt',
  $apr1$: "Apache's MD5",
  '{SHA}': 'SHA-1',
}
