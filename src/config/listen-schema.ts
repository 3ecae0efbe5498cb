import * as v from 'valibot'
import type { ListenAddress } from '../io/bound.ts'
import type { CertificateFiles } from '../io/certificate.ts'
import { need, number, object, text, texts } from './parts.ts'

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

/** An entry of `listen`. */
export const listen: v.GenericSchema = v.pipe(
  object<ListenAddress>(
    {
      port: number('The port; 0 lets the system choose.', 0, 65535),
      host: text('An address or a name. Default: `127.0.0.1`.'),
      unix: text('The path of a Unix socket, instead of a port.'),
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
          v.array(certificate),
          v.minLength(1),
          v.description('Certificates: TLS is spoken here. The first one answers for names that none has.'),
        ),
      ),
    },
    'A place to listen at.',
  ),
  v.check(
    (given) => ((given as ListenAddress).port === undefined) !== ((given as ListenAddress).unix === undefined),
    'expected either a port or a unix socket',
  ),
  v.check((given) => {
    const { unix, mode, group } = given as ListenAddress
    return unix !== undefined || (mode ?? group) === undefined
  }, 'mode and group are for a unix socket'),
)
