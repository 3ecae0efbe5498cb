import { dirname } from 'node:path'
import { buildConfig } from '../config/build.ts'
import { loadConfig } from '../config/load.ts'
import { configPath } from './serve.ts'

/** `oriel check`: whether a config can be used. Reads all that it names, certificates and modules too; serves nothing. */
export async function checkCommand({ config: named }: { readonly config?: string }): Promise<number> {
  const path = configPath(named)
  const { config, file } = await loadConfig(path)
  const { listen } = await buildConfig(config, { base: dirname(file), withhold: [file], certificates: true })
  const count = config.routes.length
  process.stdout.write(
    `${path} is good: ${count} ${count === 1 ? 'route' : 'routes'}, listening at ${listen.map(({ unix, host = '127.0.0.1', port }) => unix ?? `${host}:${port}`).join(' and ')}.\n`,
  )
  return 0
}
