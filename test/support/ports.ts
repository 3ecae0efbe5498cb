import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/**
 * Ports are taken from below those that systems give out (Linux: from 32768 on): between the moment in which one is found
 * free and that in which a program listens on it, no other test's port 0 and no connection gets it.
 */
const FIRST = 12_000
const COUNT = 10_000

let next = Math.floor(Math.random() * COUNT)

/**
 * So many different ports that were free just now: for programs that cannot be given port 0. Each is this process's until
 * it ends: of other test processes none takes it, since it listens on the port that lies `COUNT` above.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  for (let tries = 0; ports.length < count; tries++) {
    if (tries === COUNT) throw new Error(`none of the ports from ${FIRST} on is free`)
    const port = FIRST + (next++ % COUNT)
    const claim = await listening(port + COUNT, '127.0.0.1')
    if (claim === undefined) continue
    claim.unref()
    const probe = await listening(port)
    if (probe === undefined) continue
    await once(probe.close(), 'close')
    ports.push(port)
  }
  return ports
}

/** A server at this port, or undefined where somebody else has it. @throws Error where it is for another reason. */
async function listening(port: number, host?: string): Promise<Server | undefined> {
  const server = createServer().listen(port, host)
  try {
    await once(server, 'listening')
    return server
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
    throw error
  }
}
