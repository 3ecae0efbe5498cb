import * as v from 'valibot'
import type { ObjectServerOptions } from './object-options.ts'
import { filled, map, number, object, text } from './parts.ts'
import { accessKey } from './schema-access.ts'
import { processKeys } from './schema-app.ts'

const LONGEST = 2 ** 31 - 1

/* What handles and names are good is looked at by `check-objects`, which is loaded where there are any. */

const alias = v.pipe(v.array(filled()), v.minLength(1))

const timeouts = object<NonNullable<ObjectServerOptions['timeouts']>>(
  {
    start: number('Until a process answers, from its start. Default: 30000.', 1, LONGEST),
    stop: number('Until a process has ended by itself. Default: 10000.', 1, LONGEST),
    spare: number('After which one that is not needed is ended. Default: 60000.', 1, LONGEST),
    firstByte: number('For the head of an answer; objects are told. Default: 30000.', 0, LONGEST),
    idle: number('For the next piece of an answer. Default: 60000.', 0, LONGEST),
    total: number('For the whole of it. Default: 0.', 0, LONGEST),
  },
  'How long is waited, in milliseconds; 0 for an answer: for ever.',
)

const { timeouts: _timeouts, ...processes } = processKeys

const options = object<ObjectServerOptions>(
  {
    handle: v.pipe(
      v.union([filled(), alias]),
      v.description(
        'Its binding handle: `module:FILE`, `command:PROGRAM`, `fastcgi:unix:PATH`, `fastcgi:HOST:PORT`; or a list of handles and of names of other servers.',
      ),
    ),
    path: text('The folder in which a command runs. Default: that of the config.'),
    connections: number(
      'Of a command: requests that one process takes at once. Default: 128; 16 where there may be more processes. Of `fastcgi:`: connections to it. Default: as many as it says.',
      1,
      LONGEST,
    ),
    access: v.exactOptional(
      v.pipe(accessKey, v.description('Who may call its objects at `/object@server`. Default: those of the site.')),
    ),
    url: v.optional(
      v.pipe(
        v.union([v.boolean(), v.array(filled())]),
        v.description(
          'Which of its objects answer at `/object@server`: all, none, or these. Default: all that no route, guard or log names.',
        ),
      ),
    ),
    ...processes,
    timeouts: v.optional(timeouts),
  },
  'An object server.',
)

const server = v.pipe(
  v.union([filled(), alias, options]),
  v.description('Its binding handle, a list of handles and names, or options.'),
)

/** The object servers of a site, by name. */
export const objectsKey: v.GenericSchema = v.pipe(
  map(filled(), server),
  v.description(
    'Object servers by their names: `{ "paul": "command:node paul.mjs" }`. Their objects answer at `/object@paul`.',
  ),
)

/** The key of a route that names an object. */
export const objectKey: v.GenericSchema = v.pipe(filled(), v.description('A published object: `echo@paul`.'))
