/** What PHP is written in, beside `.php` itself: other servers run them, so people think that they are safe there. */
const PHP = '\\.ph(?:p\\d?|tml|t|ar|ps)'
/** What editors and people leave beside a script: the same source under a name that no application would run. */
const COPY = '(?:~|\\.(?:bak|old|orig|save|sw[a-p]|tmp))?'

/**
 * Tells by its name whether a file is the source of a script, compared without case: no such file is ever sent.
 * @param suffixes None: each file is a script.
 */
export function sourceNames(suffixes: readonly string[]): (path: string) => boolean {
  if (suffixes.length === 0) return () => true
  const ends = suffixes.map((suffix) => suffix.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  if (suffixes.some((suffix) => suffix.toLowerCase() === '.php')) ends.push(PHP)
  const source = new RegExp(`(?:${ends.join('|')})${COPY}$`, 'iu')
  return (path) => source.test(path)
}

/** The suffixes that a route gives. @throws TypeError for what is none. */
export function suffixesOf(suffix: string | readonly string[] | undefined): readonly string[] {
  const given = suffix === undefined ? [] : typeof suffix === 'string' ? [suffix] : suffix
  for (const one of given) {
    if (!/^\.[\w.-]+$/.test(one)) throw new TypeError(`${JSON.stringify(one)} is no suffix: give one such as ".php"`)
  }
  return given
}
