import * as v from 'valibot'
import { wsgiModule } from '../resource/wsgi/command.ts'
import type { WsgiOptions } from '../resource/wsgi/options.ts'
import { accepted, need, number, object, optional, text, yes } from './parts.ts'
import { processKeys } from './schema-app.ts'

/** More threads than these only wait for one another. */
const MOST_THREADS = 1024

const module = accepted((given) => wsgiModule(given))

/** What a route says of a WSGI application. */
export const wsgi: v.GenericSchema = object<WsgiOptions>(
  {
    module: need(optional(module, 'What is called: `mysite.wsgi:application`, or `mysite:make()`.')),
    path: text('The folder in which it runs, and where modules are found first. Default: that of the config.'),
    threads: number('Requests that one process answers at once, each in a thread. Default: 1.', 1, MOST_THREADS),
    python: text('Python 3.8 or later, by its path, such as `venv/bin/python`, or a name on PATH. Default: `python3`.'),
    spool: yes('Whether a content is read to its end before the application is called. Default: `true`.'),
    authorization: yes('Whether it sees the field Authorization, with passwords. Default: unless a guard used it.'),
    ...processKeys,
  },
  'A WSGI application in Python that Oriel runs.',
)

/** By its module alone, or with options. */
export const wsgiKey: v.GenericSchema = v.pipe(
  v.union([module, wsgi]),
  v.description('A WSGI application in Python that Oriel runs: `mysite.wsgi:application`, or with options.'),
)
