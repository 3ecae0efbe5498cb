import type { FileFacts } from '../../io/file.ts'
import type { OwnIdentity } from '../../message/identity-fields.ts'
import type { Objects } from '../../object/objects.ts'

/** What a folder of files may be told. */
export interface FilesOptions {
  /** The folder. */
  readonly root: string
  /** The files that stand for a folder, the first that exists; `['index.html']` where it is left out. */
  readonly index?: readonly string[]
  /** Whether a folder without index page shows what is in it; false where it is left out. */
  readonly listing?: boolean
  /** Paths to try, the first that exists; `*` stands for the path asked for. For instance `['*', '*.html']`. */
  readonly try?: readonly string[]
  /** The page that answers navigations to paths that do not exist: `true` for `/index.html`. Files stay 404. */
  readonly spa?: boolean | string
  /** Whether `page.html.br`, `.zst` and `.gz` stand in for `page.html` where the client takes them; true where left out. */
  readonly precompressed?: boolean
  /** Whether names that begin with a dot are served; false where it is left out. `.well-known` always is. */
  readonly dotfiles?: boolean
  /** Whether links may lead out of the folder; false where it is left out. */
  readonly symlinks?: boolean
  /** The Cache-Control of all files, or by pattern: `{ '*.css': 'max-age=3600', '/assets/*': 'immutable, max-age=31536000' }`. */
  readonly cacheControl?: string | Readonly<Record<string, string>>
  /**
   * Whether files and folders are made, replaced and removed here by PUT, MKCOL and DELETE; false where it is left out.
   * To be guarded by `access`.
   */
  readonly write?: boolean | WriteOptions
  /** Bytes of small files to keep in memory; 64 MiB where it is left out, 0 to keep none. */
  readonly memory?: number
}

/** How files are written. */
export interface WriteOptions {
  /** Whether a PUT is answered only when its content is on the disk; true where it is left out. */
  readonly sync?: boolean
}

/** What the site around a folder says of it. */
export interface FilesPlace {
  /** The folder that a relative `root` is taken from. */
  readonly base: string
  /** Media types by suffix, before those of the library. */
  readonly types: Readonly<Record<string, string>>
  /** Whether a file is never served, whatever the route says: the config, keys, modules. Takes a real path and facts. */
  readonly withheld: (real: string, facts: FileFacts) => boolean
  /** Whether it is not for programs either, by the same; what is withheld only because it is run, is. */
  readonly secret?: (real: string, facts: FileFacts) => boolean
  /** The proxies whose word about the client is believed, as in the config. */
  readonly trustedProxies?: readonly string[]
  /** What the site knows users by, where it has guards: no client's to say. */
  readonly identity?: OwnIdentity | undefined
  /** Whether answers of HTTP servers behind this one say in Via that they came through it; true where it is left out. */
  readonly via?: boolean | undefined
  /** Its object servers. */
  readonly objects?: Objects | undefined
}

export const DEFAULT_MEMORY: number = 64 * 1024 * 1024
/** Larger files are read from the disk for each request. In bytes. */
export const MAX_KEPT_FILE: number = 1024 * 1024
/** A kept file is compared with the disk at most once in this time, in milliseconds. */
export const REVALIDATE_AFTER = 1000
