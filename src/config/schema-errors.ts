import * as v from 'valibot'
import { type ErrorModule, type ErrorPath, isErrorModule, isErrorPath } from '../site/error-pages.ts'
import { filled, isCode, map, need, object, text } from './parts.ts'

const PAGES =
  'Pages by status (`404`), class (`5xx`) or for all (`default`): an HTML file, `{ "path" }` of a page of the site, `{ "module" }`, or code.'
const EXPECTED =
  'expected an HTML file, { path: … } of a page of the site, { module: … }, or in code a function or a resource'

const path = object<ErrorPath>(
  { path: need(text('A path of the site, in which `:status` is the status of the error.')) },
  'A page of the site itself, asked for in process.',
)
const module = object<ErrorModule>(
  {
    module: v.pipe(
      v.union([filled(), v.custom<unknown>(isCode)]),
      v.description('A module by its path, whose resource makes the page.'),
    ),
  },
  'A module whose resource makes the page.',
)
/** What is not plainly meant as one of the others. */
const other = v.custom<unknown>((given) => isCode(given) && !isErrorPath(given) && !isErrorModule(given))

/** The key `errors`, of the site and of a route. */
export const errorsKey: v.GenericSchema = v.pipe(
  map(
    v.pipe(
      v.string(),
      v.regex(/^(?:[45]\d\d|[45]xx|default)$/, 'no error has this name: expected 400 to 599, 4xx, 5xx or default'),
    ),
    v.union([filled(), path, module, other], EXPECTED),
  ),
  v.description(PAGES),
)

/** The key `intercept`, of the site and of a route. */
export const interceptKey: v.GenericSchema = v.pipe(
  v.union([
    v.boolean(),
    v.pipe(
      v.array(v.pipe(v.number(), v.integer('expected a status'), v.minValue(400), v.maxValue(599))),
      v.minLength(1),
    ),
  ]),
  v.description('Whether error answers of back ends become error pages: all, or those with these statuses.'),
)
