/** Where the lines of a log go: what `to` of a logger says. */
export type Place =
  | 'stdout'
  | 'stderr'
  | FilePlace
  | SyslogPlace
  | SqlPlace
  | HttpPlace
  /** Told of lines, without their ends, a moment after they were made. */
  | ((lines: readonly string[]) => void | Promise<void>)

export interface FilePlace {
  /** The file that lines are appended to; made where there is none, for its owner and its group to read. */
  readonly file: string
  readonly rotate?: RotateOptions
}

export interface RotateOptions {
  /** Bytes after which a new file is begun. */
  readonly size?: number
  /** Days after which a new file is begun, at midnight. */
  readonly days?: number
  /** How many old files are kept; 14 where it is left out. */
  readonly keep?: number
  /** Whether old files are compressed. */
  readonly compress?: boolean
}

export interface SyslogPlace {
  /** The log daemon, by its address or with options; true for the one of this machine. */
  readonly syslog: string | true | SyslogOptions
}

export interface SyslogOptions {
  /** `unix:PATH`, `udp:host:port` or `tcp:host:port`; `unix:/dev/log` where it is left out. */
  readonly address?: string
  /** `local0` where it is left out. */
  readonly facility?: Facility
  /** Of all lines; `info` where it is left out. */
  readonly severity?: Severity
  /** What the messages are said to come from; `oriel` where it is left out. */
  readonly name?: string
  /** RFC 5424, or the form of syslog(3), which daemons expect on Unix sockets: the default there. */
  readonly form?: 'rfc5424' | 'local'
  /** How messages are told apart on TCP (RFC 6587): by their size, or by line ends. `octets` where it is left out. */
  readonly framing?: 'octets' | 'lines'
  /** The most bytes of a message, which is cut there; 2048 for UDP, 8192 else. */
  readonly size?: number
}

/** RFC 5424 §6.2.1, in the order of their numbers. */
export const FACILITIES = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'audit',
  'alert',
  'clock',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
] as const
export const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const
export type Facility = (typeof FACILITIES)[number]
export type Severity = (typeof SEVERITIES)[number]

export interface SqlPlace {
  readonly sql: SqlOptions
}

export interface SqlOptions {
  /** The file of the SQLite database; made where there is none. */
  readonly file: string
  /** `requests` where it is left out; made where there is none. */
  readonly table?: string
  /** Columns, and the keys of the JSON lines whose values they get. The usual ones where it is left out. */
  readonly columns?: Readonly<Record<string, string>>
}

export interface HttpPlace {
  /** The URL that lines are sent to, in batches, by POST. */
  readonly http: string
  /** Fields of the request, such as a token. */
  readonly headers?: Readonly<Record<string, string>>
  /** Whether batches are compressed. */
  readonly gzip?: boolean
  /** Milliseconds for a batch to be taken; 10000 where it is left out. */
  readonly timeout?: number
}
