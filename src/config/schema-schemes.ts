import * as v from 'valibot'
import type { FastCgiAccess, HttpAccess, StoreGiven } from '../access/access.ts'
import { isAuthorizer } from '../access/authorizers.ts'
import type { CertificateOptions } from '../access/schemes/certificate.ts'
import type { CertificateName } from '../access/schemes/certificate-names.ts'
import type { ForwardAuthOptions, ForwardTls } from '../access/schemes/forward-options.ts'
import type { HeaderOptions } from '../access/schemes/header.ts'
import type { HtpasswdOptions } from '../access/stores/htpasswd.ts'
import { networks } from '../io/addresses.ts'
import {
  accepted,
  code,
  filled,
  isCode,
  isFunction,
  isScheme,
  map,
  need,
  number,
  object,
  text,
  texts,
  yes,
} from './parts.ts'
import { fastCgiAuthorizerKey } from './schema-fastcgi.ts'
import { gatewayTimeouts } from './schema-programs.ts'

/* How a guard finds out who somebody is, and who decides beside. */

/** What only code can say, where the value looks like that; else what a config can say. */
function codeOr(looksLikeCode: (given: object) => boolean, coded: v.GenericSchema, said: v.GenericSchema) {
  return v.lazy((given) => (isCode(given) && looksLikeCode(given as object) ? coded : said))
}

const NAMES: readonly CertificateName[] = ['CN', 'email', 'san-email', 'san-dns', 'subject']

const certificate = object<CertificateOptions>(
  {
    name: v.optional(v.pipe(v.picklist(NAMES), v.description('What of the certificate is the name. Default: `CN`.'))),
    groups: v.optional(
      v.pipe(
        v.union([v.picklist(['OU', 'O']), map(filled(), v.array(filled()) as v.GenericSchema<unknown>)]),
        v.description('The groups: those that its subject names as `OU` or `O`, or those of each name.'),
      ),
    ),
  },
  'What of a certificate names its owner.',
)

const tls = object<ForwardTls>(
  {
    ca: text("A file of authorities in PEM that are believed. Default: the system's."),
    serverName: text('The name that its certificate must have. Default: the host of the address.'),
    verify: yes('Whether its certificate is looked at. Default: `true`.'),
  },
  'What https needs.',
)

const endpoint = object<ForwardAuthOptions>(
  {
    address: need(text('Who is asked: `http://host:port/path`, `https://host/path`, or `unix:PATH` with a `path`.')),
    path: text('The path that is asked for, where the address has none.'),
    user: text(
      'The field of its answer that names the user. Default: `Remote-User`, `X-Auth-Request-User`, `X-Forwarded-User`.',
    ),
    groups: text('The field with the groups, separated by commas. Default: `Remote-Groups`, `X-Auth-Request-Groups`.'),
    fields: texts('More fields of the client that it is sent. Default: Authorization, Cookie and some others.'),
    timeouts: v.optional(gatewayTimeouts),
    connections: number('Questions at once; the next ones wait. Default: 1024.', 1),
    tls: v.optional(tls),
  },
  'An HTTP endpoint that is asked about each request.',
)

const httpKey = v.pipe(
  v.union([filled(), endpoint]),
  v.description('An HTTP endpoint that is asked about each request: its address, or with options.'),
)

/** The keys of the schemes that a config can name; each scheme has its own. */
type Named = HeaderOptions & HttpAccess & FastCgiAccess & { readonly certificate: true | CertificateOptions }

const KINDS = ['certificate', 'header', 'http', 'fastcgi'] as const

const named = v.pipe(
  object<Named>(
    {
      certificate: v.optional(
        v.pipe(
          v.union([v.literal(true), certificate]),
          v.description(
            'The certificate of the client, where `listen` asks for one by `clients`; `true`: its common name.',
          ),
        ),
      ),
      header: text('The field with the name, of a proxy that has asked already. With `from`.'),
      from: v.optional(
        v.pipe(
          v.array(accepted((network) => networks([network]))),
          v.minLength(1),
          v.description(
            'Which proxies are believed: their addresses and networks; also `loopback`, `private`, `unix`.',
          ),
        ),
      ),
      groups: text('The field with the groups, separated by commas. With `header`.'),
      http: v.optional(httpKey),
      fastcgi: v.optional(fastCgiAuthorizerKey),
    },
    'How a client says who it is.',
  ),
  v.check(
    (given) => KINDS.filter((kind) => Object.hasOwn(given as object, kind)).length === 1,
    `expected one of ${KINDS.join(', ')}`,
  ),
  v.check((given) => {
    const { header, from, groups } = given as Partial<Named>
    return header === undefined ? (from ?? groups) === undefined : from !== undefined
  }, 'has header without from, which says who is believed, or from or groups without header'),
)

/** The key `scheme`. */
export const schemeKey: v.GenericSchema = v.pipe(
  codeOr(
    (given) => 'identify' in given || 'challenge' in given,
    need(code(isScheme, 'an object with the methods identify and challenge', 'How a client says who it is.')),
    v.union([v.literal('basic'), named]),
  ),
  v.description('How a client says who it is: `basic`, or with options. Whoever does not is asked to log in.'),
)

const files = object<HtpasswdOptions>(
  {
    htpasswd: need(text('A file of names and hashed passwords, as `oriel passwd` and htpasswd make it.')),
    groups: text('A file of groups: `staff: ada joe` in each line.'),
    plain: yes('Whether passwords may stand in it as they are. Default: `false`.'),
  },
  'Names and passwords in a file.',
)

/** The key `store`. */
export const storeKey: v.GenericSchema<unknown, StoreGiven> = v.pipe(
  codeOr(
    (given) => isFunction(given) || 'authenticateUser' in given,
    need(
      code(
        (given) => isFunction(given) || isFunction((given as { authenticateUser?: unknown }).authenticateUser),
        'a function, or an object with the method authenticateUser',
        'Who knows the passwords.',
      ),
    ),
    files,
  ),
  v.description('Who knows the passwords of `basic`.'),
) as unknown as v.GenericSchema<unknown, StoreGiven>

const program = v.pipe(
  object<FastCgiAccess & HttpAccess>(
    { fastcgi: v.optional(fastCgiAuthorizerKey), http: v.optional(httpKey) },
    'A program that decides.',
  ),
  v.check((given) => Object.keys(given as object).length === 1, 'expected one of fastcgi, http'),
)

/** The key `authorizer`. */
export const authorizerKey: v.GenericSchema = v.pipe(
  codeOr(
    (given) => 'authorizeUser' in given,
    need(code(isAuthorizer, 'an object with the method authorizeUser', 'Who decides.')),
    v.union([filled(), program]),
  ),
  v.description('Who decides beside: a module that exports an Authorizer, by its path, or a program.'),
)
