import * as v from 'valibot'
import type { CertificateOptions } from '../access/schemes/certificate.ts'
import type { CertificateName } from '../access/schemes/certificate-names.ts'
import type { ForwardAuthOptions, ForwardTls } from '../access/schemes/forward-options.ts'
import { askedBy } from '../access/schemes/forward-options.ts'
import { type HeaderOptions, headerScheme } from '../access/schemes/header.ts'
import type { GatewayTimeouts } from '../gateway/patience.ts'
import { accepted, filled, map, number, object, objection, optional, text, yes } from './parts.ts'

/* How clients say who they are, and who says it in their place. */

const LONGEST = 2 ** 31 - 1

const names: readonly CertificateName[] = ['CN', 'email', 'san-email', 'san-dns', 'subject']

/** The value of `certificate`. */
export const certificateValue: v.GenericSchema = v.union([
  v.literal(true),
  object<CertificateOptions>(
    {
      name: optional(
        v.picklist(names),
        'What of it is the name: `CN` or `email` of its subject, `san-email` or `san-dns` of its alternative names, or the whole `subject`. There must be exactly one. Default: `CN`.',
      ),
      groups: optional(
        v.union([v.picklist(['OU', 'O']), map(filled(), v.array(filled()))]),
        'The groups: those that the subject has as `OU` or `O`, or lists of them by name. Default: none.',
      ),
    },
    'The certificate of a client, where `listen` asks for one by `clients`.',
  ),
])

const HEADER = { header: 'X', from: ['unix'] }

const from = v.pipe(
  v.array(filled()),
  v.check(
    (given) => objection(() => headerScheme({ ...HEADER, from: given })) === undefined,
    ({ input }) => objection(() => headerScheme({ ...HEADER, from: input as string[] })) ?? '',
  ),
)

/** `{ header, from, groups }`. */
export const headerObject: v.GenericSchema = object<HeaderOptions>(
  {
    header: v.pipe(
      accepted((header) => headerScheme({ ...HEADER, header })),
      v.description('The field by which a proxy before us says who it is: `X-Remote-User`.'),
    ),
    from: v.pipe(
      from,
      v.description(
        'Which proxies are believed: addresses and networks that connect to us, also `loopback`, `private`, `unix`.',
      ),
    ),
    groups: optional(
      accepted((header) => headerScheme({ ...HEADER, header })),
      'The field with groups, separated by commas. Default: none.',
    ),
  },
  'What a proxy before us says of the user.',
)

const field = accepted((header) => headerScheme({ ...HEADER, header }))
const URL_FORM = 'http://host'

const forwardTls = object<ForwardTls>(
  {
    ca: text('A PEM file with the authorities that are trusted, in the place of the usual ones.'),
    serverName: text('The name that its certificate must have. Default: the host of the address.'),
    verify: yes('Whether its certificate must be valid. Default: `true`.'),
  },
  'How an https address is spoken to.',
)

const timeouts = object<GatewayTimeouts>(
  {
    firstByte: number('For the head of its answer. Default: 5000.', 0, LONGEST),
    idle: number('For the next piece of an answer that goes to the client. Default: 5000.', 0, LONGEST),
    total: number('For the whole of it. Default: 10000.', 0, LONGEST),
  },
  'How long is waited for it, in milliseconds; 0: for ever.',
)

const address = accepted((given) => askedBy(given, '.'))

/** The value of `http`: of a scheme, and of an authorizer. */
export const forwardValue: v.GenericSchema = v.union([
  address,
  object<ForwardAuthOptions>(
    {
      address: v.pipe(
        address,
        v.description('Who is asked: `http://host:port/path`, `https://host/path`; or `unix:PATH` with a `path`.'),
      ),
      path: optional(
        accepted((path) => askedBy({ address: URL_FORM, path }, '.')),
        'The path that is asked for, where the address has none.',
      ),
      user: optional(
        field,
        'The field of its answer with the name. Default: `Remote-User`, else `X-Auth-Request-User`, else `X-Forwarded-User`.',
      ),
      groups: optional(
        field,
        'The field with the groups, separated by commas. Default: `Remote-Groups`, else `X-Auth-Request-Groups`.',
      ),
      fields: optional(
        v.array(accepted((name) => askedBy({ address: URL_FORM, fields: [name] }, '.'))),
        'More fields of the client that it is sent, beside Cookie, Authorization, Accept, User-Agent and the like.',
      ),
      timeouts: v.optional(timeouts),
      connections: number('The most questions at once; others wait. Default: 1024.', 1, LONGEST),
      tls: v.optional(forwardTls),
    },
    'An HTTP endpoint that is asked about each request (forward auth).',
  ),
])
