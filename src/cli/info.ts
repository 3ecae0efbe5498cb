import { ConfigError } from '../config/config.ts'
import { parseHandle } from '../object/handle.ts'
import type { ServerEntry, SiteInfo } from '../object/info/entries.ts'
import { asked } from './info-request.ts'
import { serverText, siteText } from './info-text.ts'

export interface InfoOptions {
  readonly json?: true
  /** The Unix socket at which the site listens. */
  readonly unix?: string
}

/** Milliseconds for an object server that is asked itself. */
const PATIENCE = 5000

/** `oriel info`: what a site, or an object server, says of itself. @throws ConfigError for what names neither. */
export async function infoCommand(target: string | undefined, { json, unix }: InfoOptions): Promise<number> {
  const told = await toldBy(target, unix)
  if (json === true) process.stdout.write(`${JSON.stringify(told, undefined, 2)}\n`)
  else process.stdout.write('site' in told ? siteText(told) : serverText(told))
  return 'site' in told || told.answers ? 0 : 1
}

function toldBy(target: string | undefined, unix: string | undefined): Promise<SiteInfo | ServerEntry> {
  if (unix !== undefined) return asked(infoUrl(target ?? 'http://localhost'), unix)
  if (target === undefined) throw new ConfigError('name a site, as in oriel info http://localhost:8080')
  if (/^https?:/i.test(target)) return asked(infoUrl(target), undefined)
  return ofServer(target)
}

/** That of the site, unless it names one itself. */
function infoUrl(text: string): URL {
  if (!/^https?:/i.test(text) || !URL.canParse(text)) throw new ConfigError(`${text} is no URL of a site`)
  const url = new URL(text)
  url.hash = ''
  if (!/\/info@[^/]+$/.test(url.pathname)) url.pathname = `${url.pathname.replace(/\/+$/, '')}/info@root`
  return url
}

async function ofServer(text: string): Promise<ServerEntry> {
  const handle = handleOf(text)
  if (handle.kind !== 'fastcgi') {
    throw new ConfigError(`${text}: only a server that runs by itself can be asked, as in fastcgi:unix:/run/paul.sock`)
  }
  const [{ fastCgiUpstream }, { WireServer }, { collected }] = await Promise.all([
    import('../gateway/fastcgi/backends.ts'),
    import('../object/wire-server.ts'),
    import('../object/info/collect.ts'),
  ])
  const upstream = fastCgiUpstream({ address: handle.address, objects: true })
  const server = new WireServer({ handle: text, upstream })
  let name = handle.address
  const info = async (timeout: number) => {
    const said = await server.info(timeout)
    name = said.server ?? name
    return said
  }
  const [entry] = await collected([{ name: handle.address, kind: 'fastcgi', info, pathOf: () => undefined }], PATIENCE)
  upstream.close()
  return { ...(entry as ServerEntry), name }
}

function handleOf(text: string): ReturnType<typeof parseHandle> {
  try {
    return parseHandle(text)
  } catch (cause) {
    throw new ConfigError(
      `${text} is neither the URL of a site, as http://localhost:8080, nor the handle of an object server, as fastcgi:unix:/run/paul.sock`,
      { cause },
    )
  }
}
