import { createHash } from 'node:crypto'
import { crypt64, repeated } from './crypt64.ts'

/** What its specification takes where a hash says no rounds. */
export const DEFAULT_ROUNDS = 5000

type Group = readonly [number, number, number]

/** Which bytes of the digest stand where, as the tables of both list them; the last group is short. */
const ORDERS = {
  sha256: [...turning([0, 10, 20], 10, ([a, b, c]) => [c + 1, a + 1, b + 1]), [31, 30]],
  sha512: [...turning([0, 21, 42], 21, ([a, b, c]) => [b + 1, c + 1, a + 1]), [63]],
} as const

function turning(first: Group, count: number, next: (group: Group) => Group): Group[] {
  const groups = [first]
  for (let group = next(first); groups.length < count; group = next(group)) groups.push(group)
  return groups
}

/**
 * SHA-crypt ("Unix crypt using SHA-256 and SHA-512", U. Drepper, 2008), whose steps are named by number.
 * @returns The characters behind the salt: 43 of SHA-256, 86 of SHA-512.
 */
export function shaCrypt(kind: 'sha256' | 'sha512', password: Uint8Array, salt: string, rounds: number): string {
  // 4 to 8
  const b = createHash(kind).update(password).update(salt).update(password).digest()
  // 1 to 3, 9 to 12
  const a = createHash(kind).update(password).update(salt).update(repeated(b, password.length))
  for (let bits = password.length; bits > 0; bits >>>= 1) a.update((bits & 1) === 1 ? b : password)
  let digest = a.digest()
  // 13 to 16
  const dp = createHash(kind)
  for (let i = 0; i < password.length; i++) dp.update(password)
  const p = repeated(dp.digest(), password.length)
  // 17 to 20
  const ds = createHash(kind)
  for (let i = 0; i < 16 + (digest[0] ?? 0); i++) ds.update(salt)
  const s = repeated(ds.digest(), Buffer.byteLength(salt))
  // 21
  for (let round = 0; round < rounds; round++) {
    const odd = round % 2 === 1
    const c = createHash(kind).update(odd ? p : digest)
    if (round % 3 !== 0) c.update(s)
    if (round % 7 !== 0) c.update(p)
    digest = c.update(odd ? digest : p).digest()
  }
  return crypt64(digest, ORDERS[kind])
}
