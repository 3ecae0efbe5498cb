import type { Access } from '../access/access.ts'
import type { AcmeOptions } from '../acme/options.ts'
import type { Limits, Timeouts } from '../door/settings.ts'
import type { ListenAddress } from '../io/bound.ts'
import type { ErrorLogOptions, OnError } from '../log/error-log-options.ts'
import type { FormatName, LogOptions } from '../log/options.ts'
import type { Report } from '../message/exchange.ts'
import type { Logger, Middleware } from '../message/interface.ts'
import type { ErrorPages } from '../site/error-pages.ts'
import type { Intercept } from '../site/intercept.ts'
import type { Route } from '../site/route.ts'
import type { ObjectServerGiven } from './object-options.ts'

/** What a server is told: the keys of `oriel.config.ts`, and of `serve()`. For users, `GivenConfig` has this name. */
export interface Config {
  /** Where to listen. `http://127.0.0.1:8080` where it is left out. */
  readonly listen?: readonly ListenAddress[]
  /** Certificates that an authority gives automatically, for `tls: 'acme'`. */
  readonly acme?: AcmeOptions
  /** Which requests go to which resource. */
  readonly routes: readonly Route[]
  /** The object servers by their names: their objects answer at `/object@server`. */
  readonly objects?: Readonly<Record<string, ObjectServerGiven>>
  /** Who may use the routes that say nothing of it; anybody where it is left out. */
  readonly access?: Access
  /**
   * Whether `/info@root` tells what the site has, and whom. Where it is left out, only clients on this machine, and only where every
   * address is one of this machine and there are no `trustedProxies`.
   */
  readonly info?: boolean | InfoOptions
  /** Pages by status (`404`), by class (`4xx`, `5xx`) or for all (`default`): an HTML file, a path of the site, code. */
  readonly errors?: ErrorPages
  /** Whether error answers of back ends become error pages, unless their route says otherwise; false where left out. */
  readonly intercept?: Intercept
  /** Whether errors are shown with stack and source to clients on this machine; false where it is left out. */
  readonly development?: boolean
  /** Who is told of every exchange. The name of a format stands for lines of it on standard output. */
  readonly log?: readonly (Logger | LogOptions | FormatName)[]
  /** The field that tells programs and upstreams which request it is; true for X-Request-Id. None where it is left out. */
  readonly requestId?: true | string
  /** What answers say of the server in the field Server: `oriel/VERSION` where it is left out; false: nothing. */
  readonly server?: false | string
  readonly limits?: Partial<Limits> & { readonly body?: number; readonly logins?: number }
  readonly timeouts?: Partial<Timeouts>
  /** Media types by suffix: `{ '.foo': 'text/x-foo' }`. */
  readonly types?: Readonly<Record<string, string>>
  /** Addresses and networks of proxies whose word about the client is believed. */
  readonly trustedProxies?: readonly string[]
  /** Folded round the whole site, error pages included; the first outermost. */
  readonly middleware?: readonly Middleware[]
  /** Where reports go: the one way to the error log. */
  readonly report?: Report
  /** What the error log tells, where to, and how. */
  readonly errorLog?: ErrorLogOptions
  /** Told of errors, one at a time: for whoever is to be woken. */
  readonly onError?: OnError
  /** How many engine processes share the work; `'auto'` for one on each processor. 1 where it is left out. */
  readonly workers?: number | 'auto'
  /** Who the engine processes are, where the server is started as root: a name, or a number. */
  readonly user?: string | number
  /** Their group; the first one of the user where it is left out. */
  readonly group?: string | number
}

/** Who is told what a site has, and how long that may take. */
export interface InfoOptions {
  /** Who is told; whoever the site lets in where it is left out. */
  readonly access?: Access
  /** Milliseconds for all that is asked; 1000 where it is left out. */
  readonly timeout?: number
}

/** A config as it is written: where there are object servers, there need be no routes. */
export interface GivenConfig extends Omit<Config, 'routes'> {
  readonly routes?: readonly Route[]
}

/** What `serve()` takes beside the config. */
export interface ServeOptions extends GivenConfig {
  /** Short for `listen: [{ port }]`; 0 lets the system choose. */
  readonly port?: number
  /** Short for `listen: [{ host }]`. */
  readonly host?: string
  /** The folder that relative paths are taken from; the current one where it is left out. */
  readonly base?: string
}

/** Gives an editor the types of the config; returns what it is given. */
export function defineConfig(config: GivenConfig): GivenConfig {
  return config
}

/** A config that cannot be used. The message is for people: where, what was expected, what to do. */
export class ConfigError extends Error {
  override readonly name: string = 'ConfigError'
}
