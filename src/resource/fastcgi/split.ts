const SLASH = 47

/** Where a canonical path may be split into a script and what is left for it. */
export interface Split {
  /** The path of a script, still encoded. */
  readonly script: string
  /** PATH_INFO, still encoded: empty, or from its slash on. */
  readonly info: string
}

/**
 * The ways to split a path: behind each suffix that stands at the end of a segment or, where there are no suffixes, at
 * the end of each segment. Suffixes are compared without case, so that `X.PHP` is seen for what it wants to be, and in
 * ASCII only: a canonical path has no other characters, and what is encoded in it never becomes a letter (folding
 * Unicode made uploads run, GHSA-3g8v-8r37-cgjm).
 */
export function* splits(path: string, suffixes: readonly string[]): Generator<Split, void, undefined> {
  for (let end = path.indexOf('/', 1); ; end = path.indexOf('/', end + 1)) {
    const at = end < 0 ? path.length : end
    if (at > 1 && (suffixes.length === 0 || suffixes.some((suffix) => endsWith(path, at, suffix)))) {
      if (path.charCodeAt(at - 1) !== SLASH) yield { script: path.slice(0, at), info: path.slice(at) }
    }
    if (end < 0) return
  }
}

function endsWith(path: string, at: number, suffix: string): boolean {
  const from = at - suffix.length
  // A name that is nothing but the suffix is a dot file.
  if (from < 1 || path.charCodeAt(from - 1) === SLASH) return false
  return path.slice(from, at).toLowerCase() === suffix.toLowerCase()
}
