import * as v from 'valibot'
import type { CertificateAccess, FastCgiAccess, HttpAccess, ObjectStore, StoreGiven } from '../access/access.ts'
import type { HtpasswdOptions } from '../access/stores/htpasswd.ts'
import { code, filled, isAuthorizer, isCode, isFunction, isScheme, need, object, text, yes } from './parts.ts'
import { fastCgiAuthorizerKey } from './schema-fastcgi.ts'
import { certificateValue, forwardValue, headerObject } from './schema-schemes.ts'

/* How a guard finds out who somebody is, and who decides beside. */

/**
 * One schema where the value looks like it, and another where it does not.
 * @param written What of the two is described, of nothing given; the other where it is left out.
 */
function either(
  looksLikeIt: (given: object) => boolean,
  coded: v.GenericSchema,
  said: v.GenericSchema,
  written: v.GenericSchema = said,
): v.GenericSchema {
  return v.lazy((given) => {
    if (given === undefined) return written
    return isCode(given) && looksLikeIt(given as object) ? coded : said
  })
}

const httpKey = v.pipe(
  forwardValue,
  v.description('An HTTP endpoint that is asked about each request: its address, or with options.'),
)

const KINDS = ['certificate', 'header', 'http', 'fastcgi'] as const

const named = v.pipe(
  object<CertificateAccess & HttpAccess & FastCgiAccess>(
    {
      certificate: v.optional(
        v.pipe(
          certificateValue,
          v.description(
            'The certificate of a client, where `listen` asks for one by `clients`; `true`: its common name.',
          ),
        ),
      ),
      http: v.optional(httpKey),
      fastcgi: v.optional(fastCgiAuthorizerKey),
    },
    'How a client says who it is.',
  ),
  v.check(
    (given) => KINDS.filter((kind) => Object.hasOwn(given as object, kind)).length === 1,
    `expected one of ${KINDS.join(', ')}`,
  ),
)

/** The key `scheme`. */
export const schemeKey: v.GenericSchema = v.pipe(
  either(
    (given) => 'identify' in given || 'challenge' in given,
    need(code(isScheme, 'an object with the methods identify and challenge', 'How a client says who it is.')),
    either((given) => 'header' in given, headerObject, v.union([v.literal('basic'), named])),
    v.union([v.literal('basic'), named, headerObject]),
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

const published = object<ObjectStore>(
  { object: v.pipe(filled(), v.description('A published object that knows them: `OBJECT@SERVER`.')) },
  'A published object.',
)

/** The key `store`. */
export const storeKey: v.GenericSchema<unknown, StoreGiven> = v.pipe(
  either(
    (given) => isFunction(given) || 'authenticateUser' in given,
    need(
      code(
        (given) => isFunction(given) || isFunction((given as { authenticateUser?: unknown }).authenticateUser),
        'a function, or an object with the method authenticateUser',
        'Who knows the passwords.',
      ),
    ),
    either((given) => 'object' in given, published, files, v.union([files, published])),
    v.union([files, published]),
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
  either(
    (given) => 'authorizeUser' in given,
    need(code(isAuthorizer, 'an object with the method authorizeUser', 'Who decides.')),
    v.union([filled(), program]),
  ),
  v.description(
    'Who decides beside: a published object (`OBJECT@SERVER`), a module that exports an Authorizer, by its path, or a program.',
  ),
)
