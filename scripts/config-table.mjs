// Writes the table of config keys in docs/configuration.md from the JSON Schema. `--check` only compares.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const page = join(root, 'docs/configuration.md')
const BEGIN = '<!-- keys: generated from the schema by scripts/config-table.mjs -->'
const END = '<!-- end of keys -->'

const schema = JSON.parse(readFileSync(join(root, 'dist/schema.json'), 'utf8'))
const rows = keysOf(schema, '').map(({ key, type, text }) => `| \`${key}\` | ${type} | ${text} |`)
const table = ['| key | value | meaning |', '| --- | --- | --- |', ...rows].join('\n')

const before = readFileSync(page, 'utf8')
const after = `${before.slice(0, before.indexOf(BEGIN) + BEGIN.length)}\n\n${table}\n\n${before.slice(before.indexOf(END))}`
if (process.argv.includes('--check')) {
  if (before !== after) {
    console.error('docs/configuration.md is behind the schema: run node scripts/config-table.mjs')
    process.exit(1)
  }
} else writeFileSync(page, after)

function keysOf(node, path) {
  const found = []
  for (const [name, given] of Object.entries(node.properties ?? {})) {
    if (name === '$schema') continue
    const key = path === '' ? name : `${path}.${name}`
    const value = resolved(given)
    found.push({
      key,
      type: typeOf(value),
      text: (given.description ?? value.description ?? '').replaceAll('|', '\\|'),
    })
    // The same as of a route.
    if (key === 'access' || key === 'objects.*.access' || /\.authorize\b.*\.access$/.test(key)) continue
    for (const inner of [value, ...(value.anyOf ?? []).map(resolved)]) {
      for (const item of [inner.items, ...(inner.items?.anyOf ?? [])]) {
        if (item?.properties) found.push(...keysOf(item, `${key}[]`))
      }
      if (inner.properties) found.push(...keysOf(inner, key))
      const named = inner.additionalProperties
      for (const item of [named, ...(named?.anyOf ?? [])]) {
        if (item?.properties) found.push(...keysOf(item, `${key}.*`))
      }
    }
  }
  return found
}

/** What is looked up where it is used, since it may hold itself. */
function resolved(node) {
  return node.$ref === undefined ? node : schema.$defs[node.$ref.replace('#/$defs/', '')]
}

function typeOf(given) {
  const node = resolved(given)
  if (node.anyOf) return [...new Set(node.anyOf.map(typeOf))].join(' or ')
  if (node.const !== undefined) return String(node.const)
  if (node.enum) return node.enum.join(', ')
  if (node.type === 'array') return `list of ${typeOf(node.items)}`
  if (node.type === 'object' && node.additionalProperties && typeof node.additionalProperties === 'object') return 'map'
  if (node.type === 'string') return 'text'
  if (node.type === 'integer') return 'number'
  return node.type ?? 'code'
}
