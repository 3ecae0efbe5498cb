import * as v from 'valibot'
import {
  FACILITIES,
  type FilePlace,
  type HttpPlace,
  type RotateOptions,
  SEVERITIES,
  type SqlOptions,
  type SqlPlace,
  type SyslogOptions,
  type SyslogPlace,
} from '../log/sinks/place.ts'
import { accepted, filled, isFunction, map, need, number, object, optional, text, yes } from './parts.ts'

const whole = (description: string, least: number): v.OptionalSchema<v.GenericSchema, undefined> =>
  number(description, least, 2 ** 52)

const daemon = object<SyslogOptions>(
  {
    address: text('`unix:PATH`, `udp:host:port` or `tcp:host:port`. Default: `unix:/dev/log`.'),
    facility: optional(v.picklist(FACILITIES), 'Default: `local0`.'),
    severity: optional(v.picklist(SEVERITIES), 'Of all lines. Default: `info`.'),
    name: text('What the messages are said to come from. Default: `oriel`.'),
    form: optional(v.picklist(['rfc5424', 'local']), 'RFC 5424, or that of syslog(3). Default: by the address.'),
    framing: optional(v.picklist(['octets', 'lines']), 'How messages are told apart on TCP. Default: `octets`.'),
    size: whole('The most bytes of a message. Default: 2048 for UDP, 8192 else.', 480),
  },
  'A log daemon.',
)

type AnyPlace = FilePlace & SyslogPlace & SqlPlace & HttpPlace

const KINDS = ['file', 'syslog', 'sql', 'http']
/** Keys that belong to one kind. */
const OF: Readonly<Record<string, string>> = { rotate: 'file', headers: 'http', gzip: 'http', timeout: 'http' }

const somewhere = v.pipe(
  object<AnyPlace>(
    {
      file: text('The file that lines are appended to.'),
      rotate: v.optional(
        object<RotateOptions>(
          {
            size: whole('Bytes after which a new file is begun.', 1024),
            days: whole('Days after which a new file is begun, at midnight.', 1),
            keep: whole('How many old files are kept. Default: 14.', 0),
            compress: yes('Whether old files are compressed.'),
          },
          'When a new file is begun, and what becomes of old ones.',
        ),
      ),
      syslog: optional(v.union([v.literal(true), filled(), daemon]), 'The log daemon; `true`: that of this machine.'),
      sql: v.optional(
        object<SqlOptions>(
          {
            file: need(text('The file of the SQLite database.')),
            table: text('Default: `requests`; of the error log `errors`.'),
            columns: optional(
              map(filled(), filled() as v.GenericSchema<unknown>),
              'Columns, and the keys of JSON lines that they get.',
            ),
          },
          'A table of a database.',
        ),
      ),
      http: optional(accepted(checkUrl), 'The URL that lines are sent to, in batches, by POST.'),
      headers: optional(map(filled(), v.string() as v.GenericSchema<unknown>), 'Fields of the request for `http`.'),
      gzip: yes('Whether the batches for `http` are compressed.'),
      timeout: number('Milliseconds for a batch to be taken. Default: 10000.', 1, 2 ** 31 - 1),
    },
    'Where the lines go.',
  ),
  v.check((given) => kindsOf(given).length === 1, 'expected one of file, syslog, sql and http'),
  v.check(
    (given) => Object.keys(Object(given)).every((key) => OF[key] === undefined || OF[key] === kindsOf(given)[0]),
    'rotate is for file; headers, gzip and timeout are for http',
  ),
)

/** @throws TypeError for what is no URL of HTTP. */
function checkUrl(text: string): void {
  const protocol = URL.canParse(text) ? new URL(text).protocol : ''
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new TypeError(`${JSON.stringify(text)} is no URL: give http://HOST:PORT/PATH or https://HOST/PATH`)
}

function kindsOf(given: unknown): string[] {
  return Object.keys(Object(given)).filter((key) => KINDS.includes(key))
}

/** Where the lines of a log go. */
export const placeSchema: v.GenericSchema = v.union([
  v.picklist(['stdout', 'stderr']),
  somewhere,
  v.custom<unknown>(isFunction, 'expected stdout, stderr, or an object with file, syslog, sql or http'),
])
