import * as v from 'valibot'
import { filled, isFunction, map } from './parts.ts'

/** The key `errors`. */
export const errorsKey: v.GenericSchema = v.pipe(
  map(
    v.pipe(
      v.string(),
      v.regex(/^(?:[45]\d\d|[45]xx|default)$/, 'no error has this name: expected 400 to 599, 4xx, 5xx or default'),
    ),
    v.union([filled(), v.custom<unknown>(isFunction)]),
  ),
  v.description('Pages by status (`404`), class (`5xx`) or for all (`default`): an HTML file, or a function.'),
)
