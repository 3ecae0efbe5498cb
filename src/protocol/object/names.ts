/** What callers and object servers say to each other beside FastCGI and CGI: docs/objects-protocol.md. */

/** The name of the object, in both forms of a call. */
export const OBJECT = 'ORIEL_OBJECT'
/** The request line and the fields of a request: it is the whole form. */
export const REQUEST = 'ORIEL_REQUEST'
export const MOUNT = 'ORIEL_MOUNT'
export const PATH = 'ORIEL_PATH'
export const AUTHORITY = 'ORIEL_AUTHORITY'
export const ROUTE_PARAMS = 'ORIEL_PARAMS'
export const SECURE = 'HTTPS'
export const CONNECTION = 'ORIEL_CONNECTION'
export const USER = 'ORIEL_USER'
export const TIMEOUT = 'ORIEL_TIMEOUT'
export const CALL = 'ORIEL_CALL'
/** `stream`: there is content, and only its end tells how long it is. */
export const CONTENT = 'ORIEL_CONTENT'

/** What may be asked of an object server beside requests. */
export type CallKind = 'info' | 'log' | 'authenticate'

/** The field of an answer that says that it is none, and what it is. */
export const ANSWER = 'Oriel-Answer'
export const CODE = 'Oriel-Code'
export const METHOD = 'Oriel-Method'

const NAME = /^(?!\.)(?!.*\.\.)[A-Za-z0-9_.~-]{1,100}$/

/** The name of every site for itself, which no object server has; and of the object that tells of all others. */
export const ROOT = 'root'
export const INFO = 'info'

/** Whether a text can name an object or an object server: nothing that leads anywhere, or ends a path, a line, a text. */
export function isName(text: string): boolean {
  return NAME.test(text)
}

/** @throws TypeError for what is no name of an object server. */
export function checkServerName(name: string): string {
  return checked(name, 'an object server', ROOT)
}

/** @throws TypeError for what is no name of an object. */
export function checkObjectName(name: string): string {
  return checked(name, 'an object', INFO)
}

function checked(name: string, what: string, taken: string): string {
  if (typeof name !== 'string' || !isName(name)) {
    const named = typeof name === 'string' ? JSON.stringify(name) : String(name)
    throw new TypeError(
      `${named} is no name of ${what}: expected letters, digits, _ - . ~, at most 100, no dot at the start and no two together`,
    )
  }
  if (name === taken) throw new TypeError(`${what} cannot be called ${taken}: that is Oriel's own`)
  return name
}

/** `echo@paul` taken apart. @throws TypeError for what names no object of an object server. */
export function objectAddress(text: string): { readonly object: string; readonly server: string } {
  const [object = '', server, ...more] = text.split('@')
  if (server === undefined || more.length > 0)
    throw new TypeError(`${JSON.stringify(text)} names no object: expected OBJECT@SERVER, such as echo@paul`)
  return { object: checkObjectName(object), server: checkServerName(server) }
}
