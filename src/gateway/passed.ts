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
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (!NOT_PASSED.test(name)) list.push(name, fields[i + 1] as string)
  }
  return Headers.fromList(list)
}
