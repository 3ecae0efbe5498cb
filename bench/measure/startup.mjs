// From the spawn of a server's process to its first answer: the bench connects and asks every millisecond. A loop
// without a pause would be no more exact, and slows the start it measures by a quarter.
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../harness/failure.mjs'
import { freePort } from '../harness/servers.mjs'
import { median } from '../report/numbers.mjs'
import { prepareRequests, requestText } from './requests.mjs'

const starts = 5

function ask(port, text) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text))
    socket.once('data', (chunk) => resolve(chunk.latin1Slice(0, 12)))
    socket.once('error', () => resolve()).once('close', () => resolve())
    socket.once('data', () => socket.destroy())
  })
}

async function startOnce(candidate, scenario, work) {
  const port = await freePort()
  const [request] = prepareRequests(candidate.paths[scenario.name], `127.0.0.1:${port}`)
  const text = requestText(request)
  const begin = performance.now()
  const server = await candidate.start(port, work)
  let ended
  server.gone.then((failure) => {
    ended = failure
  })
  try {
    for (;;) {
      const answer = await ask(port, text)
      const time = performance.now() - begin
      if (ended) throw ended
      if (answer === 'HTTP/1.1 200') return time
      if (answer) throw new Failure(`its first answer began with ${answer}`)
      if (time > 10_000) throw new Failure('it did not answer within 10 seconds')
      await sleep(1)
    }
  } finally {
    await server.stop()
  }
}

export async function measureStartup(candidate, scenario, work) {
  const times = []
  for (let index = 0; index < starts; index++) times.push(await startOnce(candidate, scenario, work))
  return { value: median(times) }
}
