// Compiles src/ to dist/, afresh, and writes what is generated from it: the JSON Schema of the config.
import { spawnSync } from 'node:child_process'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(root, 'dist')
rmSync(dist, { recursive: true, force: true })
const compiled = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json'], {
  cwd: root,
  stdio: 'inherit',
})
if (compiled.status !== 0) process.exit(compiled.status ?? 1)
chmodSync(join(dist, 'cli/main.js'), 0o755)

const { toJsonSchema } = await import('@valibot/to-json-schema')
const { configSchema } = await import(pathToFileURL(join(dist, 'config/schema.js')).href)
const schema = toJsonSchema(configSchema, { errorMode: 'ignore' })
withoutCode(schema)
// Objects answer by their own URLs: where there are some, there need be no routes.
const { routes, objects } = schema.properties
schema.anyOf = [
  { required: ['routes'], properties: { routes: { description: routes.description } } },
  { required: ['objects'], properties: { objects: { description: objects.description, minProperties: 1 } } },
]
// An editor that completes by this schema writes `$schema` itself.
schema.properties.$schema = { type: 'string' }
writeFileSync(join(dist, 'schema.json'), `${JSON.stringify(schema, null, 2)}\n`)

/** What only code can say stands as `{}`, which takes everything: no choice in JSON. */
function withoutCode(node) {
  if (node === null || typeof node !== 'object') return
  if (node.anyOf) {
    const choices = node.anyOf.filter((choice) => Object.keys(choice).length > 0)
    delete node.anyOf
    Object.assign(node, choices.length === 1 ? { ...choices[0], ...node } : { anyOf: choices })
  }
  for (const inner of Object.values(node)) withoutCode(inner)
}
