import { addressesOf } from '../../gateway/fastcgi/addresses.ts'
import { scgiBackends } from '../../gateway/scgi/backends.ts'
import type { Handler } from '../../message/interface.ts'
import { scgiVariables } from '../../protocol/scgi/request.ts'
import { handover } from '../fastcgi/handover.ts'
import type { FilesPlace } from '../files/options.ts'
import { mountedProgram } from '../mounted-program.ts'
import { program } from '../program.ts'
import type { ScgiOptions } from './options.ts'

/** An SCGI application as a resource. @throws TypeError for options that cannot be. */
export function scgi(given: string | readonly string[] | ScgiOptions, place: FilesPlace): Handler {
  const options = optionsOf(given)
  const address = addressesOf(options.address, place.base)
  const name = address.join(', ')
  const run = program(scgiBackends({ ...options, address }), name, options, place.identity, handover(options, place))
  return mountedProgram(run, options, async () => [['address', name]], scgiVariables)
}

function optionsOf(given: string | readonly string[] | ScgiOptions): ScgiOptions {
  return typeof given === 'object' && 'address' in given ? given : { address: given }
}
