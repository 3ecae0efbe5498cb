// The load generator: wrk with one thread, cycling through the prepared requests.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { loadCore } from '../harness/cores.mjs'
import { Failure } from '../harness/failure.mjs'
import { findTool } from '../harness/tools.mjs'
import { requestText } from './requests.mjs'

// JSON's escapes of the characters in a request (quotes, CR, LF) are Lua's as well.
const scriptText = (requests) => `
local requests = { ${requests.map((request) => JSON.stringify(requestText(request))).join(',\n')} }
local count = #requests
local at = 0
request = function()
  at = at % count + 1
  return requests[at]
end
done = function(summary)
  local e = summary.errors
  io.write(string.format('RESULT {"requests":%d,"bytes":%.0f,"microseconds":%.0f,', summary.requests, summary.bytes, summary.duration))
  io.write(string.format('"connect":%d,"read":%d,"write":%d,"timeout":%d,"status":%d}\\n', e.connect, e.read, e.write, e.timeout, e.status))
end
`

export function writeScript(file, requests) {
  writeFileSync(file, scriptText(requests))
}

// Gives what was answered, and what `during` told, which is called with wrk's process id while it runs.
export async function runWrk({ url, script, connections, seconds, during }) {
  const load = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--timeout', '20s', '-s', script, url]
  const child = spawn(findTool('taskset'), ['-c', String(loadCore), findTool('wrk'), ...load])
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
  return { ...readResult(output, code), usage }
}

function readResult(output, code) {
  const json = /^RESULT (\{.*\})$/m.exec(output)?.[1]
  if (code !== 0 || json === undefined) throw new Failure(`wrk failed (${code}): ${output.trim().split('\n').at(-1)}`)
  const { requests, bytes, microseconds, ...errors } = JSON.parse(json)
  const wrong = Object.entries(errors).filter(([, number]) => number > 0)
  if (wrong.length > 0) {
    const list = wrong.map(([kind, number]) => `${number} ${kind}`).join(', ')
    throw new Failure(`errors under load: ${list} (of ${requests} requests)`)
  }
  const complaint = /^\s*(Socket errors|Non-2xx).*$/m.exec(output)?.[0]
  if (complaint) throw new Failure(`errors under load: ${complaint.trim()}`)
  if (requests === 0) throw new Failure('not one request was answered under load')
  return {
    requests,
    bytes,
    requestsPerSecond: (requests * 1e6) / microseconds,
    bytesPerSecond: (bytes * 1e6) / microseconds,
  }
}
