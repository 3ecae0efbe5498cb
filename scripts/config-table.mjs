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
  for (const [name, value] of Object.entries(node.properties ?? {})) {
    if (name === '$schema') continue
    const key = path === '' ? name : `${path}.${name}`
    found.push({ key, type: typeOf(value), text: (value.description ?? '').replaceAll('|', '\\|') })
    for (const inner of [value, ...(value.anyOf ?? [])]) {
      for (const item of [inner.items, ...(inner.items?.anyOf ?? [])]) {
        if (item?.properties) found.push(...keysOf(item, `${key}[]`))
      }
      if (inner.properties) found.push(...keysOf(inner, key))
    }
  }
  return found
}

function typeOf(node) {
  if (node.anyOf) return [...new Set(node.anyOf.map(typeOf))].join(' or ')
  if (node.const !== undefined) return String(node.const)
  if (node.enum) return node.enum.join(', ')
  if (node.type === 'array') return `list of ${typeOf(node.items)}`
  if (node.type === 'object' && node.additionalProperties && typeof node.additionalProperties === 'object') return 'map'
  if (node.type === 'string') return 'text'
  if (node.type === 'integer') return 'number'
  return node.type ?? 'code'
}
