import { applicationAddress } from '../gateway/address.ts'

/** Where an object server lives, as a binding handle says it (String Binding Handle of the ILU Requester). */
export type Handle =
  /** In this process: a module by its path. */
  | { readonly kind: 'module'; readonly file: string }
  /** A process that Oriel starts and keeps alive. */
  | { readonly kind: 'command'; readonly command: string }
  /** One that runs by itself: `unix:PATH`, `host:port`. */
  | { readonly kind: 'fastcgi'; readonly address: string }

const KINDS = 'module:FILE, command:PROGRAM, fastcgi:unix:PATH or fastcgi:HOST:PORT'

/** @throws TypeError for what is no binding handle. */
export function parseHandle(text: string): Handle {
  const [, kind = '', rest = ''] = /^([a-z]+):([\s\S]*)$/.exec(text) ?? []
  if (rest.trim() === '' || rest.includes('\0')) throw unfit(text)
  switch (kind) {
    case 'module':
      return { kind, file: rest }
    case 'command':
      return { kind, command: rest }
    case 'fastcgi':
      return { kind, address: applicationAddress(rest).text }
    case 'nats':
      throw new TypeError(`${text}: objects of other machines by NATS are not there yet; expected ${KINDS}`)
    default:
      throw unfit(text)
  }
}

/** Whether a text is meant to be a binding handle, and no name of an object server. */
export function isHandle(text: string): boolean {
  return text.includes(':')
}

function unfit(text: string): TypeError {
  return new TypeError(`${JSON.stringify(text)} is no binding handle: expected ${KINDS}`)
}
