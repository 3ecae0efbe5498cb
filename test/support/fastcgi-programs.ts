import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openFolder, type Peer, startPeer } from './peer-process.ts'
import { needPeer } from './peers.ts'

/** A FastCGI application that somebody else wrote. */
export interface FastcgiProgram extends Peer {
  /** The path of its Unix socket. */
  readonly socket: string
}

/** Starts fcgiwrap, which runs the CGI program that SCRIPT_FILENAME names; undefined where the test is skipped. */
export function startFcgiwrap(t: TestContext, processes: number = 1): Promise<FastcgiProgram | undefined> {
  return startSpawnFcgi(t, ['fcgiwrap', '-f', '-c', String(processes)])
}

/** Starts an application by spawn-fcgi, the listening socket its descriptor 0; undefined where the test is skipped. */
export async function startSpawnFcgi(
  t: TestContext,
  [name = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<FastcgiProgram | undefined> {
  const program = needPeer(t, 'spawn-fcgi')
  const application = name.includes('/') ? name : needPeer(t, name)
  if (program === undefined || application === undefined) return undefined
  const folder = openFolder()
  const socket = join(folder, 'app.sock')
  const words = ['-n', '-s', socket, '-M', '0666', '--', application, ...args]
  return { ...(await startPeer(t, program, words, { path: socket }, { folder, env })), socket }
}
