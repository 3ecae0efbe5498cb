import * as v from 'valibot'
import type { AuthorizerAccess, SchemeAccess } from '../access/access.ts'
import { code, isScheme, object } from './parts.ts'
import { authorizer } from './schema-fastcgi.ts'

/** The key `access`. */
export const accessKey: v.GenericSchema = v.pipe(
  object<SchemeAccess & AuthorizerAccess>(
    {
      scheme: code(isScheme, 'an object with the methods identify and challenge', 'How a client says who it is.'),
      authorizer: v.optional(authorizer),
    },
    'Who may.',
  ),
  v.check(
    (given) => Object.values(Object(given)).filter((one) => one !== undefined).length === 1,
    'expected scheme or authorizer, one of them',
  ),
)
