import { readFileSync } from 'node:fs'

let name: string | undefined

/** What this program calls itself to others: `oriel/0.1.0`. */
export function softwareName(): string {
  name ??= `oriel/${version()}`
  return name
}

/** That of the package, wherever in it this file was compiled to. */
function version(): string {
  for (const up of ['../../', '../../../', '../']) {
    try {
      const text = readFileSync(new URL(`${up}package.json`, import.meta.url), 'utf8')
      const { name: of, version } = JSON.parse(text) as { readonly name?: string; readonly version?: string }
      if (of === 'oriel' && version !== undefined) return version
    } catch {
      // Not there: the next one up.
    }
  }
  return '0'
}
