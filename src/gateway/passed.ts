import { Headers } from '../message/headers.ts'

/**
 * Fields that are not the client's: those of one connection (RFC 9110 §7.6.1), and those by which programs speak to the
 * server, which tell of its insides, also where it does not do what they ask.
 */
const NOT_PASSED =
  /^(?:connection|keep-alive|proxy-connection|transfer-encoding|te|trailer|upgrade|x-sendfile|x-lighttpd-send-file|x-accel-.*)$/i

/** The fields of an answer that are the client's. */
export function passed(headers: Headers): Headers {
  const list: string[] = []
  for (const [name, value] of headers.raw()) if (!NOT_PASSED.test(name)) list.push(name, value)
  return Headers.fromList(list)
}
