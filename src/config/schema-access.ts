import * as v from 'valibot'
import type { AccessRules, Allow } from '../access/access.ts'
import { byMethod } from '../access/allow.ts'
import { checkRules } from '../access/check-rules.ts'
import { networks } from '../io/addresses.ts'
import { accepted, object, objection, text, texts } from './parts.ts'
import { authorizerKey, schemeKey, storeKey } from './schema-guards.ts'

const several = (one: v.GenericSchema): v.GenericSchema => v.pipe(v.array(one), v.minLength(1))

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
    scheme: v.optional(schemeKey),
    realm: text('What Basic tells clients that they log in to. Default: `Restricted`.'),
    store: v.optional(storeKey),
    allow: v.optional(v.pipe(allow, v.description('Who may. Default: whoever says who it is.'))),
    authorizer: v.optional(authorizerKey),
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
