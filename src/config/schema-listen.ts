import * as v from 'valibot'
import { type AcmeOptions, checkDirectory, checkEmail, checkName } from '../acme/options.ts'
import type { ListenAddress } from '../io/bound.ts'
import type { CertificateFiles, ClientCertificates } from '../io/certificate.ts'
import { accepted, need, number, object, text, texts, yes } from './parts.ts'

/* The part of the schema that tells where to listen, and by which certificates. */

const OCTAL = 'expected an octal mode in quotes, such as "0660"'

const certificate = object<CertificateFiles>(
  {
    cert: need(text('The certificate as a PEM file, followed by those that lead to its root.')),
    key: need(text('Its key as a PEM file.')),
    names: texts(
      'The host names that it answers for; those in the certificate where left out. `*.example.org` is possible.',
    ),
  },
  'A certificate with its key.',
)

const clients = object<ClientCertificates>(
  {
    authorities: need(
      text('The authorities that sign them: a PEM file with their certificates. Nothing else that is signed counts.'),
    ),
    demanded: yes('Whether nobody is spoken to who has none; else a guard decides. Default: `false`.'),
  },
  'Which certificates of clients are believed.',
)

export const listenSchema: v.GenericSchema = v.pipe(
  object<ListenAddress>(
    {
      port: number('The port; 0 lets the system choose.', 0, 65535),
      host: text('An address or a name. Default: `127.0.0.1`.'),
      unix: text('The path of a Unix socket, instead of a port.'),
      http2: yes('Whether HTTP/2 is spoken too. Default: `true` with `tls`, `false` without.'),
      mode: v.optional(
        v.pipe(
          v.string(OCTAL),
          v.regex(/^0?[0-7]{3}$/, OCTAL),
          v.description(
            'The permissions of the Unix socket, octal: `"0660"`. Default: those that the system gives; `"0660"` with a `group`.',
          ),
        ),
      ),
      group: text('The group of the Unix socket, by name or number.'),
      tls: v.optional(
        v.pipe(
          v.union([v.literal('acme'), v.pipe(v.array(certificate), v.minLength(1))]),
          v.description(
            'Certificates: TLS is spoken here. The first one answers for names that none has. `acme` for those of `acme`.',
          ),
        ),
      ),
      clients: v.optional(
        v.pipe(clients, v.description('Asks clients for certificates, and which are believed. With `tls`.')),
      ),
    },
    'A place to listen at.',
  ),
  v.check(
    (given) => ((given as ListenAddress).port === undefined) !== ((given as ListenAddress).unix === undefined),
    'expected either a port or a unix socket',
  ),
  v.check(
    (given) => (given as ListenAddress).clients === undefined || (given as ListenAddress).tls !== undefined,
    'clients have certificates with tls only',
  ),
  v.check((given) => {
    const { unix, mode, group } = given as ListenAddress
    return unix !== undefined || (mode ?? group) === undefined
  }, 'mode and group are for a unix socket'),
)

export const acmeSchema: v.GenericSchema = object<AcmeOptions>(
  {
    names: v.pipe(
      v.array(accepted(checkName)),
      v.minLength(1),
      v.description('The host names that certificates are wanted for, one certificate each.'),
    ),
    agree: v.pipe(
      v.literal(true, 'expected true: read the terms of the authority, and say here that you agree to them'),
      v.description('That you agree to the terms of the authority.'),
    ),
    email: v.optional(v.pipe(accepted(checkEmail), v.description('Whom the authority may write to.'))),
    folder: text('Where keys and certificates are kept, and nothing is served. Default: `./certificates`.'),
    directory: v.optional(
      v.pipe(
        accepted(checkDirectory),
        v.description("The address of the authority's ACME directory. Default: that of Let's Encrypt."),
      ),
    ),
    challenge: v.optional(
      v.pipe(
        v.picklist(['http-01', 'tls-alpn-01']),
        v.description(
          'How it is shown that the names are yours. Default: `http-01` where port 80 is listened on, else `tls-alpn-01`.',
        ),
      ),
    ),
    root: text("A PEM file with the root that the authority's own certificate is checked by, for one of your own."),
  },
  'Certificates that an authority gives automatically (ACME).',
)
