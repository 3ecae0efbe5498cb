import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { ORIEL, runOriel } from '../support/command.ts'
import { makeFolder } from '../support/folder.ts'

const config = {
  listen: [{ port: 80 }, { port: 443, tls: 'acme' }],
  acme: { names: ['a.example'], agree: true },
  routes: [{ match: '/*', respond: 'x' }],
}
const site = makeFolder({ 'oriel.config.json': JSON.stringify(config) })

/** Makes Node say that the package is not installed. */
const WITHOUT = `export async function resolve(name, context, next) {
  if (name === 'acme-client') throw Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' })
  return next(name, context)
}`
const HOOK = `import { register } from 'node:module'; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(WITHOUT)}`)})`

test('a config with automatic certificates is checked without asking anybody', async (t) => {
  const { code, stdout, stderr } = await runOriel(t, ['check'], site)
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /is good: 1 route, to be served at http:\/\/127\.0\.0\.1:80 and https:\/\/127\.0\.0\.1:443\n/)
})

test('where the library is missing that is told, with the line that installs it', async () => {
  const hook = `data:text/javascript,${encodeURIComponent(HOOK)}`
  const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
    execFile(process.execPath, ['--no-warnings', '--import', hook, ORIEL, 'check'], { cwd: site }, (error, _, stderr) =>
      resolve({ code: error?.code, stderr }),
    )
  })
  assert.equal(code, 2)
  assert.match(
    stderr,
    /^oriel: oriel\.config\.json(?::1)?: acme: automatic certificates need the package acme-client: npm install acme-client, with --global where oriel was installed with it\n$/,
  )
})
