// Fastify and Hono are the bench's own dependencies, not the project's: they are installed when first needed.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Failure } from './failure.mjs'

const folder = fileURLToPath(new URL('..', import.meta.url))

export function installDependencies() {
  if (existsSync(new URL('../node_modules/.package-lock.json', import.meta.url))) return
  console.error('Installing Fastify and Hono in bench/ (npm ci) ...')
  const { status } = spawnSync('npm', ['ci'], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) throw new Failure('npm ci in bench/ failed: see its output above.')
}
