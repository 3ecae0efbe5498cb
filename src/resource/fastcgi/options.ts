import type { FastCgiPoolOptions } from '../../gateway/fastcgi/addresses.ts'
import type { FilesOptions } from '../files/options.ts'
import type { ProgramOptions } from '../program.ts'

/** What an application may hand over to the server. */
export interface HandoverOptions {
  /** Folders whose files the application may have sent by X-Sendfile; none where it is left out. */
  readonly sendfile?: readonly string[]
  /** Whether X-Accel-Redirect has another route answer, `internal` ones too; false where it is left out. */
  readonly accel?: boolean
}

/** What a FastCGI application may be told, and what of its site lies on the disk. */
export interface FastCgiOptions extends ProgramOptions, FastCgiPoolOptions, HandoverOptions {
  /** Where it listens: `unix:PATH` or `host:port`; or several that are equal. */
  readonly address: string | readonly string[]
  /** The folder that its scripts lie in. Without it the application is one, and gets the path under the route as PATH_INFO. */
  readonly root?: string
  /** The same folder as the application sees it, where that is another path: in a container, in a chroot. */
  readonly rootThere?: string
  /** Whether links in `root` are resolved for the application: a deployment that turns one is seen at once. */
  readonly realRoot?: boolean
  /** How the names of scripts end: `.php`. Without it each file in `root` is one. */
  readonly suffix?: string | readonly string[]
  /**
   * What a path may be, in this order: `'file'`, a file or a script that is there, or the index of a folder; a path such
   * as `/index.php`, that script. `['file']` where it is left out.
   */
  readonly try?: readonly ('file' | `/${string}`)[]
  /** The files that stand for a folder, the first that exists. By default `index` with each suffix, then `index.html`. */
  readonly index?: readonly string[]
  /** How the files beside the scripts are served. */
  readonly files?: Pick<FilesOptions, 'precompressed' | 'dotfiles' | 'symlinks' | 'cacheControl' | 'memory'>
  /** `responder` where it is left out; `filter` gets the file of `data` that the path names. */
  readonly role?: 'responder' | 'filter'
  /** The folder of the files that a filter gets. */
  readonly data?: string
}
