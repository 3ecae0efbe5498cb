import * as v from 'valibot'
import type { GatewayTimeouts } from '../gateway/patience.ts'
import type { CgiOptions } from '../resource/cgi/options.ts'
import type { ProgramOptions } from '../resource/program.ts'
import { filled, map, number, object, optional, text, texts, yes } from './parts.ts'

const LONGEST = 2 ** 31 - 1

/** How long programs may take. */
export const gatewayTimeouts: v.GenericSchema = object<GatewayTimeouts>(
  {
    firstByte: number('For the head of an answer, from when the program was called. Default: 30000.', 0, LONGEST),
    idle: number('For the next piece of an answer. Default: 60000.', 0, LONGEST),
    total: number('For the whole of it. Default: 600000.', 0, LONGEST),
  },
  'How long is waited for the program, in milliseconds; 0: for ever.',
)

const variableName = v.pipe(
  v.string(),
  v.regex(/^[^=\0]+$/, 'is no name of a variable: it is empty, or has a = or a NUL in it'),
)
const variableValue = v.pipe(v.string(), v.regex(/^[^\0]*$/, 'has a NUL in it, which no variable can have'))

/** More variables. */
export const programEnv: v.GenericSchema = optional(
  map(variableName, variableValue),
  'More variables for the program, as they are.',
)

type Keys<T> = { readonly [K in keyof Required<T>]: v.GenericSchema }

/** The keys that all routes to programs share. @param authorization When they see it where that is left out. */
export function programKeys(authorization: string): Keys<ProgramOptions> {
  return {
    env: programEnv,
    authorization: yes(`Whether the program sees the field Authorization, with passwords. Default: ${authorization}.`),
    timeouts: v.optional(gatewayTimeouts),
    spool: yes('Whether a content is read to its end before the program is called. Default: `true`.'),
  }
}

const suffix = v.pipe(v.string(), v.regex(/^\.[^./\\]+$/, 'expected a suffix with its dot, such as ".pl"'))
const interpreter = v.union([filled(), v.pipe(v.array(filled()), v.minLength(1))])

/** What CGI programs are told. */
export const cgi: v.GenericSchema = v.pipe(
  object<CgiOptions>(
    {
      root: text('The folder of the scripts.'),
      program: text('The one program that answers all paths of the route.'),
      args: texts('The arguments of `program`.'),
      interpreters: optional(
        map(suffix, interpreter as v.GenericSchema<unknown>),
        'What runs the scripts of a suffix, a program or one with arguments: `{ ".pl": "/usr/bin/perl" }`.',
      ),
      index: texts('The scripts that stand for a folder, the first that exists. Default: none.'),
      symlinks: yes('Whether links may lead out of `root`. Default: `false`.'),
      cwd: text('The folder to run in. Default: that of the script or program.'),
      processes: number('Processes that run at once, in all workers together. Default: 32.', 1, LONGEST),
      queue: number('Requests that wait for one; more are answered 503. Default: 100.', 0, LONGEST),
      ...programKeys('`false`'),
    },
    'CGI programs.',
  ),
  v.check((given) => {
    const { root, program } = given as CgiOptions
    return (root === undefined) !== (program === undefined)
  }, 'needs root, the folder of the scripts, or program, and not both'),
  v.check((given) => {
    const { args, program } = given as CgiOptions
    return args === undefined || program !== undefined
  }, 'has args, which are for a program: those of an interpreter stand behind it, in a list'),
  v.check((given) => {
    const { program, interpreters, index } = given as CgiOptions
    return program === undefined || (interpreters === undefined && index === undefined)
  }, 'has interpreters or index, which are for a root and not for a program'),
)
