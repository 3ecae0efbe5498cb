import { HttpError } from '../message/errors.ts'
import type { Handler } from '../message/interface.ts'
import { mountedScript } from '../protocol/cgi/variables.ts'
import { type Explain, explaining } from './explain.ts'
import { explainVariables } from './explain-program.ts'
import type { Program, ProgramOptions } from './program.ts'

/**
 * One program that answers all paths of a route: the mount is its SCRIPT_NAME, the rest PATH_INFO.
 * @param about What is to be said of the program itself.
 */
export function mounted(run: Program, options: ProgramOptions, about: Explain): Handler {
  const explain: Explain = async (request) => {
    const script = mountedScript(request)
    if (script === undefined) return [['status', '404: an encoded slash in PATH_INFO']]
    return [...(await about(request)), ...explainVariables(request, script, options, true)]
  }
  return explaining((request, connection) => {
    const script = mountedScript(request)
    if (script === undefined) throw new HttpError(404, { code: 'encoded-slash' })
    return run(request, connection, script)
  }, explain)
}
