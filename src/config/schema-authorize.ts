import * as v from 'valibot'
import { checkFieldName } from '../message/fields.ts'
import type { AuthorizeOptions, AuthorizeRule } from '../site/authorize.ts'
import { accepted, object, optional } from './parts.ts'
import { accessKey } from './schema-access.ts'
import { match, pattern } from './schema-match.ts'

const fieldName = accepted(checkFieldName)

const rule = object<AuthorizeRule>(
  {
    match: v.pipe(
      v.union([pattern, match]),
      v.description('A pattern for the path that the client asked the web server for, or a rule.'),
    ),
    access: v.pipe(accessKey, v.description('Who may, as `routes[].access`; `"public"`: everybody.')),
  },
  'Who may do what the web server asks about.',
)

/** The key `authorize`. */
export const authorizeKey: v.GenericSchema = v.pipe(
  object<AuthorizeOptions>(
    {
      access: optional(accessKey, 'Who may, as `routes[].access`, whatever is asked for.'),
      routes: optional(
        v.pipe(v.array(rule), v.minLength(1)),
        'Who may, by what is asked for; the narrowest rule counts, and what none speaks of nobody may.',
      ),
      user: optional(fieldName, 'The field that tells the web server who it is. Default: `Remote-User`.'),
      groups: optional(fieldName, "The field of the user's groups, with commas between. Default: `Remote-Groups`."),
    },
    'Tells other web servers who may: nginx `auth_request`, Caddy `forward_auth`, Traefik `forwardAuth`.',
  ),
  v.check((given) => {
    const { access, routes } = Object(given) as AuthorizeOptions
    return (access === undefined) !== (routes === undefined)
  }, 'needs access, or routes with access, and not both'),
)
