import { type PasswordHash, readHash, UnusableHash } from './hashes.ts'
import { bytesOf, fieldsOf, type Line, linesOf, PasswordFileError, textOf, wrongName } from './lines.ts'

/**
 * The users of a file as htpasswd(1) makes it: `name:hash` in each line; what stands behind another colon is a comment.
 * @param path For what is thrown. @param plain Whether what is no hash is the password itself.
 * @throws PasswordFileError for the first line that cannot be used.
 */
export function readPasswords(bytes: Uint8Array, path: string, plain: boolean): Map<string, PasswordHash> {
  const users = new Map<string, PasswordHash>()
  const lines = linesOf(bytes)
  for (const line of lines) {
    const fields = fieldsOf(line)
    if (fields === undefined) continue
    const fail = (sentence: string): never => {
      throw new PasswordFileError(path, line.number, sentence)
    }
    const [first = '', hash] = fields
    const name = textOf(first) ?? fail('the name is not UTF-8')
    if (hash === undefined) fail('this is no line of a password file: name, colon, hash')
    const wrong = wrongName(name)
    if (wrong !== undefined) fail(`the name ${wrong}`)
    if (users.has(name)) {
      const other = lines.find((one) => isOf(one, name))?.number
      fail(`${JSON.stringify(name)} stands in line ${other} already: remove one of them`)
    }
    users.set(name, hashOf(name, hash ?? '', plain, fail))
  }
  return users
}

/** The file with another hash for a name; in the place of its line, or at the end. All else stays as it is, byte by byte. */
export function withPassword(bytes: Uint8Array, name: string, hash: string): Buffer {
  const lines = linesOf(bytes)
  const end = lines[0]?.end === '\r\n' ? '\r\n' : '\n'
  const entry = `${bytesOf(name)}:${hash}`
  let placed = false
  const kept = lines.flatMap((line): string[] => {
    if (!isOf(line, name)) return [line.text, line.end]
    // A file should not have two of them: the first is what other programs look at.
    if (placed) return []
    placed = true
    const comment = fieldsOf(line)?.slice(2).join(':')
    return [`${entry}${comment ? `:${comment}` : ''}`, line.end]
  })
  if (!placed) kept.push(...(lines.length > 0 && lines.at(-1)?.end === '' ? [end] : []), entry, end)
  return Buffer.from(kept.join(''), 'latin1')
}

/** The file without a name, or undefined where it has none such. */
export function withoutUser(bytes: Uint8Array, name: string): Buffer | undefined {
  const lines = linesOf(bytes)
  const kept = lines.filter((line) => !isOf(line, name))
  if (kept.length === lines.length) return undefined
  return Buffer.from(kept.map(({ text, end }) => text + end).join(''), 'latin1')
}

/** The hash of one name, whatever the other lines are. @throws PasswordFileError where it cannot be used. */
export function passwordOf(bytes: Uint8Array, path: string, name: string): PasswordHash | undefined {
  const line = linesOf(bytes).find((one) => isOf(one, name))
  if (line === undefined) return undefined
  return hashOf(name, fieldsOf(line)?.[1] ?? '', false, (sentence) => {
    throw new PasswordFileError(path, line.number, sentence)
  })
}

function isOf(line: Line, name: string): boolean {
  return fieldsOf(line)?.[0] === bytesOf(name)
}

function hashOf(name: string, text: string, plain: boolean, fail: (sentence: string) => never): PasswordHash {
  if (text === '') fail(`there is no hash for ${JSON.stringify(name)}; "oriel passwd" sets a password`)
  try {
    return readHash(text, plain)
  } catch (error) {
    if (!(error instanceof UnusableHash)) throw error
    return fail(`${JSON.stringify(name)}: ${error.message}`)
  }
}
