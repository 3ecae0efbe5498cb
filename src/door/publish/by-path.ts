/** The object that a path names, and its mount. */
export interface ByPath {
  readonly object: string
  readonly mount: string
}

/**
 * The object that a web server means that names none: the first segment behind its SCRIPT_NAME, `/echo@paul/7` or `/echo/7`.
 * nginx gives the whole path as SCRIPT_NAME where nobody told it otherwise; then it is the first of the path.
 * @param mount The canonical path of SCRIPT_NAME.
 */
export function objectByPath(path: string, mount: string): ByPath {
  const from = path === mount ? 0 : mount.length
  const slash = path.indexOf('/', from + 1)
  const end = slash < 0 ? path.length : slash
  const segment = path.slice(from + 1, end)
  const at = segment.indexOf('@')
  return { object: at < 0 ? segment : segment.slice(0, at), mount: path.slice(0, end) }
}
