import * as v from 'valibot'
import type { FastCgiAuthorizerOptions } from '../access/access.ts'
import type { FastCgiPoolOptions } from '../gateway/fastcgi/addresses.ts'
import { frontController } from '../resource/fastcgi/front-controller.ts'
import type { FastCgiOptions, HandoverOptions } from '../resource/fastcgi/options.ts'
import { suffixesOf } from '../resource/sources.ts'
import { accepted, number, object, optional, text, texts, yes } from './parts.ts'
import { fileKeys } from './schema-files.ts'
import { gatewayTimeouts, programEnv, programKeys } from './schema-programs.ts'

const LONGEST = 2 ** 31 - 1

type Keys<T> = { readonly [K in keyof Required<T>]: v.GenericSchema }

/** What an application may hand over to the server. */
export const handoverKeys: Keys<HandoverOptions> = {
  sendfile: texts('Folders whose files it may have sent by X-Sendfile. Default: none.'),
  accel: yes('Whether X-Accel-Redirect has another route answer, `internal` ones too. Default: `false`.'),
}

/** `unix:PATH`, `host:port`, `[IPv6]:port`. */
const one = v.pipe(
  v.string(),
  v.regex(
    /^(?:unix:.+|\[[0-9a-fA-F:.%a-z]+\]:\d{1,5}|[^:/\s[\]]+:\d{1,5})$/,
    'is no address: give unix:PATH, host:port or [IPv6]:port',
  ),
)
/** Where an application listens. */
export const applicationAddresses: v.GenericSchema = v.union([one, v.pipe(v.array(one), v.minLength(1))])

/** The same as a key. */
export const addressKey: v.GenericSchema = v.pipe(
  applicationAddresses,
  v.description('Where it listens: `unix:PATH` or `host:port`; or several that are equal.'),
)

const pool: Keys<FastCgiPoolOptions> = {
  connections: number(
    'Connections to each address at most; of php-fpm `pm.max_children`. Default: what it says of itself, else 128.',
    1,
    LONGEST,
  ),
  keepAlive: yes(
    'Whether connections stay open. Default: with applications that multiplex; with others that answer GET_VALUES, for a moment.',
  ),
  connectTimeout: number('Milliseconds that a connection may take to come about. Default: 3000.', 1, LONGEST),
  queue: number(
    'Requests that wait for a connection, for each address; more are answered 503. Default: 1024.',
    0,
    LONGEST,
  ),
}

const suffix = accepted((given) => suffixesOf(given))
const entry = v.union([v.literal('file'), accepted((given) => frontController(given))])

/** What FastCGI applications are told. */
export const fastcgi: v.GenericSchema = v.pipe(
  object<FastCgiOptions>(
    {
      address: addressKey,
      root: text(
        'The folder of its scripts. Without it, it is one program, and the path under the route is PATH_INFO.',
      ),
      rootThere: text('The same folder as the application sees it: in a container, in a chroot.'),
      realRoot: yes('Whether links in `root` are resolved for the application. Default: `false`.'),
      suffix: optional(
        v.union([suffix, v.pipe(v.array(suffix), v.minLength(1))]),
        'How the names of scripts end: `.php`. Without it each file in `root` is one.',
      ),
      try: optional(
        v.array(entry),
        'What a path may be, in order: `"file"`, what is there; `"/index.php"`, this script. Default: `["file"]`.',
      ),
      index: texts('What stands for a folder, the first that exists. Default: `index` with the suffix, `index.html`.'),
      files: v.optional(
        object<NonNullable<FastCgiOptions['files']>>(
          {
            precompressed: fileKeys.precompressed,
            dotfiles: fileKeys.dotfiles,
            symlinks: fileKeys.symlinks,
            cacheControl: fileKeys.cacheControl,
            memory: fileKeys.memory,
          },
          'How the files beside the scripts are served.',
        ),
      ),
      role: v.optional(
        v.pipe(
          v.picklist(['responder', 'filter']),
          v.description('`filter` gets the file of `data` that the path names. Default: `responder`.'),
        ),
      ),
      data: text('The folder of the files that a filter gets.'),
      ...handoverKeys,
      ...pool,
      ...programKeys('unless a guard used it'),
    },
    'A FastCGI application.',
  ),
  v.check((given) => {
    const { role, data } = given as FastCgiOptions
    return (role === 'filter') === (data !== undefined)
  }, "has role 'filter' without data, the folder of its files, or data without that role"),
  v.check((given) => {
    const { role, root } = given as FastCgiOptions
    return role !== 'filter' || root === undefined
  }, "has a root, which is for scripts and not for the role 'filter'"),
  v.check((given) => {
    const { rootThere, realRoot } = given as FastCgiOptions
    return rootThere === undefined || realRoot !== true
  }, 'has realRoot, which resolves links of this machine, and rootThere, a path of another one'),
  v.check((given) => {
    const { root, rootThere, realRoot, suffix: named, try: tried, index, role, files } = given as FastCgiOptions
    const site = [rootThere, realRoot, named, tried, ...(role === 'filter' ? [] : [index, files])]
    return root !== undefined || site.every((key) => key === undefined)
  }, 'has rootThere, realRoot, suffix, try, index or files, which need root, the folder of its scripts'),
)

const options = object<FastCgiAuthorizerOptions>(
  {
    address: addressKey,
    script: text('Its script as SCRIPT_FILENAME, as it sees it, for applications that run many: php-fpm.'),
    env: programEnv,
    timeouts: v.optional(gatewayTimeouts),
    ...pool,
  },
  'A FastCGI application that decides who may come in.',
)

/** What guards say of FastCGI. */
export const fastCgiAuthorizerKey: v.GenericSchema = v.pipe(
  v.union([applicationAddresses, options]),
  v.description('A FastCGI application in the role of an Authorizer: its address, several, or with options.'),
)

/** What a route says of FastCGI. */
export const fastcgiKey: v.GenericSchema = v.pipe(
  v.union([applicationAddresses, fastcgi]),
  v.description('A FastCGI application: its address, several, or with options.'),
)
