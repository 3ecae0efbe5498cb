/** The grammar of field names and values (RFC 9110 §5.1, §5.5): what may be set, so that no answer can be split. */

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Whether a text is a token (RFC 9110 §5.6.2), the form of field names and methods. */
export function isToken(text: string): boolean {
  return NAME.test(text)
}

/** Throws a TypeError unless the text can be a field name. */
export function checkFieldName(name: string): void {
  if (!NAME.test(name)) throw new TypeError(`${JSON.stringify(name)} is not a field name`)
}

/**
 * The value as it goes on the wire: surrounding white space removed (RFC 9110 §5.5). Throws a TypeError for CR, LF,
 * NUL, other control characters and anything above U+00FF: such a value could end the field or the head.
 */
export function checkFieldValue(name: string, value: string): string {
  if (!VALUE.test(value)) {
    throw new TypeError(`the value of ${name} has a character that no field value may have: ${JSON.stringify(value)}`)
  }
  const first = value.charCodeAt(0)
  const last = value.charCodeAt(value.length - 1)
  return first === 32 || first === 9 || last === 32 || last === 9 ? trimOws(value) : value
}

/** Removes optional white space, space and tab only (RFC 9110 §5.6.3), from both ends. */
export function trimOws(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && (text.charCodeAt(from) === 32 || text.charCodeAt(from) === 9)) from++
  while (to > from && (text.charCodeAt(to - 1) === 32 || text.charCodeAt(to - 1) === 9)) to--
  return text.slice(from, to)
}

/** The members of a comma-separated list (RFC 9110 §5.6.1), trimmed, empty ones dropped; commas in quoted strings kept. */
export function listMembers(value: string): string[] {
  const members: string[] = []
  let quoted = false
  let from = 0
  for (let i = 0; i <= value.length; i++) {
    const c = i < value.length ? value.charCodeAt(i) : 44
    if (quoted && i < value.length) {
      if (c === 92 && i + 1 < value.length) i++
      else if (c === 34) quoted = false
    } else if (c === 34) {
      quoted = true
    } else if (c === 44) {
      const member = trimOws(value.slice(from, i))
      if (member !== '') members.push(member)
      from = i + 1
    }
  }
  return members
}
