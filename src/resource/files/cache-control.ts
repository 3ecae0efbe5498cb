/**
 * The Cache-Control for a file, by the first pattern that fits: `*.css` by the name's end at any depth, `/assets/*` by
 * the path's beginning, anything else by the whole path from the root.
 */
export function cacheControlFor(
  rules: string | Readonly<Record<string, string>> | undefined,
  relative: string,
): string | undefined {
  if (rules === undefined || typeof rules === 'string') return rules
  const path = relative.startsWith('/') ? relative : `/${relative}`
  for (const [pattern, value] of Object.entries(rules)) if (fits(pattern, path)) return value
  return undefined
}

function fits(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === '/*') return true
  if (pattern.startsWith('*')) return path.endsWith(pattern.slice(1))
  const from = pattern.startsWith('/') ? pattern : `/${pattern}`
  return from.endsWith('*') ? path.startsWith(from.slice(0, -1)) : path === from
}
