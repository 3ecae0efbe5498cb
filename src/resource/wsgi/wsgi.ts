import type { KnownApplication } from '../../gateway/fastcgi/abilities.ts'
import { fastCgiUpstream } from '../../gateway/fastcgi/backends.ts'
import type { Handler } from '../../message/interface.ts'
import { calling } from '../app/app.ts'
import type { FilesPlace } from '../files/options.ts'
import type { WsgiOptions } from './options.ts'
import { wsgiApplicationOf, wsgiOptionsOf } from './specification.ts'

/** Our host with a single thread, as python/oriel/wsgi/connection.py has it. */
const SERIAL: KnownApplication = {
  maxConns: undefined,
  maxReqs: undefined,
  mpxsConns: true,
  window: 65536,
  objects: false,
  serial: true,
}

/** A WSGI application in Python, as a resource. @throws TypeError for what names no module. */
export function wsgi(given: string | WsgiOptions, place: Pick<FilesPlace, 'base' | 'identity'>): Handler {
  const options = wsgiOptionsOf(given)
  const spec = wsgiApplicationOf(options, place.base)
  // How many requests run at once is decided before. With threads each has a connection, where any thread that is free finds it.
  const connections = spec.connections + (spec.ahead ?? 0)
  const known = spec.connections === 1 ? SERIAL : undefined
  return calling(spec, options, place.identity, (address) =>
    fastCgiUpstream({ address, connections, keepAlive: true }, known),
  )
}
