import { textOfBytes } from '../protocol/cgi/octets.ts'
import { inert } from './active.ts'

const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/

/** Whether a text is itself in JSON, but for the quotes. */
export function isPlain(text: string): boolean {
  return PLAIN.test(text)
}

/** A text in JSON, on one line, and without anything that a reader could act on; lone surrogates are escaped too. */
export function jsonText(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : inert(JSON.stringify(text))
}

/** The same of bytes, one character each, as the fields of a message come: read as UTF-8, else as Latin-1. */
export function jsonBytes(bytes: string): string {
  if (PLAIN.test(bytes)) return `"${bytes}"`
  return inert(JSON.stringify(/^[^\u0100-\uffff]*$/.test(bytes) ? textOfBytes(bytes) : bytes))
}

/** Any value in JSON; what JSON cannot say becomes its text. */
export function jsonValue(value: unknown): string {
  return inert(stringified(value) ?? JSON.stringify(String(value)))
}

function stringified(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}
