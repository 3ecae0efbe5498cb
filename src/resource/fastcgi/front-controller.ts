import { canonicalPath } from '../../message/path.ts'

/** A script that answers for whatever is not there. */
export interface FrontController {
  /** Its canonical path under the root. */
  readonly path: string
  /** The query that it is called with, `*` for the path; undefined for that of the request. */
  readonly query: string | undefined
}

/** Reads an entry such as `/index.php` or `/doku.php?id=*`. @throws TypeError for what is no path. */
export function frontController(entry: string): FrontController {
  const mark = entry.indexOf('?')
  const path = canonicalPath(mark < 0 ? entry : entry.slice(0, mark))
  if (path === undefined || path.endsWith('/')) {
    throw new TypeError(`try: ${JSON.stringify(entry)} is neither "file" nor the path of a script such as "/index.php"`)
  }
  return { path, query: mark < 0 ? undefined : entry.slice(mark + 1) }
}

/** The query of a request that goes to a front controller: the path takes the place of `*`, its own query follows. */
export function queryOf(query: string, rest: string, search: string): string {
  // A path may have as it is what divides a query.
  const path = rest.slice(1).replace(/[&=+;]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  const more = search.length > 1 ? `&${search.slice(1)}` : ''
  return `?${query.replace('*', () => path)}${more}`
}
