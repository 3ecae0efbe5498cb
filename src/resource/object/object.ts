import type { Handler } from '../../message/interface.ts'
import { explaining } from '../explain.ts'
import type { FilesPlace } from '../files/options.ts'
import { explainedCall } from './explain-call.ts'

/** A published object, as a resource. @param address `echo@paul`. @throws TypeError for what is none, or of no server. */
export function object(address: string, { objects }: Pick<FilesPlace, 'objects'>): Handler {
  if (objects === undefined)
    throw new TypeError(`${address}: this site has no object servers: say in objects where they are`)
  const found = objects.find(address)
  return explaining(objects.handler(address), async (request) => explainedCall(found, request))
}
