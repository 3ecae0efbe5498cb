// A candidate under load: start, compare, warm up, measure, compare, stop.
import { createReadStream, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../harness/failure.mjs'
import { freePort, untilListening } from '../harness/servers.mjs'
import { compare, compareRefused } from './compare.mjs'
import { runH2load, writeTargets } from './h2load.mjs'
import { prepareRequests } from './requests.mjs'
import { watchUsage } from './usage.mjs'
import { runWrk, writeScript } from './wrk.mjs'

async function countLines(file) {
  let lines = 0
  for await (const chunk of createReadStream(file)) {
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines++
  }
  return lines
}

// A server that logs must have logged: a line for each request that was answered.
async function checkLog(log, requests) {
  const lines = existsSync(log) ? await countLines(log) : 0
  rmSync(log, { force: true })
  if (lines < requests) throw new Failure(`it logged ${lines} lines for ${requests} requests`)
}

// Writes what a load generator reads, and gives a function that runs it.
function generator({ http2, connections }, url, requests, work) {
  const file = join(work.folder, http2 ? 'targets.txt' : 'load.lua')
  if (http2) {
    writeTargets(file, url, requests)
    return (more) => runH2load({ targets: file, requests, connections, ...more })
  }
  writeScript(file, requests)
  return (more) => runWrk({ url, script: file, connections, ...more })
}

// Bytes count heads too, so whole answers are always more than their bodies.
function checkBytes({ requests, bytes }, expected) {
  if (bytes < requests * expected.length)
    throw new Failure(`answers under load were shorter than ${expected.length} bytes`)
}

export async function measureLoad(candidate, scenario, work, { seconds, warmup }) {
  const port = await freePort()
  const url = `${candidate.scheme ?? 'http'}://127.0.0.1:${port}`
  const requests = prepareRequests(candidate.paths[scenario.name], `127.0.0.1:${port}`, scenario.headers)
  const expected = scenario.body(work)
  const run = generator(scenario, url, requests, work)
  const server = await candidate.start(port, work)
  let warm
  let load
  let beside
  try {
    await untilListening(port, server)
    beside = candidate.beside?.(url)
    if (candidate.guarded) await compareRefused(url, requests)
    await compare(url, requests, expected, scenario)
    warm = await run({ seconds: warmup })
    load = await run({
      seconds,
      during: (pid) => watchUsage(server.pid, [pid, server.backEnd, beside?.pid], seconds, scenario.children),
    })
    checkBytes(load, expected)
    await compare(url, requests, expected, scenario)
  } finally {
    await beside?.stop()
    await server.stop()
  }
  if (candidate.log) await checkLog(candidate.log(work), warm.requests + load.requests)
  const value = scenario.unit === 'MiB/s' ? load.bytesPerSecond / 1024 ** 2 : load.requestsPerSecond
  return { value, usage: load.usage }
}
