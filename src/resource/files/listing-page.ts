import { escapeHtml } from '../../message/html.ts'

/** One line of a listing. */
export interface Listed {
  readonly name: string
  readonly kind: 'file' | 'folder'
  /** In bytes; undefined for a folder. */
  readonly size: number | undefined
  /** Milliseconds since 1970. */
  readonly modified: number
  readonly type: string | undefined
}

export type SortKey = 'name' | 'size' | 'modified'

export interface Sorting {
  readonly by: SortKey
  readonly descending: boolean
}

/** The listing of a folder as a page: no script, readable on a phone, sortable by its column heads. */
export function listingPage(
  path: string,
  mount: string,
  entries: readonly Listed[],
  sorting: Sorting,
  cut: boolean,
): string {
  const title = `Index of ${escapeHtml(visible(decoded(path)))}`
  const up = path === '/' || path === `${mount}/` ? '' : UP
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Index of ${crumbs(path, mount)}</h1>
<table>
<thead><tr>${head('name', 'Name', sorting)}${head('size', 'Size', sorting)}${head('modified', 'Modified', sorting)}</tr></thead>
<tbody>
${up}${entries.map(row).join('')}</tbody>
</table>
<p>${summary(entries, cut)}</p>
</main>
</body>
</html>
`
}

const UP = '<tr><td colspan="3"><a class="folder" href="../" aria-label="The folder above">../</a></td></tr>\n'

const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 15%, transparent); --soft: color-mix(in srgb, currentColor 65%, transparent) }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem 1rem 3rem }
h1 { font-size: 1.3rem; font-weight: 600; overflow-wrap: anywhere; padding: 0 .5rem }
table { border-collapse: collapse; width: 100% }
th { text-align: left; font-weight: 400; font-size: .9rem; padding: 0; border-bottom: 2px solid var(--line); white-space: nowrap }
th a { color: var(--soft) }
th[aria-sort] a { color: inherit; font-weight: 600 }
td { border-bottom: 1px solid var(--line); padding: .45rem .5rem; white-space: nowrap; vertical-align: baseline; color: var(--soft); font-variant-numeric: tabular-nums }
td:first-child { width: 100%; padding: 0; white-space: normal; overflow-wrap: anywhere }
td a, th a { display: block; padding: .45rem .5rem; unicode-bidi: isolate }
td:nth-child(2), th:nth-child(2) { text-align: right }
tbody tr:hover { background: color-mix(in srgb, currentColor 5%, transparent) }
a { text-decoration: none }
a:hover, a:focus-visible { text-decoration: underline }
.folder { font-weight: 600 }
p { color: var(--soft); font-size: .9rem; padding: 0 .5rem }
@media (max-width: 34rem) { body { padding-inline: 0 } td:not(:first-child) { font-size: .8rem; padding-left: 0 } th:last-child a { padding-left: 0 } time span { display: none } }
@media (pointer: coarse) { td a, th a { padding-block: .65rem } td:not(:first-child) { padding-block: .65rem } }
`

/** The path as links to the folders that it leads through, from the mount on. */
function crumbs(path: string, mount: string): string {
  const names = [mount, ...path.slice(mount.length).split('/').filter(Boolean)]
  return names
    .map((name, i) => {
      const text = `${escapeHtml(visible(decoded(name)))}/`
      const up = names.length - 1 - i
      return up === 0 ? `<span aria-current="page">${text}</span>` : `<a href="${'../'.repeat(up)}">${text}</a>`
    })
    .join('<wbr>')
}

function head(by: SortKey, title: string, sorting: Sorting): string {
  const active = sorting.by === by
  const descending = active && !sorting.descending
  const sort = active ? ` aria-sort="${sorting.descending ? 'descending' : 'ascending'}"` : ''
  const arrow = active ? `<span aria-hidden="true"> ${sorting.descending ? '↓' : '↑'}</span>` : ''
  return `<th scope="col"${sort}><a href="?sort=${by}&amp;order=${descending ? 'desc' : 'asc'}">${title}${arrow}</a></th>`
}

function row({ name, kind, size, modified }: Listed): string {
  const slash = kind === 'folder' ? '/' : ''
  const mark = kind === 'folder' ? ' class="folder"' : ''
  // A leading "./" keeps a name with a colon from being read as a scheme.
  const href = `./${encodeURIComponent(name)}${slash}`
  const date = new Date(modified).toISOString()
  const time = `<time datetime="${date}">${date.slice(0, 10)}<span> ${date.slice(11, 16)}</span></time>`
  return `<tr><td><a${mark} href="${escapeHtml(href)}">${escapeHtml(visible(name))}${slash}</a></td><td>${size === undefined ? '' : bytes(size)}</td><td>${time}</td></tr>\n`
}

function summary(entries: readonly Listed[], cut: boolean): string {
  if (entries.length === 0) return 'This folder is empty.'
  const folders = entries.filter(({ kind }) => kind === 'folder').length
  const files = entries.length - folders
  const total = entries.reduce((sum, { size }) => sum + (size ?? 0), 0)
  const parts = [
    folders > 0 ? `${folders} ${folders === 1 ? 'folder' : 'folders'}` : '',
    files > 0 ? `${files} ${files === 1 ? 'file' : 'files'}, ${bytes(total)}` : '',
  ]
  const more = cut ? ' The folder has more entries than are shown.' : ''
  return `${parts.filter(Boolean).join(', ')}.${more} Times are UTC.`
}

function bytes(size: number): string {
  if (size < 1024) return `${size} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let value = size
  let unit = -1
  // What would be rounded up to 1024 is one of the next unit.
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Characters that move the cursor or turn the direction of writing would let one name pass for another. */
function visible(name: string): string {
  return name.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
}
