import type { ProgramOptions } from '../program.ts'

/** What runs scripts: a program, or a program with arguments that come before the path of the script. */
export type Interpreter = string | readonly string[]

/** What CGI programs may be told. Exactly one of `root` and `program` is there. */
export interface CgiOptions extends ProgramOptions {
  /** The folder of the scripts. */
  readonly root?: string
  /** The one program that answers all paths of the route. */
  readonly program?: string
  /** What stands behind its name in the argv of `program`. */
  readonly args?: readonly string[]
  /** What runs the scripts of a suffix: `{ '.pl': '/usr/bin/perl' }`. Others need the right to be executed. */
  readonly interpreters?: Readonly<Record<string, Interpreter>>
  /** The scripts that stand for a folder, the first that exists; none where it is left out, and a folder is 403. */
  readonly index?: readonly string[]
  /** Whether links may lead out of `root`; false where it is left out. */
  readonly symlinks?: boolean
  /** The folder to run in; that of the script or program where it is left out. */
  readonly cwd?: string
  /** How many of its processes run at once, in all engine processes together; 32 where it is left out. */
  readonly processes?: number
  /** How many requests may wait for one of them; 100 where it is left out. More are answered 503. */
  readonly queue?: number
}

export const DEFAULT_PROCESSES: number = 32
export const DEFAULT_QUEUE: number = 100
