/** What of the operating system a process may use. */
export interface ResourceLimits {
  /** Address space in MiB. */
  readonly memory?: number
  /** Open files and sockets. */
  readonly files?: number
  /** Seconds of processor time. */
  readonly cpu?: number
  /** Processes of its user. */
  readonly processes?: number
  /** Size of a core dump in MiB. */
  readonly core?: number
}

/** What an application process speaks on its socket. */
export type ApplicationProtocol = 'http' | 'fastcgi' | 'scgi'

/** An application whose processes are supervised, with all that can be decided beforehand: paths are absolute. */
export interface ApplicationSpec {
  /** What the application is known by: equal for equal ones, whatever else a config says. */
  readonly key: string
  /** For people, and the log. */
  readonly name: string
  /** The program and its arguments, in which `$SOCKET` stands for the path of the private socket. */
  readonly command: readonly string[]
  readonly protocol: ApplicationProtocol
  /** Beside PATH, HOME, LANG and SOCKET. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Who it runs as, where this process is root. */
  readonly user?: string | number
  readonly group?: string | number
  readonly limits: ResourceLimits
  readonly processes: { readonly min: number; readonly max: number }
  /** Requests at once that one process takes: where more wait, another one is started. */
  readonly connections: number
  /** After so many requests a process is replaced. */
  readonly maxRequests?: number
  /** Above so many MiB of resident memory a process is replaced, with all that it has started. */
  readonly maxMemory?: number
  /** In milliseconds: until it answers, until it has ended, and after which a spare one is ended. */
  readonly timeouts: { readonly start: number; readonly stop: number; readonly spare: number }
  /** Whether a reload replaces the processes. */
  readonly reload: 'replace' | 'keep'
}
