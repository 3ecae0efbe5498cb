import * as v from 'valibot'
import { parsePattern } from '../site/pattern.ts'
import { checkHost, type Match } from '../site/routes.ts'
import { accepted, code, isFunction, object, textOrTexts } from './parts.ts'

/** A path pattern. */
export const pattern: v.GenericSchema<string> = accepted(parsePattern)
const host = accepted(checkHost)

/** What a route says of the requests that are meant. */
export const match: v.GenericSchema = object<Match>(
  {
    path: v.optional(
      v.pipe(pattern, v.description('A path pattern: `/notes/:id`, `/files/*`, `/*.php`. Default: `/*`.')),
    ),
    host: v.optional(
      v.pipe(
        v.union([host, v.pipe(v.array(host), v.minLength(1))]),
        v.description('A host name without port, or `*.example.org`; one or several.'),
      ),
    ),
    method: textOrTexts('A method, or several. GET brings HEAD with it.'),
    when: code(isFunction, 'a function', 'A function of request and connection that must say yes.'),
  },
  'A rule for requests.',
)
