import * as v from 'valibot'
import type { InfoOptions } from './config.ts'
import { number, object } from './parts.ts'
import { accessKey } from './schema-access.ts'

const LONGEST = 60_000

const options = object<InfoOptions>(
  {
    access: v.exactOptional(
      v.pipe(accessKey, v.description('Who is told, from wherever: rules, or `public`. Default: those of the site.')),
    ),
    timeout: number('Milliseconds for all that is asked. Default: 1000.', 10, LONGEST),
  },
  'Who is told what the site has.',
)

/** The key `info`. */
export const infoKey: v.GenericSchema = v.exactOptional(
  v.pipe(
    v.union([v.boolean(), options]),
    v.description(
      'Whether `/info@root` tells what the site has; with options: whom. Default: only clients on this machine, where every address is one of this machine and there are no `trustedProxies`.',
    ),
  ),
)
