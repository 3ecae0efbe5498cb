import type { Handler } from '../../message/interface.ts'
import { calling } from '../app/app.ts'
import type { FilesPlace } from '../files/options.ts'
import type { WsgiOptions } from './options.ts'
import { wsgiApplicationOf, wsgiOptionsOf } from './specification.ts'

/** A WSGI application in Python, as a resource. @throws TypeError for what names no module. */
export function wsgi(given: string | WsgiOptions, place: Pick<FilesPlace, 'base'>): Handler {
  return calling(wsgiApplicationOf(given, place.base), wsgiOptionsOf(given))
}
