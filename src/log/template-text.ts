/* Values as the lines of a template tell them, so that no value can be taken for another one. */

/**
 * Writes the values that stand in one place of a template: `-` for none. What is no visible ASCII becomes `\xHH`, byte by
 * byte, and so do quotes, backslashes and what ends the value: whoever reads up to that character has all of it.
 */
export class ValueText {
  readonly #quoted: boolean
  readonly #harmless: RegExp
  readonly #harmful: RegExp

  /** @param end The character behind the value; empty at the end of the line. @param quoted Whether it is in quotes. */
  constructor(end: string, quoted: boolean) {
    this.#quoted = quoted
    const space = quoted && end !== ' ' ? '\\x20' : ''
    const kept = `${space}!#-\\[\\]-~`
    const without = end === '' ? '' : `(?!\\u${end.charCodeAt(0).toString(16).padStart(4, '0')})`
    this.#harmless = new RegExp(`^(?:${without}[${kept}])*$`)
    this.#harmful = new RegExp(`${without === '' ? '' : `${without.replace('!', '=')}[^]|`}[^${kept}]`, 'g')
  }

  /** @param bytes Whether it has one character a byte, as fields come; else it is told in UTF-8. */
  of(value: string | undefined, bytes: boolean): string {
    if (value === undefined) return '-'
    if (value === '-') return '\\x2D'
    if (value === '') return this.#quoted ? '' : '""'
    if (this.#harmless.test(value)) return value
    const octets = bytes && /^[\0-\xff]*$/.test(value) ? value : Buffer.from(value, 'utf8').toString('latin1')
    return octets.replace(this.#harmful, escaped)
  }
}

function escaped(byte: string): string {
  return `\\x${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
