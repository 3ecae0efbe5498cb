/** Which bytes may stand where (RFC 9110 §5.6.2, §5.5; RFC 9112 §3). Indexed by byte; 1 means allowed. */

export const CR = 13
export const LF = 10
export const SP = 32
export const COLON = 58

/** tchar: methods and field names. */
export const TOKEN: Uint8Array = table("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

/** What a request target may be made of here: visible ASCII without `#`, which starts a fragment (RFC 9112 §3.2). */
export const TARGET: Uint8Array = range(0x21, 0x7e)
TARGET[35] = 0

/** A field value: visible ASCII, space, tab and obs-text; no control characters, so no NUL, no bare CR or LF. */
export const VALUE: Uint8Array = range(0x20, 0xff)
VALUE[9] = 1
VALUE[127] = 0

function table(characters: string): Uint8Array {
  const made = new Uint8Array(256)
  for (const c of characters) made[c.charCodeAt(0)] = 1
  return made
}

function range(first: number, last: number): Uint8Array {
  return new Uint8Array(256).fill(1, first, last + 1)
}
