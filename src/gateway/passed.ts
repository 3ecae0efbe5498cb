import { isToken, listMembers } from '../message/fields.ts'
import { Headers } from '../message/headers.ts'

/**
 * Fields that are not the client's: those of one connection (RFC 9110 §7.6.1), and those by which programs speak to the
 * server, which tell of its insides, also where it does not do what they ask.
 */
const NOT_PASSED =
  /^(?:connection|keep-alive|proxy-connection|transfer-encoding|te|trailer|upgrade|x-sendfile|x-lighttpd-send-file|x-accel-.*)$/i

/** The fields of an answer that are the client's. */
export function passed(headers: Headers): Headers {
  const fields = headers.fields()
  const list: string[] = []
  let connection = ''
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    const value = fields[i + 1] as string
    if (!mayBeOurs(name) || !NOT_PASSED.test(name)) list.push(name, value)
    else if (name.length === 10 && name.toLowerCase() === 'connection') connection += `${value},`
  }
  const kept = Headers.fromList(list)
  // Also the ones that it names are of this one connection.
  for (const option of listMembers(connection)) if (isToken(option)) kept.delete(option)
  return kept
}

/** Only names of these lengths, or with an X, can be such ones. */
function mayBeOurs(name: string): boolean {
  switch (name.length) {
    case 2:
    case 7:
    case 10:
    case 16:
    case 17:
      return true
    default:
      return name.startsWith('x') || name.startsWith('X')
  }
}
