import * as v from 'valibot'

/** RFC 9110 §10.2.4: products with their versions, and comments between them. */
const PRODUCTS =
  /^[\w!#$%&'*+.^`|~-]+(?:\/[\w!#$%&'*+.^`|~-]+)?(?: (?:[\w!#$%&'*+.^`|~-]+(?:\/[\w!#$%&'*+.^`|~-]+)?|\([\x20-\x27\x2a-\x5b\x5d-\x7e]*\)))*$/

/** The key `server`. */
export const serverKey: v.GenericSchema = v.exactOptional(
  v.pipe(
    v.union([
      v.literal(false),
      v.pipe(
        v.string(),
        v.maxLength(200, 'expected at most 200 characters'),
        v.regex(PRODUCTS, 'expected a product, such as "Example/1.0" or "Example (of somewhere)"'),
      ),
    ]),
    v.description(
      'What answers say of the server in the field `Server`, unless who answers says it; `false`: nothing, and no `Via` in answers of HTTP servers behind this one. Default: `oriel/VERSION`.',
    ),
  ),
)
