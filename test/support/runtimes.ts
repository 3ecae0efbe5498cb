import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from './folder.ts'
import { HOSTS } from './hosts.ts'
import { onFreePort, type PeerStart, startPeer } from './peer-process.ts'

const BEHAVIOUR = join(import.meta.dirname, '../behaviour')

/** For packages of the older kind, which ask for modules of Node by `require`. */
const REQUIRE = `--banner:js=import { createRequire as requireFrom } from 'node:module'; const require = requireFrom('/')`

/** A Fetch runtime that serves the site of the suite. */
export interface Runtime {
  readonly url: string
  stop(): Promise<void>
}

/** The path of a program of a package in test/hosts. */
function hostProgram(name: string): string {
  return join(HOSTS, 'node_modules/.bin', name)
}

/** Runs a file of test/behaviour/ in Deno or Bun. @param root The folder with the files of the site. */
export function startRuntime(program: string, args: readonly string[], root: string): Promise<Runtime> {
  return started(hostProgram(program), (port) => ({
    args: [...args, join(BEHAVIOUR, 'fetch-program.js')],
    start: { folder: makeFolder(), env: { PORT: String(port), ROOT: root } },
  }))
}

/** Runs the site as a Worker. It is one file there, as bundlers make it. */
export function startWorkerd(): Promise<Runtime> {
  const folder = makeFolder()
  const options = ['--bundle', '--format=esm', '--platform=node', '--log-level=error', REQUIRE]
  const input = "export { worker as default } from './worker-program.js'"
  const words = [...options, `--outfile=${folder}/worker.mjs`]
  execFileSync(hostProgram('esbuild'), words, { input, cwd: BEHAVIOUR })
  return started(hostProgram('workerd'), (port) => {
    writeFileSync(join(folder, 'config.capnp'), workerConfig(port))
    return { args: ['serve', 'config.capnp'], start: { folder } }
  })
}

function workerConfig(port: number): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [ (name = "main", worker = .main) ],
  sockets = [ (name = "http", address = "127.0.0.1:${port}", http = (), service = "main") ]
);
const main :Workerd.Worker = (
  modules = [ (name = "worker", esModule = embed "worker.mjs") ],
  compatibilityDate = "2026-11-01",
  compatibilityFlags = [ "nodejs_compat" ]
);
`
}

interface Command {
  readonly args: readonly string[]
  readonly start: PeerStart
}

function started(program: string, command: (port: number) => Command): Promise<Runtime> {
  return onFreePort(async (port) => {
    const { args, start } = command(port)
    const { stop } = await startPeer({ after: () => {} }, program, args, { port }, start)
    return { url: `http://127.0.0.1:${port}`, stop }
  })
}
