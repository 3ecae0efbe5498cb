import type { Command } from '../../gateway/cgi/process-call.ts'
import type { Script } from '../../protocol/cgi/variables.ts'

/** What is run for a request, and what it is told of its path. */
export interface Run {
  readonly script: Script
  /** The file that the log names it by. */
  readonly path: string
  /** Undefined: that file may not be run. */
  readonly command: Command | undefined
}
