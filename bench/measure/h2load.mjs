// The load generator for HTTP/2: h2load with one thread, cycling through the targets of the prepared requests. What a
// browser sends with each of its requests is the same for all, as in a browser.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { loadCore } from '../harness/cores.mjs'
import { Failure } from '../harness/failure.mjs'
import { findTool } from '../harness/tools.mjs'

/** Requests that run at once on each connection. */
const streams = 16
const units = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 }

export function writeTargets(file, url, requests) {
  writeFileSync(file, requests.map(({ target }) => `${url}${target}\n`).join(''))
}

function headersOf([{ headers }]) {
  const kept = Object.entries(headers).filter(([name]) => name !== 'Host')
  return kept.flatMap(([name, value]) => ['-H', `${name}: ${value}`])
}

// Gives what was answered, and what `during` told, which is called with h2load's process id while it runs.
export async function runH2load({ targets, requests, connections, seconds, during }) {
  const load = ['-t', '1', '-c', String(connections), '-m', String(streams), '-D', String(seconds), '-i', targets]
  const args = ['-c', String(loadCore), findTool('h2load'), ...load, ...headersOf(requests)]
  const child = spawn(findTool('taskset'), args)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  }
  const ended = new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  const kill = () => child.kill()
  process.once('exit', kill)
  const [code, usage] = await Promise.all([ended, during?.(child.pid)])
  process.off('exit', kill)
  return { ...readResult(output, code, seconds), usage }
}

function readResult(output, code, seconds) {
  const answered = /^status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx$/m.exec(output)
  const failed = /^requests: .* (\d+) failed, (\d+) errored, (\d+) timeout$/m.exec(output)
  const traffic = /^traffic: ([\d.]+)([KMG]?B) /m.exec(output)
  if (code !== 0 || !answered || !failed || !traffic) {
    throw new Failure(`h2load failed (${code}): ${output.trim().split('\n').at(-1)}`)
  }
  if (!/^Application protocol: h2$/m.test(output)) throw new Failure('HTTP/2 was not spoken')
  const wrong = [...failed.slice(1), ...answered.slice(2)].some((number) => number !== '0')
  if (wrong) throw new Failure(`errors under load: ${failed[0]}; ${answered[0]}`)
  const requests = Number(answered[1])
  const bytes = Number(traffic[1]) * units[traffic[2]]
  if (requests === 0) throw new Failure('not one request was answered under load')
  return { requests, bytes, requestsPerSecond: requests / seconds, bytesPerSecond: bytes / seconds }
}
