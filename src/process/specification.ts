/** What an application is and how it is run. All paths are absolute, and everything is resolved: equal specs are one application. */
export interface ApplicationSpec {
  /** Its identity, made from all other fields by whoever makes the spec. */
  readonly key: string
  /** For people: `app /shop`. */
  readonly name: string
  /** The program and its arguments; `$SOCKET` in an argument becomes the path of the private socket. No shell sees it. */
  readonly command: readonly string[]
  readonly protocol: 'http' | 'fastcgi' | 'scgi'
  /** All of its environment but PATH, HOME and LANG, where they are not in it, and SOCKET. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** By name or number; only root can start somebody else's process. Without: the owner of the supervisor's sockets. */
  readonly user?: string | number
  readonly group?: string | number
  readonly limits: ProcessLimits
  /** How many processes: at least `min`, which is 1 or more, and no more than `max`. */
  readonly processes: { readonly min: number; readonly max: number }
  /** Requests that one process takes at once. */
  readonly connections: number
  /** The most that it is given beside while it is fast; none where it is left out. */
  readonly ahead?: number
  /** A process that has served so many is replaced. */
  readonly maxRequests?: number
  /** MiB of memory, of a process with all that it started: above, it is replaced. */
  readonly maxMemory?: number
  /** Milliseconds: until a process answers, until one that is to end is killed, until one that is not needed ends. */
  readonly timeouts: { readonly start: number; readonly stop: number; readonly idle: number }
  /** What a reload does with an application that stays: `replace` its processes one at a time, or `keep` them. */
  readonly reload: 'replace' | 'keep'
}

/** Limits that the system keeps: MiB of address space, open files, seconds of processor, processes, MiB of core dump. */
export interface ProcessLimits {
  readonly memory?: number
  readonly files?: number
  readonly cpu?: number
  readonly processes?: number
  readonly core?: number
}

/** Who takes requests at present: told to the workers whenever it changes. */
export interface ApplicationState {
  readonly key: string
  /** Grows with each change. */
  readonly version: number
  /** Those that answer: `unix:PATH`. */
  readonly processes: readonly { readonly id: number; readonly pid: number; readonly address: string }[]
  /** Why there are less than there should be. */
  readonly failure: string | undefined
}

/** How busy one of its processes is, as one worker sees it. */
export interface ProcessLoad {
  readonly id: number
  readonly running: number
  /** What ended since the last report. */
  readonly served: number
  /** How many requests in a row it has left without an answer until their time was up. */
  readonly late: number
}

/** How busy an application is, as one worker sees it. */
export interface ApplicationLoad {
  readonly key: string
  /** The newest state by which this worker chooses processes. */
  readonly version: number
  /** Requests that wait for a process. */
  readonly waiting: number
  /** Those that run something there, also those that are not in the state any more; and what ended since the last report. */
  readonly processes: readonly ProcessLoad[]
}

/** What there is to know about an application, for people. */
export interface ApplicationStatus {
  readonly key: string
  readonly name: string
  /** `running` where a process answers, else `failing` where the last start failed. */
  readonly state: 'starting' | 'running' | 'failing' | 'ending'
  readonly waiting: number
  /** How many processes ended unasked, or did not answer in time. */
  readonly restarts: number
  /** What the last of these said. */
  readonly failure: string | undefined
  readonly processes: readonly ProcessStatus[]
}

export interface ProcessStatus {
  readonly id: number
  readonly pid: number
  readonly state: 'starting' | 'serving' | 'leaving'
  /** When it was started, in milliseconds since 1970. */
  readonly since: number
  readonly requests: number
  readonly running: number
  /** Bytes of memory, with all that it started; undefined where the system does not tell. */
  readonly memory: number | undefined
}

/** Who the supervisor's processes are reached by: the workers. */
export interface Ids {
  readonly uid: number
  readonly gid: number
}

/** @throws RangeError for numbers that make no sense. The rest is checked by whoever makes the spec. */
export function checkSpec({ name, command, processes, connections, timeouts }: ApplicationSpec): void {
  const { min, max } = processes
  const wrong = (what: string): never => {
    throw new RangeError(`${name}: ${what}`)
  }
  if (command.length === 0 || command[0] === '') wrong('its command is empty')
  if (!Number.isSafeInteger(min) || min < 1) wrong('the least number of processes is a whole number from 1')
  if (!Number.isSafeInteger(max) || max < min) wrong('the greatest number of processes is not less than the least')
  if (!(connections >= 1)) wrong('a process takes one request at least')
  for (const time of Object.values(timeouts)) if (!(time > 0)) wrong('times are milliseconds above 0')
}
