import * as v from 'valibot'
import type { ProcessLimits } from '../process/specification.ts'
import { wordsOf } from '../resource/app/command-line.ts'
import type { AppForward, AppOptions, ProcessOptions } from '../resource/app/options.ts'
import { accepted, filled, map, need, number, object, optional, text, yes } from './parts.ts'
import { forwardKeys } from './schema-proxy.ts'

const LONGEST = 2 ** 31 - 1
/** More is a mistake of a digit. */
const MOST_PROCESSES = 1024

type Keys<T> = { readonly [K in keyof Required<T>]: v.GenericSchema }

const count = v.pipe(v.number(), v.integer('expected a whole number'), v.minValue(1), v.maxValue(MOST_PROCESSES))
const range = v.pipe(
  object<{ min: number; max: number }>(
    {
      min: v.pipe(count, v.description('Always at least so many.')),
      max: v.pipe(count, v.description('And no more than so many.')),
    },
    'As many as are needed.',
  ),
  v.check((given) => {
    const { min, max } = given as { min: number; max: number }
    return min <= max
  }, 'has more as min than as max'),
)
const who = v.union([filled(), v.pipe(v.number(), v.integer('expected a whole number'), v.minValue(0))])
const variable = v.pipe(v.string(), v.regex(/^[^=\0]+$/, 'is no name of a variable'))
const value = v.pipe(v.string(), v.regex(/^[^\0]*$/, 'has a NUL in it, which no variable can have'))

const limits = object<ProcessLimits>(
  {
    memory: number('Address space in MiB.', 1, LONGEST),
    files: number('Open files and sockets.', 8, LONGEST),
    cpu: number('Seconds of processor time.', 1, LONGEST),
    processes: number('Processes of its user.', 1, LONGEST),
    core: number('Size of a core dump in MiB.', 0, LONGEST),
  },
  'What of the operating system one process may use.',
)

const timeouts = object<NonNullable<ProcessOptions['timeouts']>>(
  {
    start: number('Until a process answers, from its start. Default: 30000.', 1, LONGEST),
    stop: number('Until a process has ended by itself. Default: 10000.', 1, LONGEST),
    spare: number('After which one that is not needed is ended. Default: 60000.', 1, LONGEST),
    firstByte: number('For the head of an answer. Default: 30000; of HTTP 60000.', 0, LONGEST),
    idle: number('For the next piece of an answer. Default: 60000.', 0, LONGEST),
    total: number('For the whole of it. Default: 600000; of HTTP 0.', 0, LONGEST),
    upgraded: number('For a byte in either direction on a WebSocket and the like. Default: 3600000.', 0, LONGEST),
  },
  'How long is waited, in milliseconds; 0 for an answer: for ever.',
)

/** The keys that say how the processes of an application are run. */
export const processKeys: Keys<ProcessOptions> = {
  processes: v.optional(
    v.pipe(v.union([count, range]), v.description('How many: a number, or `{ min, max }`. Default: 1.')),
  ),
  env: optional(map(variable, value), 'More variables of their environment.'),
  user: v.optional(
    v.pipe(who, v.description('Who they are, where root starts the server. Default: `user` of the config.')),
  ),
  group: v.optional(v.pipe(who, v.description('Their group. Default: the first one of `user`.'))),
  limits: v.optional(limits),
  maxRequests: number('After so many requests a process is replaced.', 1, LONGEST),
  maxMemory: number('Above so many MiB of memory a process is replaced, with all that it started.', 1, LONGEST),
  reload: v.optional(
    v.pipe(
      v.picklist(['replace', 'keep']),
      v.description('Whether a reload replaces the processes, one after the other. Default: `replace`.'),
    ),
  ),
  queue: number('Requests that wait for a process; more are answered 503. Default: 1024.', 0, LONGEST),
  timeouts: v.optional(timeouts),
}

const words = v.union([accepted((given) => wordsOf(given)), v.pipe(v.array(filled()), v.minLength(1))])

const { spool: _spool, timeouts: _timeouts, authorization: _authorization, ...forward } = forwardKeys

/** What a route says of an application that Oriel runs. */
export const app: v.GenericSchema = object<AppOptions>(
  {
    command: need(
      optional(words, 'The program and its arguments, without a shell; `$SOCKET` is where it has to listen.'),
    ),
    protocol: v.optional(
      v.pipe(v.picklist(['http', 'fastcgi', 'scgi']), v.description('What it speaks there. Default: `http`.')),
    ),
    path: text('The folder in which it runs. Default: that of the config.'),
    connections: number(
      'Requests that one process takes at once. Default: 128; 16 where there may be more processes.',
      1,
      LONGEST,
    ),
    spool: yes('Whether a content is read to its end before the application is called. Default: `true`.'),
    authorization: yes('Whether it sees the field Authorization, with passwords. Default: unless a guard used it.'),
    forward: v.optional(object<AppForward>(forward, 'How requests are forwarded to one that speaks HTTP.')),
    ...processKeys,
  },
  'An application that Oriel runs.',
)

/** By its command alone, or with options. */
export const appKey: v.GenericSchema = v.pipe(
  v.union([accepted((given) => wordsOf(given)), app]),
  v.description('An application that Oriel runs: its command, or with options.'),
)
