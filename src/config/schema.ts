import * as v from 'valibot'
import type { Limits, Timeouts } from '../door/settings.ts'
import { Headers } from '../message/headers.ts'
import type { RedirectOptions } from '../resource/redirect.ts'
import type { RespondOptions } from '../resource/respond.ts'
import { kindOf } from '../site/kinds.ts'
import type { Route } from '../site/route.ts'
import type { Config } from './config.ts'
import {
  areFunctions,
  code,
  filled,
  isCode,
  isFunction,
  map,
  need,
  number,
  object,
  objection,
  text,
  texts,
  yes,
} from './parts.ts'
import { accessKey } from './schema-access.ts'
import { appKey } from './schema-app.ts'
import { authorizeKey } from './schema-authorize.ts'
import { errorLogKey, onErrorKey } from './schema-errorlog.ts'
import { errorsKey, interceptKey } from './schema-errors.ts'
import { fastcgiKey } from './schema-fastcgi.ts'
import { files } from './schema-files.ts'
import { infoKey } from './schema-info.ts'
import { acmeSchema, listenSchema } from './schema-listen.ts'
import { logKey, requestIdKey } from './schema-log.ts'
import { match, pattern } from './schema-match.ts'
import { objectKey, objectsKey } from './schema-objects.ts'
import { cgi } from './schema-programs.ts'
import { proxyKey } from './schema-proxy.ts'
import { scgiKey } from './schema-scgi.ts'
import { serverKey } from './schema-server.ts'
import { wsgiKey } from './schema-wsgi.ts'

/*
 * The one description of the config: it checks what is given, and the JSON Schema and the table in the documentation
 * are made from it. `object<T>` makes the compiler see to it that it has exactly the keys of the type it stands for.
 */

