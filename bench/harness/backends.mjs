// Back ends: what stands behind a server that is measured. They run on the load's core, beside the load, for every
// candidate alike, and start and stop with it.
import { chmodSync, existsSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { loadCore } from './cores.mjs'
import { Failure } from './failure.mjs'
import { startServer } from './servers.mjs'

const script = fileURLToPath(new URL('slow-reader.mjs', import.meta.url))

// The server of `start`, with a back end before it that listens on a Unix socket. `open` makes it { socket, command, args }.
export function behind(open, start) {
  return async (port, work) => {
    const { socket, command, args, env } = open(work)
    // One of the turn before would be taken for that of this one.
    rmSync(socket, { force: true })
    const backEnd = startServer(command, args, { env, core: loadCore })
    await untilThere(socket, backEnd)
    // Some set the rights of their socket once more when it is there. A server that was started by root is another user.
    await sleep(200)
    chmodSync(socket, 0o666)
    const server = start(port, work)
    return {
      ...server,
      backEnd: backEnd.pid,
      stop: async () => {
        await server.stop()
        await backEnd.stop()
      },
    }
  }
}

async function untilThere(socket, { gone }) {
  let ended
  gone.then((failure) => {
    ended = failure
  })
  for (const start = Date.now(); Date.now() - start < 10_000; await sleep(20)) {
    if (ended) throw ended
    if (existsSync(socket)) return
  }
  throw new Failure('its back end did not listen within 10 seconds')
}

// Somebody who reads `path` at a byte a second while the server is measured.
export function slowReader(path) {
  return (url) => startServer(process.execPath, [script, `${url}${path}`], { core: loadCore })
}
