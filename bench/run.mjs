// npm run bench: every server in turn on one core, the load on another, one table.
import { writeFileSync } from 'node:fs'
import { candidateNames, candidates } from './candidates/index.mjs'
import { moveToLoadCore } from './harness/cores.mjs'
import { Failure } from './harness/failure.mjs'
import { installDependencies } from './harness/install.mjs'
import { readOptions, usage } from './harness/options.mjs'
import { findTool } from './harness/tools.mjs'
import { runRow } from './harness/turns.mjs'
import { makeWork } from './harness/work.mjs'
import { toJson } from './report/json.mjs'
import { summarise } from './report/rows.mjs'
import { failureLines, notes, table, verdict } from './report/table.mjs'
import { scenarios } from './scenarios.mjs'

// Whatever ends the run, `exit` listeners stop its processes and remove its folder.
process.on('SIGINT', () => process.exit(130))
process.on('SIGTERM', () => process.exit(143))

function prepare(options) {
  if (process.platform !== 'linux') throw new Failure('The bench needs Linux: it reads /proc and uses taskset.')
  for (const tool of ['taskset', 'wrk', 'openssl']) findTool(tool)
  if (options.only.some((name) => name.startsWith('nginx'))) findTool('nginx')
  if (options.only.some((name) => name === 'fastify' || name === 'hono')) installDependencies()
  if (scenarios.some(({ name, http2 }) => http2 && options.scenarios.includes(name))) findTool('h2load')
  moveToLoadCore()
  console.error('Making files and a certificate in a temporary folder ...')
  return makeWork()
}

async function measure(options) {
  const work = prepare(options)
  const rows = []
  for (const scenario of scenarios.filter(({ name }) => options.scenarios.includes(name))) {
    const taking = candidates.filter(({ name, paths }) => options.only.includes(name) && paths[scenario.name])
    if (taking.length > 0) rows.push(summarise(scenario, await runRow(scenario, taking, work, options)))
  }
  return rows
}

function print(rows, options) {
  const json = toJson(rows, options)
  const group = (title, lines) => (lines.length > 0 ? `${title}\n${lines.map((text) => `  ${text}`).join('\n')}\n` : '')
  console.log(`\n${table(rows)}\n${verdict(rows).join('\n')}\n`)
  console.log(group('To know about the load:', notes(rows)))
  if (options.json) writeFileSync(options.json, `${JSON.stringify(json, null, 2)}\n`)
  else console.log(JSON.stringify(json))
}

async function main() {
  const options = readOptions(
    process.argv.slice(2),
    scenarios.map(({ name }) => name),
    candidateNames,
  )
  if (options.help) return console.log(usage)
  const rows = await measure(options)
  if (rows.length === 0) throw new Failure('None of these candidates takes part in these rows.')
  print(rows, options)
  const failures = failureLines(rows)
  if (failures.length > 0) throw new Failure(failures.join('\n'))
}

try {
  await main()
} catch (error) {
  if (!(error instanceof Failure)) throw error
  console.error(`The bench failed: ${error.message}`)
  process.exitCode = 1
}
