// Runs the compiled tests: all of them, or those whose path contains one of the arguments. Most run beside each other;
// those of test/alone/, which load the machine or which load would disturb, run after them, one file at a time.
// Node 20 expands no globs for `node --test`, and newer ones take no folders: the files are listed here.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const build = join(root, 'build')
const wanted = process.argv.slice(2)
const files = readdirSync(build, { recursive: true })
  .filter((path) => path.endsWith('.test.js'))
  .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)))
  // Those of whole servers first: what takes long must not begin last.
  .sort((a, b) => Number(b.startsWith('test')) - Number(a.startsWith('test')) || (a < b ? -1 : 1))
if (files.length === 0) {
  console.error(`no test matches ${wanted.join(' ')}`)
  process.exit(1)
}
const alone = (path) => /^test[\\/]alone[\\/]/.test(path)
const passes = [
  // One more than there are cores: most wait now and then.
  { name: 'beside each other', files: files.filter((path) => !alone(path)), concurrency: availableParallelism() + 1 },
  { name: 'alone', files: files.filter(alone), concurrency: 1 },
].filter((pass) => pass.files.length > 0)

const folder = mkdtempSync(join(tmpdir(), 'oriel-tests-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const ended = []
for (const [i, pass] of passes.entries()) ended.push(await run(pass, join(folder, String(i))))

console.log('')
for (const { name, files, seconds, totals } of ended) {
  const counts = [...totals]
    .filter(([what, count]) => count > 0 || what === 'fail')
    .map(([what, count]) => `${what} ${count}`)
  console.log(`${files} files ${name}, ${seconds} s: ${counts.join(', ') || 'they told no totals'}`)
}
const slowest = ended.flatMap(({ times }) => times).sort((a, b) => b.time - a.time)
console.log(
  `the slowest: ${slowest
    .slice(0, 5)
    .map(({ file, time }) => `${file} ${Math.round(time)} s`)
    .join(', ')}`,
)
for (const { file, failed } of ended.flatMap((pass) => pass.failed)) console.log(`✖ ${file}: ${failed}`)
for (const { name, how } of ended) if (how !== 0) console.log(`The tests that run ${name} failed (${how}).`)
process.exitCode = ended.every(({ how }) => how === 0) ? 0 : 1

/** Runs files to their end. `how`: the exit code, or the signal that ended it. */
async function run({ name, files, concurrency }, record) {
  const begun = performance.now()
  // A file that something keeps from ending is named, where it would hold up all of them for ever: five minutes each.
  const limits = ['--test-timeout=300000', `--test-concurrency=${concurrency}`]
  const told = ['--test-reporter=spec', '--test-reporter-destination=stdout']
  const kept = [`--test-reporter=${join(root, 'scripts/test-record.mjs')}`, `--test-reporter-destination=${record}`]
  const paths = files.map((path) => join(build, path))
  const options = ['--enable-source-maps', '--test', ...limits, ...told, ...kept]
  const child = spawn(process.execPath, [...options, ...paths], { stdio: 'inherit', cwd: root })
  const how = await new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('exit', (code, signal) => resolve(code ?? signal))
  })
  const found = recorded(record)
  const named = found.map((one) => ({ ...one, file: relative(root, one.file ?? '') }))
  return {
    name,
    how,
    files: files.length,
    seconds: Math.round((performance.now() - begun) / 1000),
    totals: new Map(found.filter(({ total }) => total).map(({ total, count }) => [total, count])),
    failed: named.filter(({ failed }) => failed !== undefined),
    times: named.filter(({ time }) => time !== undefined),
  }
}

/** What the reporter wrote; nothing where it did not come so far. */
function recorded(path) {
  try {
    return readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  } catch {
    return []
  }
}
