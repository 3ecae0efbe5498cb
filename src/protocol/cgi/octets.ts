/*
 * CGI knows bytes, and no encoding (RFC 3875 §4.1). They are carried as byte strings: each character is one byte. The
 * fields of a request are such strings already.
 */

/** A text in UTF-8, as a byte string. */
export function byteString(text: string): string {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 127) return Buffer.from(text, 'utf8').toString('latin1')
  }
  return text
}

/** The text that a byte string stands for where it is UTF-8; else each byte as a character. */
export function textOfBytes(bytes: string): string {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes.charCodeAt(i) > 127) return decoded(bytes)
  }
  return bytes
}

function decoded(bytes: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, 'latin1'))
  } catch {
    return bytes
  }
}

/** What a part of a canonical path stands for, as a byte string. */
export function decodedOctets(path: string): string {
  if (!path.includes('%')) return path
  return path.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
