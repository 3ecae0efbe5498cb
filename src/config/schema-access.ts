import * as v from 'valibot'
import type { AccessRules, Allow, FastCgiAccess } from '../access/access.ts'
import { byMethod } from '../access/allow.ts'
import { isAuthorizer } from '../access/authorizers.ts'
import { checkRules } from '../access/rules.ts'
import { networks } from '../io/addresses.ts'
import { accepted, code, filled, isScheme, need, object, objection, texts } from './parts.ts'
import { fastCgiAuthorizerKey } from './schema-fastcgi.ts'

const several = (one: v.GenericSchema): v.GenericSchema => v.pipe(v.array(one), v.minLength(1))

/** What only code can say, where the value looks like that; else what a config can say. */
function codeOr(looksLikeCode: (given: object) => boolean, coded: v.GenericSchema, said: v.GenericSchema) {
  return v.lazy((given) => (typeof given === 'object' && given !== null && looksLikeCode(given) ? coded : said))
}

const scheme = codeOr(
  (given) => 'identify' in given || 'challenge' in given,
  need(code(isScheme, 'an object with the methods identify and challenge', 'How a client says who it is.')),
  object<FastCgiAccess>({ fastcgi: fastCgiAuthorizerKey }, 'A program that says who somebody is.'),
)

const authorizer = codeOr(
  isAuthorizer,
  need(code(isAuthorizer, 'an object with the method authorizeUser', 'Who decides.')),
  v.union([filled(), object<FastCgiAccess>({ fastcgi: fastCgiAuthorizerKey }, 'A program that decides.')]),
)

const allow = object<Allow>(
  {
    users: texts('Names of users who may; others may not, unless they are in one of `groups`.'),
    groups: texts('Groups whose members may.'),
    methods: v.optional(
      v.pipe(
        several(accepted((method) => byMethod([method]))),
        v.description('The methods by which one may. GET brings HEAD with it. Default: all.'),
      ),
    ),
    addresses: v.optional(
      v.pipe(
        several(accepted((network) => networks([network]))),
        v.description(
          'From where one may: addresses and networks such as `10.0.0.0/8`, also `loopback`, `private`, `unix`. Default: from anywhere.',
        ),
      ),
    ),
  },
  'Who may.',
)

const rules: v.GenericSchema = object<AccessRules>(
  {
    scheme: v.optional(
      v.pipe(scheme, v.description('How a client says who it is. Whoever does not is asked to log in.')),
    ),
    allow: v.optional(v.pipe(allow, v.description('Who may. Default: whoever says who it is.'))),
    authorizer: v.optional(
      v.pipe(
        authorizer,
        v.description('Who decides beside: a module that exports an Authorizer, by its path, or a program.'),
      ),
    ),
    all: v.optional(v.pipe(several(v.lazy(() => rules)), v.description('Rules that must all let in.'))),
    any: v.optional(v.pipe(several(v.lazy(() => rules)), v.description('Rules of which one is enough.'))),
  },
  'Rules that must all hold.',
)

/** The key `access`. */
export const accessKey: v.GenericSchema = v.union([
  v.literal('public'),
  v.pipe(
    rules,
    v.check(
      (given) => objection(() => checkRules(given as AccessRules)) === undefined,
      ({ input }) => objection(() => checkRules(input as AccessRules)) ?? '',
    ),
  ),
])
