import { fieldsOf, linesOf, PasswordFileError, textOf, wrongName } from './lines.ts'

/**
 * The groups of each user, of a file in Apache's format: `group: user user` in each line, several of one group too.
 * @param path For what is thrown. @throws PasswordFileError for the first line that cannot be used.
 */
export function readGroups(bytes: Uint8Array, path: string): Map<string, string[]> {
  const groups = new Map<string, Set<string>>()
  for (const line of linesOf(bytes)) {
    const fields = fieldsOf(line)
    if (fields === undefined) continue
    const fail = (sentence: string): never => {
      throw new PasswordFileError(path, line.number, sentence)
    }
    const [first = '', rest, ...more] = fields.map((field) => textOf(field) ?? fail('this is not UTF-8'))
    if (rest === undefined || more.length > 0) fail('this is no line of a group file: group, colon, users by spaces')
    const group = first.trim()
    for (const name of [group, ...usersIn(rest ?? '')]) {
      const wrong = wrongName(name)
      if (wrong !== undefined) fail(`the name ${name === group ? 'of the group' : JSON.stringify(name)} ${wrong}`)
    }
    for (const user of usersIn(rest ?? '')) {
      const known = groups.get(user)
      if (known === undefined) groups.set(user, new Set([group]))
      else known.add(group)
    }
  }
  return new Map([...groups].map(([user, names]) => [user, [...names]]))
}

function usersIn(text: string): string[] {
  return text.split(/[ \t]+/).filter(Boolean)
}
