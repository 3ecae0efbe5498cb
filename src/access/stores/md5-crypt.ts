import { createHash } from 'node:crypto'
import { crypt64, repeated } from './crypt64.ts'

const ROUNDS = 1000
const ORDER = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5], [11]] as const

/**
 * Apache's variant of the MD5 crypt of FreeBSD, which differs in its mark only.
 * @returns The 22 characters behind `$apr1$SALT$`.
 */
export function apr1(password: Uint8Array, salt: string): string {
  const around = createHash('md5').update(password).update(salt).update(password).digest()
  const first = createHash('md5').update(password).update('$apr1$').update(salt)
  first.update(repeated(around, password.length))
  // A bit of the length that is set adds a NUL, one that is not the first byte of the password.
  for (let bits = password.length; bits > 0; bits >>>= 1)
    first.update((bits & 1) === 1 ? '\0' : password.subarray(0, 1))
  let digest = first.digest()
  for (let round = 0; round < ROUNDS; round++) {
    const odd = round % 2 === 1
    const next = createHash('md5').update(odd ? password : digest)
    if (round % 3 !== 0) next.update(salt)
    if (round % 7 !== 0) next.update(password)
    digest = next.update(odd ? digest : password).digest()
  }
  return crypt64(digest, ORDER)
}
