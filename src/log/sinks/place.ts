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
  /** The file that lines are appended to; made where there is none. */
  readonly file: string
  readonly rotate?: RotateOptions
}

export interface RotateOptions {
  /** Bytes after which a new file is begun. */
  readonly size?: number
  /** Days after which a new file is begun, at midnight. */
  readonly days?: number
  /** How many old files are kept. */
  readonly keep?: number
  /** Whether old files are compressed. */
  readonly compress?: boolean
}

export interface SyslogPlace {
  /** The address of the log daemon, `unix:PATH` or `host:port`; true for the one of this machine. */
  readonly syslog: string | true
}

export interface SqlPlace {
  /** The file of the database. */
  readonly sql: string
}

export interface HttpPlace {
  /** The URL that lines are sent to, in batches. */
  readonly http: string
}
