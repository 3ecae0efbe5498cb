import * as v from 'valibot'
import { statusRange } from '../log/filter.ts'
import type { FilterOptions, LogOptions, RedactOptions, TemplateOptions } from '../log/options.ts'
import { redactionOf } from '../log/redaction.ts'
import { templateLine } from '../log/template.ts'
import {
  accepted,
  isFunction,
  isLogger,
  need,
  number,
  object,
  optional,
  text,
  textOrTexts,
  texts,
  yes,
} from './parts.ts'
import { placeSchema } from './schema-log-place.ts'

const names = v.picklist(['common', 'combined', 'json'])

const template = object<TemplateOptions>(
  {
    template: need(
      optional(
        accepted((given) => templateLine(given, redactionOf())),
        'A text with names in braces: `{time} {method} {uri} {status} {>accept}`.',
      ),
    ),
  },
  'A format of your own.',
)

const oneStatus = v.union([
  v.pipe(v.number(), v.integer('expected a whole number'), v.minValue(100), v.maxValue(599)),
  accepted(statusRange),
])

const filter = object<FilterOptions>(
  {
    status: optional(
      v.union([oneStatus, v.pipe(v.array(oneStatus), v.minLength(1))]),
      'Statuses: numbers, classes (`5xx`), ranges (`400-499`).',
    ),
    route: textOrTexts('Patterns of routes, as the config writes them.'),
    resource: textOrTexts('Kinds of resource: `files`, `module`, `fastcgi`, ….'),
    slower: number('Only exchanges that took longer, in milliseconds.'),
    errors: yes('Only exchanges that failed: a status from 500 on, or an answer that was cut.'),
    sample: optional(
      v.pipe(v.number(), v.gtValue(0, 'expected a share above 0, up to 1'), v.maxValue(1)),
      'The share that is told of, up to 1: the first, and then evenly.',
    ),
  },
  'Which exchanges are told of: those that every key lets through.',
)

const redact = object<RedactOptions>(
  {
    fields: texts('Fields that are never told, beside those with passwords and cookies.'),
    query: texts('Parameters whose values are hidden, beside those that are known for secrets.'),
  },
  'What is kept out of the lines, beside what always is.',
)

const anyOptions = object<LogOptions>(
  {
    format: optional(
      v.union([names, template, v.custom<unknown>(isFunction, 'expected common, combined, json or an object')]),
      '`common`, `combined`, `json` or `{ template }`. Default: `combined`; `json` for `sql` and `http`.',
    ),
    to: optional(
      placeSchema,
      '`stdout`, `stderr`, `{ file }`, `{ syslog }`, `{ sql }` or `{ http }`. Default: `stdout`.',
    ),
    object: text('In the place of `format` and `to`: an object that is told of exchanges, `OBJECT@SERVER`.'),
    filter: v.optional(filter),
    redact: optional(v.union([v.literal(false), redact]), 'What is kept out of the lines; `false`: nothing.'),
  },
  'A log of requests.',
)

const options = v.pipe(
  anyOptions,
  v.check(
    (given) =>
      !Object.hasOwn(given as object, 'object') ||
      ['format', 'to'].every((key) => !Object.hasOwn(given as object, key)),
    'an object has neither format nor to: it is told of exchanges as lines of JSON',
  ),
)

/** The key `log`. */
export const logKey: v.OptionalSchema<v.GenericSchema, undefined> = optional(
  v.array(
    v.union([names, options, v.custom<unknown>(isLogger, 'expected common, combined, json, an object or a logger')]),
  ),
  'Who is told of every exchange: names of formats, logs of requests, or Logger objects.',
)

/** The key `requestId`. */
export const requestIdKey: v.OptionalSchema<v.GenericSchema, undefined> = optional(
  v.union([
    v.literal(true),
    v.pipe(v.string(), v.regex(/^[A-Za-z][A-Za-z0-9-]*-id$/i, 'expected true, or a field such as X-Request-Id')),
  ]),
  'The field that tells programs and upstreams which request it is; `true`: `X-Request-Id`. Default: none.',
)