const FUNCTIONS = 'a list of functions'
/** RFC 9110 §8.3.1, parameters as they come. */
const MEDIA_TYPE = /^[\w.!#$&^+-]+\/[\w.!#$&^+-]+(?:\s*;[\x20-\x7e]*)?$/

const redirect = object<RedirectOptions>(
  {
    to: need(text("Where to; `*` at its end is what the route's `*` matched, `:name` a parameter.")),
    status: v.optional(v.pipe(v.picklist([301, 302, 303, 307, 308]), v.description('Default: 302.'))),
  },
  'Sends the client elsewhere.',
)

const respond = object<RespondOptions>(
  {
    status: number('Default: 200.', 200, 599),
    headers: v.optional(
      v.pipe(
        map(v.string(), v.string()),
        v.check(
          (given) => objection(() => new Headers(given)) === undefined,
          (issue) => objection(() => new Headers(issue.input)) ?? '',
        ),
        v.description('Fields of the answer.'),
      ),
    ),
    body: v.optional(v.pipe(v.string(), v.description('Its content.'))),
  },
  'The same answer to every request.',
)

const route = v.pipe(
  object<Route>(
    {
      match: v.pipe(v.union([pattern, match]), v.description('A path pattern, or a rule.')),
      files: v.optional(v.pipe(v.union([filled(), files]), v.description('A folder, by its path or with options.'))),
      module: v.optional(
        v.pipe(
          v.union([filled(), v.custom<unknown>(isCode)]),
          v.description('A TypeScript or JavaScript module by its path.'),
        ),
      ),
      resource: code(
        isCode,
        'a class, an object or a function',
        'What a module would export: a class extending Resource, an instance, a function, `{ fetch }`.',
      ),
      cgi: v.optional(
        v.pipe(v.union([filled(), cgi]), v.description('A folder of CGI programs, by its path or with options.')),
      ),
      fastcgi: v.optional(fastcgiKey),
      app: v.optional(appKey),
      wsgi: v.optional(wsgiKey),
      proxy: v.optional(proxyKey),
      scgi: v.optional(scgiKey),
      object: v.optional(objectKey),
      authorize: v.optional(authorizeKey),
      redirect: v.optional(v.pipe(v.union([filled(), redirect]), v.description('Sends the client elsewhere.'))),
      respond: v.optional(v.pipe(v.union([v.string(), respond]), v.description('The same answer to every request.'))),
      internal: yes('Whether no client can come here: only a resource can send, by X-Accel-Redirect or a Reroute.'),
      rewrite: text('The path that the resource sees instead, with `*` and `:name` of the pattern.'),
      access: v.exactOptional(
        v.pipe(
          accessKey,
          v.description('Who may: rules, or `public` where the site has rules. Default: those of the site.'),
        ),
      ),
      limits: v.optional(
        object<NonNullable<Route['limits']>>(
          { body: number('The most bytes the body of a request may have here.') },
          'Limits of this route.',
        ),
      ),
      errors: v.optional(errorsKey),
      intercept: v.optional(interceptKey),
      middleware: code(areFunctions, FUNCTIONS, 'Functions folded between the guard and the resource.'),
    },
    'Which requests go to which resource. Exactly one resource: `files`, `module`, `resource`, `cgi`, `fastcgi`, `scgi`, `proxy`, `app`, `wsgi`, `object`, `authorize`, `redirect` or `respond`.',
  ),
  v.check(
    (given) => objection(() => kindOf(given as unknown as Route)) === undefined,
    (issue) => objection(() => kindOf(issue.input as unknown as Route)) ?? '',
  ),
)

const limits = object<Limits & { body: number; logins: number }>(
  {
    requestLine: number('Bytes of a request line; more is 414. Default: 8192.', 64),
    head: number('Bytes of a request head; more is 431. Default: 16384.', 256),
    fields: number('Field lines of a head; more is 431. Default: 200.', 1),
    body: number('Bytes of a request body, unless its route says otherwise; more is 413. Default: 1048576.'),
    logins: v.optional(
      v.pipe(
        v.number(),
        v.integer('expected a whole number'),
        v.minValue(0),
        v.maxValue(1_000_000),
        v.description(
          'Failed logins of a name from one address in ten minutes, of all names from there four times as many, of a name from everywhere ten times; more is 429. 0: any number. Default: 10.',
        ),
      ),
    ),
    bodyRate: number('Bytes a second that a body must come at; slower is 408. Default: 500.'),
    connections: number('Open connections. Default: 16384.', 1),
    connectionsPerAddress: number(
      'Open connections of one address; loopback and trusted proxies are not counted. Default: 100.',
      1,
    ),
    requestsPerConnection: number('Requests on one connection. Default: no limit.', 1),
    streams: number('Requests that run on one HTTP/2 connection; the next one is refused. Default: 100.', 1),
    resets: number(
      'Streams of one HTTP/2 connection that are reset because of the client: a second, over ten seconds. Default: 100.',
      1,
    ),
    controlFrames: number(
      'Frames on one HTTP/2 connection that ask for nothing: a second, over ten seconds. Default: 500.',
      1,
    ),
  },
  'What a client may take.',
)

/** Timers take no longer time, and would be due at once. */
const LONGEST = 2 ** 31 - 1

const timeouts = object<Timeouts>(
  {
    head: number('For a whole request head. Default: 20000.', 1, LONGEST),
    body: number('Between two pieces of a body that is being read. Default: 30000.', 1, LONGEST),
    write: number('For the client to take anything of what is written. Default: 60000.', 1, LONGEST),
    idle: number('For the next request on a connection. Default: 15000.', 1, LONGEST),
    linger: number('For a client to notice the answer to a request that was refused. Default: 5000.', 1, LONGEST),
    stop: number('For running exchanges when the server stops. Default: 10000.', 0, LONGEST),
    hang: number('For a sign of life of a worker, before it is replaced. Default: 30000.', 100, LONGEST),
  },
  'How long is waited, in milliseconds.',
)

const who = v.union([filled(), v.pipe(v.number(), v.integer('expected a whole number'), v.minValue(0))])

/** The schema of a whole config. */
export const configSchema: v.GenericSchema<unknown, Config> = object<Config>(
  {
    listen: v.optional(
      v.pipe(v.array(listenSchema), v.minLength(1), v.description('Where to listen. Default: `[{ "port": 8080 }]`.')),
    ),
    acme: v.optional(acmeSchema),
    routes: v.optional(
      v.pipe(
        v.array(route),
        v.description('Which requests go to which resource. May be left out where there are `objects`.'),
      ),
    ),
    objects: v.optional(objectsKey),
    access: v.exactOptional(
      v.pipe(accessKey, v.description('Who may use the routes that say nothing of it. Default: anybody.')),
    ),
    info: infoKey,
    errors: v.optional(errorsKey),
    intercept: v.optional(interceptKey),
    development: yes(
      'Whether errors are shown with their stack and source to browsers on this machine, and to nobody else. Default: false.',
    ),
    log: logKey,
    requestId: requestIdKey,
    server: serverKey,
    limits: v.optional(limits),
    timeouts: v.optional(timeouts),
    types: v.optional(
      v.pipe(
        map(
          v.pipe(v.string(), v.regex(/^\.[^./\\]+$/, 'expected a suffix with its dot, such as ".foo"')),
          v.pipe(v.string(), v.regex(MEDIA_TYPE, 'expected a media type, such as "text/plain"')),
        ),
        v.description('Media types by suffix: `{ ".foo": "text/x-foo" }`.'),
      ),
    ),
    trustedProxies: texts(
      'Addresses and networks of proxies whose word about the client is believed; also `loopback`, `private`, `unix`. Default: none.',
    ),
    middleware: code(areFunctions, FUNCTIONS, 'Functions folded round the whole site.'),
    workers: v.optional(
      v.pipe(
        v.union([
          v.pipe(v.number(), v.integer('expected a whole number'), v.minValue(1), v.maxValue(1024)),
          v.literal('auto'),
        ]),
        v.description('Engine processes that share the work; `"auto"`: one on each processor. Default: 1.'),
      ),
    ),
    user: v.optional(
      v.pipe(
        who,
        v.description('Who the engine processes are, where the server is started as root: a name or a number.'),
      ),
    ),
    group: v.optional(v.pipe(who, v.description('Their group. Default: the first one of `user`.'))),
    errorLog: errorLogKey,
    onError: onErrorKey,
    report: code(isFunction, 'a function', 'Where reports go: a function of level, event and fields.'),
  },
  'The config of Oriel.',
) as unknown as v.GenericSchema<unknown, Config>
