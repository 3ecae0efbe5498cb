import { CODE_BITS, CODES } from '../../src/protocol/http2/huffman-code.ts'
import { STATIC_NAMES, STATIC_VALUES } from '../../src/protocol/http2/static-table.ts'

type Field = readonly [name: string, value: string]

const STATIC: readonly Field[] = STATIC_NAMES.slice(1).map((name, i) => [name, STATIC_VALUES[i + 1] ?? ''])

/**
 * An HPACK encoder that does all that RFC 7541 lets an encoder do, chosen at random: any representation, names by index
 * or not, Huffman or not, updates of the table's size. Written to be right at a glance, not for speed.
 */
export class RandomHpackEncoder {
  readonly #random: () => number
  readonly #announced: number
  #capacity: number
  /** The dynamic table, the newest first. */
  #entries: Field[] = []

  /** @param random Gives numbers from 0 to 1, as Math.random does. */
  constructor(announced: number, random: () => number) {
    this.#announced = announced
    this.#capacity = announced
    this.#random = random
  }

  /** The flat list [name, value, …] as one block. */
  encode(list: readonly string[]): Buffer {
    const bytes: number[] = []
    for (let updates = this.#oneOf([0, 0, 0, 1, 2]); updates > 0; updates--) {
      this.#capacity = this.#oneOf([this.#announced, Math.floor(this.#random() * this.#announced), 0])
      this.#evict()
      bytes.push(...integer(0x20, 5, this.#capacity))
    }
    for (let i = 0; i < list.length; i += 2) bytes.push(...this.#field([list[i] ?? '', list[i + 1] ?? '']))
    return Buffer.from(bytes)
  }

  #field(field: Field): number[] {
    const [name, value] = field
    const known = [...STATIC, ...this.#entries]
    const same = known.flatMap((entry, i) => (entry[0] === name && entry[1] === value ? [i + 1] : []))
    if (same.length > 0 && this.#random() < 0.9) return integer(0x80, 7, this.#oneOf(same))
    const named = known.flatMap((entry, i) => (entry[0] === name ? [i + 1] : []))
    const index = named.length > 0 && this.#random() < 0.9 ? this.#oneOf(named) : 0
    const representation = this.#oneOf(['added', 'added', 'not added', 'never added'])
    if (representation === 'added') {
      this.#entries.unshift(field)
      this.#evict()
    }
    const head =
      representation === 'added'
        ? integer(0x40, 6, index)
        : integer(representation === 'not added' ? 0x00 : 0x10, 4, index)
    return [...head, ...(index === 0 ? this.#string(name) : []), ...this.#string(value)]
  }

  #string(text: string): number[] {
    return this.#random() < 0.5 ? huffmanString(text) : plainString(text)
  }

  #evict(): void {
    let size = 0
    const kept = this.#entries.findIndex(([name, value]) => {
      size += name.length + value.length + 32
      return size > this.#capacity
    })
    if (kept >= 0) this.#entries = this.#entries.slice(0, kept)
  }

  #oneOf<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)] as T
  }
}

/** An integer with a prefix of so many bits (RFC 7541 §5.1). */
export function integer(pattern: number, prefix: number, value: number): number[] {
  const full = 2 ** prefix - 1
  if (value < full) return [pattern | value]
  const bytes = [pattern | full]
  let left = value - full
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) | 128)
  return [...bytes, left]
}

export function plainString(text: string): number[] {
  return [...integer(0, 7, text.length), ...Buffer.from(text, 'latin1')]
}

export function huffmanString(text: string): number[] {
  const bits = [...text].map((c) => codeOf(c.charCodeAt(0))).join('')
  const bytes = bytesOf(bits.padEnd(Math.ceil(bits.length / 8) * 8, '1'))
  return [...integer(0x80, 7, bytes.length), ...bytes]
}

/** The code of a byte, or of EOS (256), as the digits 0 and 1. */
export function codeOf(symbol: number): string {
  return (CODES[symbol] ?? 0).toString(2).padStart(CODE_BITS[symbol] ?? 0, '0')
}

/** The bytes that these digits make; their number is a multiple of 8. */
export function bytesOf(bits: string): number[] {
  return (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))
}
