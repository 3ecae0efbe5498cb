/** What a client says of itself by Basic. */
export interface BasicCredentials {
  readonly name: string
  readonly password: string
}

/** The longest field that is looked at, and the longest parts of it, in octets. */
const LONGEST_FIELD = 2048
const LONGEST_NAME = 255
const LONGEST_PASSWORD = 1024

/** RFC 9110 §11.4: one space or more between the scheme and its token68. The alphabet is that of RFC 4648 §4. */
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i
/** RFC 7617 §2 has no control characters; those of ISO 8859-1 would end lines in a log as well. */
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Name and password in the value of one field Authorization (RFC 7617 §2). Undefined for what is of another scheme, or
 * not of this form to the letter: two readers that are lenient in two ways would see two users.
 */
export function basicCredentials(field: string): BasicCredentials | undefined {
  const encoded = field.length > LONGEST_FIELD ? undefined : BASIC.exec(field)?.[1]
  if (encoded === undefined) return undefined
  const octets = Buffer.from(encoded, 'base64')
  // Bits that nobody reads, and missing padding, would give one login many spellings.
  if (octets.toString('base64') !== encoded) return undefined
  const text = decoded(octets)
  const colon = text?.indexOf(':') ?? -1
  if (text === undefined || colon <= 0 || CONTROL.test(text)) return undefined
  const name = text.slice(0, colon)
  const password = text.slice(colon + 1)
  if (Buffer.byteLength(name) > LONGEST_NAME || Buffer.byteLength(password) > LONGEST_PASSWORD) return undefined
  return { name, password }
}

function decoded(octets: Buffer): string | undefined {
  try {
    return UTF_8.decode(octets)
  } catch {
    return undefined
  }
}
