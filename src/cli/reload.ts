import { ConfigError } from '../config/config.ts'
import { ask, type Command, controlPaths, type Outcome } from '../server/control.ts'
import { configPath } from './reading.ts'

/** `oriel reload`: has the server of a config read it again, and tells what came of it. */
export async function reloadCommand({ config }: { readonly config?: string }): Promise<number> {
  return tellServer(configPath(config), { do: 'reload' })
}

/** `oriel serve --replace`: has the running server start this program, and hand its addresses over. */
export async function replaceCommand(path: string, args: readonly string[]): Promise<number> {
  const program = [process.execPath, process.argv[1] ?? '', ...args]
  return tellServer(path, { do: 'replace', program, folder: process.cwd() })
}

/** @throws ConfigError where no server of this config runs. */
async function tellServer(path: string, command: Command): Promise<number> {
  const { ok, told } = await asked(controlPaths(path), path, command)
  const [stream, before] = ok ? [process.stdout, ''] : [process.stderr, 'oriel: ']
  stream.write(`${before}${told}\n`)
  return ok ? 0 : 1
}

/** Asks the server of a config something. @throws ConfigError where none runs. */
export async function asked(sockets: readonly string[], path: string, command: Command): Promise<Outcome> {
  for (const socket of sockets) {
    try {
      return await ask(socket, command)
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (code !== 'ENOENT' && code !== 'ECONNREFUSED') throw cause
    }
  }
  throw new ConfigError(`no server of ${path} runs here, for this user. "oriel serve" starts one.`)
}
