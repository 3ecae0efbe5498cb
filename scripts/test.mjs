// Runs the compiled tests: all of them, or those whose path contains one of the arguments.
// Node 20 expands no globs for `node --test`, and newer ones take no folders: the files are listed here.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const build = join(root, 'build')
const wanted = process.argv.slice(2)
const files = readdirSync(build, { recursive: true })
  .map((name) => join(build, name))
  .filter((path) => path.endsWith('.test.js'))
  .filter((path) => wanted.length === 0 || wanted.some((part) => relative(build, path).includes(part)))
  .sort()
if (files.length === 0) {
  console.error(`no test matches ${wanted.join(' ')}`)
  process.exit(1)
}
// A file that something keeps from ending is named, where it would hold up all of them for ever: five minutes each.
const options = ['--enable-source-maps', '--test', '--test-timeout=300000', '--test-reporter=spec']
const child = spawn(process.execPath, [...options, ...files], {
  stdio: 'inherit',
  cwd: root,
})
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === null ? 0 : 1)
})
