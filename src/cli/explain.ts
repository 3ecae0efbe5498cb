import { dirname } from 'node:path'
import { buildConfig } from '../config/build.ts'
import { loadConfig } from '../config/load.ts'
import { configPath } from './reading.ts'

/** `oriel explain GET /x`: which route, which guard, which file. Runs nothing, and imports no module of the site. */
export async function explainCommand(
  method: string,
  target: string,
  { config: named }: { readonly config?: string },
): Promise<number> {
  const { config, file, source } = await loadConfig(configPath(named))
  const { site } = await buildConfig(config, { base: dirname(file), source, withhold: [file], explaining: true })
  const { lines, found } = await site.explain(method.toUpperCase(), target)
  const width = Math.max(...lines.map(([word]) => word.length))
  process.stdout.write(
    `${method.toUpperCase()} ${target}\n${lines.map(([word, text]) => `  ${word.padEnd(width)}  ${text}\n`).join('')}`,
  )
  return found ? 0 : 1
}
