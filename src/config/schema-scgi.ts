import * as v from 'valibot'
import type { ScgiOptions } from '../resource/scgi/options.ts'
import { number, object } from './parts.ts'
import { addressKey, applicationAddresses, handoverKeys } from './schema-fastcgi.ts'
import { programKeys } from './schema-programs.ts'

const LONGEST = 2 ** 31 - 1

/** What SCGI applications are told. */
const scgi = object<ScgiOptions>(
  {
    address: addressKey,
    connections: number(
      'Requests, each with a connection, that an address has at once: as many as it serves. Default: 128.',
      1,
      LONGEST,
    ),
    queue: number('Requests that wait for one; more are answered 503. Default: 1024.', 0, LONGEST),
    connectTimeout: number('Milliseconds that a connection may take to come about. Default: 3000.', 1, LONGEST),
    ...handoverKeys,
    ...programKeys('unless a guard used it'),
  },
  'An SCGI application.',
)

/** What a route says of SCGI. */
export const scgiKey: v.GenericSchema = v.pipe(
  v.union([applicationAddresses, scgi]),
  v.description('An SCGI application: its address, several, or with options.'),
)
