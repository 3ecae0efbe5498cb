import { dirname, resolve } from 'node:path'
import { type Command, type ProcessOptions, processOf } from '../../gateway/cgi/process-call.ts'
import { PROGRAM_TIMEOUTS } from '../../gateway/patience.ts'
import type { Cap } from '../../gateway/permits.ts'
import type { Connection } from '../../message/connection.ts'
import { HttpError } from '../../message/errors.ts'
import type { Handler, Reply } from '../../message/interface.ts'
import { isPromise } from '../../message/reply.ts'
import type { Request } from '../../message/request.ts'
import { Response } from '../../message/response.ts'
import { byteString, decodedOctets } from '../../protocol/cgi/octets.ts'
import { cgiVariables, mountedScript, type Script } from '../../protocol/cgi/variables.ts'
import { explaining } from '../explain.ts'
import type { FilesPlace } from '../files/options.ts'
import { programAt, variableOptions } from '../program.ts'
import { commandOf, pathsOf } from './command.ts'
import { inheritedVariables } from './environment.ts'
import { explainRun } from './explain-run.ts'
import { type CgiOptions, DEFAULT_PROCESSES, DEFAULT_QUEUE } from './options.ts'
import type { Run } from './run.ts'
import { type FoundScript, Scripts, TO_FOLDER } from './scripts.ts'

type Find = (request: Request) => Run | Response | Promise<Run | Response>

/** Programs as resources by CGI/1.1 (RFC 3875): the scripts of a folder, or one program for all paths of the route. */
export function cgi(given: CgiOptions | string, place: FilesPlace): Handler {
  const options = ownDefaults(typeof given === 'string' ? { root: given } : given)
  const find = options.program === undefined ? inFolder(options, place) : always(options, place)
  const answer = programAt(options, place.identity)
  const cap = capOf(options, place)
  const total = options.timeouts?.total ?? PROGRAM_TIMEOUTS.total

  const run = (found: Run | Response, request: Request, connection: Connection): Reply => {
    if (found instanceof Response) return found
    const { command, path: name, script } = found
    if (command === undefined) throw notExecutable(name, request, connection)
    const about: ProcessOptions = { name, cap, total }
    return answer({ open: processOf(command, about), name }, request, connection, script)
  }
  const handler: Handler = (request, connection) => {
    const found = find(request)
    return isPromise(found) ? found.then((known) => run(known, request, connection)) : run(found, request, connection)
  }
  const passed = variableOptions(options)
  return explaining(handler, async (request) => {
    const found = await find(request)
    if (found instanceof Response) return [['status', `308 to ${found.headers.get('location')}`]]
    return explainRun(found, (connection) => cgiVariables(request, connection, found.script, undefined, passed))
  })
}

function inFolder(options: CgiOptions, place: FilesPlace): Find {
  const root = resolve(place.base, options.root ?? '.')
  const scripts = new Scripts(root, options, place)
  const paths = pathsOf(options, place.base)
  const documentRoot = byteString(root)
  const made = (found: FoundScript | typeof TO_FOLDER, request: Request): Run | Response => {
    if (found === TO_FOLDER) return Response.redirect(`${request.path}/${request.search}`, 308)
    const script: Script = {
      name: decodedOctets(request.mount + found.name),
      pathInfo: decodedOctets(request.rest.slice(found.name.length)),
      filename: byteString(found.path),
      root: documentRoot,
    }
    return { script, path: found.path, command: commandOf(found, paths) }
  }
  return (request) => {
    // Decoded, it would be a path of its own, which no guard has seen.
    if (request.path.includes('%2F')) throw new HttpError(404)
    const found = scripts.find(request.rest)
    return isPromise(found) ? found.then((known) => made(known, request)) : made(found, request)
  }
}

function always(options: CgiOptions, place: FilesPlace): Find {
  const file = resolve(place.base, options.program ?? '.')
  const { cwd = dirname(file) } = pathsOf(options, place.base)
  const command: Command = { file, args: [file, ...(options.args ?? [])], cwd }
  const filename = byteString(file)
  return (request) => {
    const script = mountedScript(request)
    if (script === undefined) throw new HttpError(404)
    return { script: { ...script, filename }, path: file, command }
  }
}

/** RFC 3875 §4.1.18: programs are told who the user is, and not the password. */
function ownDefaults(options: CgiOptions): CgiOptions {
  return { ...options, authorization: options.authorization ?? false, env: { ...inheritedVariables(), ...options.env } }
}

function capOf(
  { root = '.', program, processes = DEFAULT_PROCESSES, queue = DEFAULT_QUEUE }: CgiOptions,
  { base }: FilesPlace,
): Cap {
  return { name: `cgi ${resolve(base, program ?? root)}`, most: processes, queue }
}

function notExecutable(script: string, { method, target }: Request, { exchange }: Connection): HttpError {
  const told = 'A script cannot be run: this user may not execute it, and no interpreter has its suffix.'
  exchange.report('warn', told, { method, uri: target, script })
  return new HttpError(403, { code: 'cgi.executable' })
}
