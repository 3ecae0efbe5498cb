import type { ScgiBackendsOptions } from '../../gateway/scgi/backends.ts'
import type { HandoverOptions } from '../fastcgi/options.ts'
import type { ProgramOptions } from '../program.ts'

/** How connections to SCGI applications are made. */
export interface ScgiPoolOptions extends Omit<ScgiBackendsOptions, 'address'> {}

/** What an SCGI application may be told. */
export interface ScgiOptions extends ProgramOptions, ScgiPoolOptions, HandoverOptions {
  /** Where it listens: `unix:PATH` or `host:port`; or several that are equal. */
  readonly address: string | readonly string[]
}
