import { HttpError } from '../message/errors.ts'
import type { Handler } from '../message/interface.ts'
import { mountedScript } from '../protocol/cgi/variables.ts'
import { type Explain, explaining } from './explain.ts'
import { explainedList, explainedVariables } from './explain-program.ts'
import type { Program, ProgramOptions } from './program.ts'

/**
 * An application that is one program: the mount is its name, the path under it its PATH_INFO.
 * @param about What an explanation says of it before its variables.
 * @param seen The variables as its protocol has them.
 */
export function mountedProgram(
  run: Program,
  options: ProgramOptions,
  about: Explain,
  seen: (variables: string[]) => string[] = (variables) => variables,
): Handler {
  const explain: Explain = async (request) => {
    const script = mountedScript(request)
    if (script === undefined) return [['status', '404: an encoded slash in PATH_INFO']]
    return [...(await about(request)), ...explainedList(seen(explainedVariables(request, script, options)))]
  }
  return explaining((request, connection) => {
    const script = mountedScript(request)
    if (script === undefined) throw new HttpError(404, { code: 'encoded-slash' })
    return run(request, connection, script)
  }, explain)
}
