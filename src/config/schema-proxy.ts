import * as v from 'valibot'
import { Headers } from '../message/headers.ts'
import { isAuthority } from '../message/target.ts'
import { basePath, proxyAddress } from '../resource/proxy/addresses.ts'
import type {
  CookieOptions,
  ForwardOptions,
  HealthOptions,
  ProxyOptions,
  ProxyTimeouts,
  ProxyTls,
  WeightedAddress,
} from '../resource/proxy/options.ts'
import { upgradesOf } from '../resource/proxy/upgrade.ts'
import { accepted, filled, map, number, object, objection, optional, text, yes } from './parts.ts'

const LONGEST = 2 ** 31 - 1

type Keys<T> = { readonly [K in keyof Required<T>]: v.GenericSchema }

const timeouts = object<ProxyTimeouts>(
  {
    firstByte: number('For the head of an answer, from when the request was sent. Default: 60000.', 0, LONGEST),
    idle: number('For the next piece of an answer. Default: 60000.', 0, LONGEST),
    total: number('For the whole of it. Default: 0.', 0, LONGEST),
    upgraded: number('For a byte in either direction on a WebSocket and the like. Default: 3600000.', 0, LONGEST),
  },
  'How long is waited for the back end, in milliseconds; 0: for ever.',
)

const fieldValue = v.pipe(
  v.string(),
  v.check(
    (value) => objection(() => new Headers({ value: Buffer.from(value).toString('latin1') })) === undefined,
    'has a character that no field value may have',
  ),
)
const fieldName = v.pipe(
  filled(),
  v.check((name) => objection(() => new Headers({ [name]: '' })) === undefined, 'is no name of a field'),
)

const cookies = object<CookieOptions>(
  {
    path: text('Of which path they are, in place of what the back end says.'),
    domain: v.optional(v.pipe(v.string(), v.description('Of which domain; the empty text for none.'))),
    secure: yes('Whether they get Secure where the client speaks TLS. Default: `false`.'),
  },
  'Attributes that all cookies of answers get.',
)

const host = v.pipe(
  filled(),
  v.check((name) => isAuthority(name), 'is no host: give "client", "upstream" or a name'),
)

/** The keys that all routes to HTTP servers share. */
export const forwardKeys: Keys<ForwardOptions> = {
  path: optional(
    accepted(basePath),
    'What takes the place of the part of the path before the `*` of the route: `/`. Default: the path goes as it is.',
  ),
  host: optional(
    host,
    'What Host says: `client`, what the client named; `upstream`, the address; or this name. Default: `client`, with https `upstream`.',
  ),
  headers: optional(
    map(fieldName, v.union([fieldValue, v.literal(false)]) as v.GenericSchema<unknown>),
    'Fields of the request that are set, and with `false` those that are left out.',
  ),
  forwarded: optional(
    v.union([v.boolean(), v.picklist(['x-forwarded', 'forwarded'])]),
    'Which fields tell of the client: X-Forwarded-* and Forwarded, one kind of them, or none. Default: `true`.',
  ),
  user: optional(fieldName, 'The field that tells whom the guard let in.'),
  groups: optional(fieldName, 'The field that tells the groups of that user, with commas between them.'),
  authorization: yes('Whether the field Authorization is passed, with passwords. Default: unless a guard used it.'),
  upgrade: optional(
    v.union([v.boolean(), v.array(accepted((protocol) => upgradesOf([protocol])))]),
    'To which protocols connections may be switched; `true` for all but those that carry HTTP. Default: `["websocket"]`.',
  ),
  location: yes(
    "Whether Location, Content-Location, Refresh and cookies that name the back end's own address get the public one. Default: `true`.",
  ),
  cookies: v.optional(cookies),
  spool: yes('Whether a content is read to its end before the back end is called. Default: `false`.'),
  buffer: number('Bytes of an answer that are held ahead of a slow client. Default: 65536.', 1, LONGEST),
  timeouts: v.optional(timeouts),
}

const one = accepted((given) => proxyAddress(given))
const weighted = object<WeightedAddress>(
  {
    address: v.pipe(one, v.description('Where it listens.')),
    weight: optional(
      v.pipe(v.number(), v.minValue(0.001), v.maxValue(1000)),
      'How many requests it gets beside the others. Default: 1.',
    ),
  },
  'One of several.',
)
const several = v.pipe(v.array(v.union([one, weighted])), v.minLength(1))
/** Where HTTP servers listen. */
const addresses = v.union([one, several])

const tls = object<ProxyTls>(
  {
    ca: text("A file of authorities in PEM that are believed. Default: the system's."),
    cert: text('A file with the certificate that is shown.'),
    key: text('A file with its key.'),
    serverName: text('The name that its certificate must have. Default: the host of the address.'),
    verify: yes('Whether its certificate is looked at. Default: `true`.'),
  },
  'What https needs.',
)

const health = object<HealthOptions>(
  {
    path: v.pipe(
      v.string(),
      v.regex(/^\/[\x21\x22\x24-\x7e]*$/, 'is no path: it begins with /, and has no spaces'),
      v.description('The path that is asked for.'),
    ),
    interval: number('Milliseconds between two questions. Default: 5000.', 100, LONGEST),
    timeout: number('Milliseconds for an answer. Default: 3000.', 1, LONGEST),
    status: number('The status that is expected. Default: any 2xx or 3xx.', 200, 599),
  },
  'How back ends are asked whether they are well, while requests come.',
)

const proxy: v.GenericSchema = object<ProxyOptions>(
  {
    address: v.pipe(
      addresses,
      v.description('`http://host:port`, `https://host`, `unix:PATH`; or several, each with a `weight` if need be.'),
    ),
    connections: number('Connections to each address at most. Default: 1024.', 1, LONGEST),
    queue: number('Requests that wait for a connection; more are answered 503. Default: 1024.', 0, LONGEST),
    connectTimeout: number('Milliseconds that a connection may take to come about. Default: 3000.', 1, LONGEST),
    keepAlive: number('Milliseconds that a connection is kept without a request; 0 keeps none.', 0, LONGEST),
    tls: v.optional(tls),
    health: v.optional(health),
    ...forwardKeys,
  },
  'HTTP servers that requests are forwarded to.',
)

/** What a route says of a proxy. */
export const proxyKey: v.GenericSchema = v.pipe(
  v.union([one, several, proxy]),
  v.description('An HTTP server that requests are forwarded to: its address, several, or with options.'),
)
