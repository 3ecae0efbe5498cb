// Two cores: one for the server that is measured, one for everything else (load, back ends, the bench itself).
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Failure } from './failure.mjs'
import { findTool } from './tools.mjs'

function allowedCores() {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? ''
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}

export const [serverCore, loadCore] = allowedCores()

export function moveToLoadCore() {
  if (loadCore === undefined) throw new Failure('The bench needs two processor cores, and may use only one here.')
  execFileSync(findTool('taskset'), ['-a', '-c', '-p', String(loadCore), String(process.pid)], { stdio: 'ignore' })
}
