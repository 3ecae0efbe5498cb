import { accessSync, constants, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Place } from '../log/sinks/place.ts'
import { type Config, ConfigError } from './config.ts'
import { faultAt, type Source } from './fault.ts'
import { linePlace } from './log-places.ts'

/**
 * What opening the places of logs would say, as far as it can be known before. Nothing is opened or made.
 * @param base The folder that relative paths are taken from. @throws ConfigError for the first that cannot be used.
 */
export async function checkPlaces({ log = [], errorLog }: Config, base: string, source: Source): Promise<void> {
  const places = (log as readonly unknown[]).map((entry, i) => [['log', i, 'to'], linePlace(entry)] as const)
  for (const [path, to] of [...places, [['errorLog', 'to'], errorLog?.to] as const]) {
    try {
      if (typeof to === 'object') await checkPlace(to, base)
    } catch (cause) {
      throw new ConfigError(faultAt(path, (cause as Error).message, source), { cause })
    }
  }
}

/** @throws Error that says what to do. */
async function checkPlace(to: Place & object, base: string): Promise<void> {
  if ('file' in to) checkFile(resolve(base, to.file))
  else if ('sql' in to) checkFile(resolve(base, to.sql.file))
  else if ('http' in to) checkUrl(to.http)
  else if ('syslog' in to) {
    const { syslog } = to
    const address = typeof syslog === 'object' ? syslog.address : syslog
    if (typeof address !== 'string') return
    const { parseAddress } = await import('../log/sinks/syslog.ts')
    parseAddress(address)
  }
}

function checkFile(file: string): void {
  const folder = dirname(file)
  const stats = statSync(file, { throwIfNoEntry: false })
  if (stats?.isDirectory() === true) throw new Error(`${file} is a folder: name a file in it`)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new Error(`there is no folder ${folder}: make it, or name another one`)
  const cannot = stats === undefined ? folder : file
  try {
    accessSync(cannot, constants.W_OK)
  } catch (cause) {
    throw new Error(`${cannot} cannot be written: change its owner or its mode`, { cause })
  }
}

function checkUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new Error(
      `${JSON.stringify(text)} is no URL that lines can be sent to: give http://HOST:PORT/PATH or https://…`,
    )
}
