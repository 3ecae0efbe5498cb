/* What `info@root` tells: docs/info.md. Programs read it as JSON, so what is here stays. */

/** All of a site. */
export interface SiteInfo {
  readonly site: {
    readonly software: string
    /** When the process that answers was started: RFC 3339. */
    readonly since: string
  }
  readonly routes: readonly RouteEntry[]
  readonly servers: readonly ServerEntry[]
}

/** What a config mounts. Nothing of addresses, commands, files, or of who may. */
export interface RouteEntry {
  /** Its pattern: `/notes/:id`. */
  readonly path: string
  readonly host?: readonly string[]
  /** Left out where nobody says which methods it takes. */
  readonly methods?: readonly string[]
  /** The key that names its resource: `files`, `module`, `object`, … */
  readonly kind: string
  /** Whether a guard stands before it. */
  readonly guarded: boolean
  /** Whether more than path, host and method decides whether it is meant. */
  readonly conditional?: true
  /** The object that answers: `echo@paul`. */
  readonly object?: string
  readonly info?: DescriptionEntry
}

/** An object server. */
export interface ServerEntry {
  readonly name: string
  /** What its binding handle begins with: `module`, `command`, `fastcgi`; `alias` for a name of others. */
  readonly kind: string
  /** The names that it stands for; a handle without a name is told as its kind. */
  readonly aliasOf?: readonly string[]
  readonly answers: boolean
  /** Whether it told which objects it has: one that knows only FastCGI does not. */
  readonly says: boolean
  /** Why it does not answer, in words. */
  readonly reason?: string
  readonly software?: string
  /** When it was started: RFC 3339. */
  readonly since?: string
  readonly objects?: readonly ObjectEntry[]
  /** How many more objects it has than are told here. */
  readonly more?: number
}

/** An object. */
export interface ObjectEntry {
  readonly name: string
  /** Where it is on this site: `/echo@paul`, or what a route says; left out where no one URL leads to it. */
  readonly path?: string
  /** Empty where nobody says which methods it takes. */
  readonly methods: readonly string[]
  readonly authorizer?: true
  readonly authenticator?: true
  readonly logger?: true
  readonly info?: DescriptionEntry
}

/** What something says of itself, cut to a size that fits on a page. */
export interface DescriptionEntry {
  readonly description?: string
  readonly methods?: Readonly<Record<string, string>>
  readonly accepts?: readonly string[]
  readonly produces?: readonly string[]
  readonly examples?: readonly ExampleEntry[]
}

export interface ExampleEntry {
  readonly description?: string
  readonly method: string
  /** The whole path, mount and query; left out where there is no mount. */
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}
