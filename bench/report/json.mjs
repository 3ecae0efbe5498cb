// The same figures for programs, with what they were measured on.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { findTool } from '../harness/tools.mjs'

function version(tool, args, pattern) {
  try {
    const { stdout, stderr } = spawnSync(findTool(tool), args, { encoding: 'utf8' })
    return pattern.exec(stdout + stderr)?.[1]
  } catch {
    return undefined
  }
}

export function toJson(rows, { rounds, seconds, warmup }) {
  return {
    date: new Date().toISOString(),
    machine: {
      processor: cpus()[0].model,
      cores: cpus().length,
      kernel: execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim(),
    },
    versions: {
      node: process.versions.node,
      nginx: version('nginx', ['-v'], /nginx\/(\S+)/),
      wrk: version('wrk', ['-v'], /wrk \S*?(\d[\w.+-]*)/),
    },
    rounds,
    seconds,
    warmup,
    rows,
  }
}
