// Memory with many idle connections: each makes one request and stays open.
import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Failure } from '../harness/failure.mjs'
import { residentMebibytes } from '../harness/processes.mjs'
import { freePort, untilListening } from '../harness/servers.mjs'
import { compare } from './compare.mjs'
import { prepareRequests } from './requests.mjs'

const spare = 200
const settle = 5000
const client = fileURLToPath(new URL('idle-client.mjs', import.meta.url))

// Client and server are processes of their own, so each needs a file a connection and a few more.
function checkOpenFiles(connections) {
  const [, limit] = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
  if (limit !== 'unlimited' && Number(limit) < connections + spare) {
    const needed = connections + spare
    throw new Failure(
      `${connections} connections need ${needed} open files, the limit is ${limit}: ulimit -n ${needed}`,
    )
  }
}

function told(child) {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => (message.error ? reject(new Failure(message.error)) : resolve(message)))
    child.once('exit', () => reject(new Failure('the process that holds the connections ended')))
  })
}

export async function measureIdle(candidate, scenario, work) {
  const { connections } = scenario
  checkOpenFiles(connections)
  const port = await freePort()
  const requests = prepareRequests(candidate.paths[scenario.name], `127.0.0.1:${port}`)
  const expected = scenario.body(work)
  const url = `http://127.0.0.1:${port}`
  const server = await candidate.start(port, work)
  const child = fork(client, [String(port), String(connections), candidate.paths[scenario.name], String(expected)])
  const kill = () => child.kill()
  process.once('exit', kill)
  try {
    await untilListening(port, server)
    await compare(url, requests, expected)
    child.send('open')
    await told(child)
    await sleep(settle)
    const value = residentMebibytes(server.pid)
    child.send('count')
    const { open } = await told(child)
    if (open < connections) throw new Failure(`only ${open} of ${connections} connections were still open`)
    await compare(url, requests, expected)
    return { value }
  } finally {
    process.off('exit', kill)
    child.kill()
    await server.stop()
  }
}
