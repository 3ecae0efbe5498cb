/** What only a shell understands, outside of quotes. */
const OF_A_SHELL = /[|&;<>()`]/

/**
 * The words of a command, as a shell would divide them, but without a shell: blanks divide, quotes and backslashes keep
 * together, and nothing else has a meaning.
 * @throws TypeError for a quote that is not closed, for nothing at all, and for what only a shell understands.
 */
export function wordsOf(command: string): string[] {
  const words: string[] = []
  let word: string | undefined
  for (const [part] of command.matchAll(/\s+|'[^']*'|"(?:[^"\\]|\\[\s\S])*"|\\[\s\S]|[^\s'"\\]+|['"\\]/g)) {
    if (/^\s/.test(part)) {
      if (word !== undefined) words.push(word)
      word = undefined
      continue
    }
    if (part === "'" || part === '"' || part === '\\')
      throw new TypeError(`has a ${part} that nothing follows or closes`)
    word = (word ?? '') + plain(part)
  }
  if (word !== undefined) words.push(word)
  if (words.length === 0) throw new TypeError('is empty: give a program and its arguments')
  return words
}

function plain(part: string): string {
  if (part.startsWith("'")) return part.slice(1, -1)
  if (part.startsWith('"')) return part.slice(1, -1).replace(/\\(["\\])/g, '$1')
  if (part.startsWith('\\')) return part.slice(1)
  const sign = OF_A_SHELL.exec(part)?.[0]
  if (sign === undefined) return part
  throw new TypeError(`has a ${sign}, which means nothing without a shell: quote it, or give ["sh", "-c", "…"]`)
}
