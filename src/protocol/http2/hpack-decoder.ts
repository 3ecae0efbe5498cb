import { DynamicTable, ENTRY_OVERHEAD } from './dynamic-table.ts'
import { HpackError } from './errors.ts'
import { type BlockReader, readInteger } from './integers.ts'
import { STATIC_COUNT, STATIC_NAMES, STATIC_VALUES } from './static-table.ts'
import { passString, readString } from './strings.ts'

export interface FieldListLimits {
  /** Bytes of all names and values, and 32 more for each field (RFC 9113 §6.5.2). */
  readonly size: number
  readonly fields: number
}

/** An encoder that changed its table's size between two blocks tells the smallest and the last one (RFC 7541 §4.2). */
const MAX_SIZE_UPDATES = 2

/**
 * Decodes the field blocks of one connection and direction, in their order (RFC 7541). It says what the fields are, not
 * whether they may be there: names and values are unchecked, and may have any byte.
 */
export class HpackDecoder {
  readonly #announced: number
  readonly #table: DynamicTable

  /**
   * @param tableSize The SETTINGS_HEADER_TABLE_SIZE that we announced, in bytes. The table begins with it: a client begins
   * with 4096 whatever we announce (RFC 9113 §6.5.2), so another size needs care until the client has taken our settings.
   */
  constructor(tableSize: number) {
    this.#announced = tableSize
    this.#table = new DynamicTable(tableSize)
  }

  /**
   * Decodes one whole field block. Returns the flat list [name, value, name, value, …], one character a byte (latin1),
   * or undefined where the list is over a limit: the block is then still decoded to its end, so that the dynamic table
   * stays right, but no text is made that the table does not keep.
   * @throws HpackError for a malformed block. The decoder can decode nothing after it.
   */
  decode(block: Uint8Array, limits: FieldListLimits): string[] | undefined {
    const reader: BlockReader = { bytes: block, at: 0 }
    const list: string[] = []
    let size = 0
    let within = true
    this.#takeSizeUpdates(reader)
    while (reader.at < block.length) {
      const first = block[reader.at++] as number
      let name: string
      let value: string
      if (first >= 0x80) {
        // An indexed field (RFC 7541 §6.1).
        const index = this.#known(readInteger(reader, first, 0x7f))
        if (!within) continue
        name = this.#nameOf(index)
        value = this.#valueOf(index)
      } else {
        if (first >= 0x20 && first < 0x40) throw new HpackError('a table size update stands behind a field')
        // A literal that is added to the table (§6.2.1), is not (§6.2.2), or must never be by anybody (§6.2.3).
        const added = first >= 0x40
        const index = readInteger(reader, first, added ? 0x3f : 0x0f)
        if (!within) {
          this.#passLiteral(reader, index, added)
          continue
        }
        name = index === 0 ? readString(reader) : this.#nameOf(this.#known(index))
        value = readString(reader)
        if (added) this.#table.add(name, value)
      }
      // One byte may stand for an entry as large as the table: a small block could say a list of many megabytes.
      size += name.length + value.length + ENTRY_OVERHEAD
      within = size <= limits.size && list.length < 2 * limits.fields
      if (within) list.push(name, value)
    }
    return within ? list : undefined
  }

  /** The updates of the table's size at a block's beginning (RFC 7541 §4.2, §6.3). */
  #takeSizeUpdates(reader: BlockReader): void {
    for (let updates = 0; reader.at < reader.bytes.length; updates++) {
      const first = reader.bytes[reader.at] as number
      if (first < 0x20 || first >= 0x40) return
      if (updates === MAX_SIZE_UPDATES) throw new HpackError('a field block has more than two table size updates')
      reader.at++
      const size = readInteger(reader, first, 0x1f)
      if (size > this.#announced) throw new HpackError('a table size update is above what was announced')
      this.#table.resize(size)
    }
  }

  /** Checks a literal of a list that is over a limit, and adds it to the table where it fits. */
  #passLiteral(reader: BlockReader, index: number, added: boolean): void {
    const known = index === 0 ? '' : this.#nameOf(this.#known(index))
    const from = reader.at
    const nameSize = index === 0 ? passString(reader) : known.length
    const size = nameSize + passString(reader) + ENTRY_OVERHEAD
    if (!added) return
    if (size > this.#table.capacity) {
      this.#table.clear()
      return
    }
    reader.at = from
    const name = index === 0 ? readString(reader) : known
    this.#table.add(name, readString(reader))
  }

  /** The index, where there is such an entry. @throws HpackError (RFC 7541 §2.3.3, §6.1) */
  #known(index: number): number {
    if (index === 0 || index > STATIC_COUNT + this.#table.count) throw new HpackError(`there is no entry ${index}`)
    return index
  }

  #nameOf(index: number): string {
    return index <= STATIC_COUNT ? (STATIC_NAMES[index] as string) : this.#table.name(index - STATIC_COUNT)
  }

  #valueOf(index: number): string {
    return index <= STATIC_COUNT ? (STATIC_VALUES[index] as string) : this.#table.value(index - STATIC_COUNT)
  }
}
