import { brand, branded, HEADERS } from './brands.ts'
import { type FieldPlaces, findPlaced, isPlaced } from './field-places.ts'
import { checkFieldName, checkFieldValue, trimOws } from './fields.ts'

/** What a Headers can be made from, as in Fetch. */
export type HeadersInit =
  | Headers
  | Iterable<readonly [string, string]>
  | Readonly<Record<string, string | readonly string[]>>

/**
 * Field lines in the shape of Fetch's Headers, and what that cannot say: the case and the order as sent, and repeated
 * fields one by one (`raw`, `getAll`). Names and values are checked when they are set (RFC 9110 §5.1, §5.5), so
 * nothing that was accepted here can split a message.
 */
export class Headers implements Iterable<[string, string]> {
  /** These fields as HTTP/1 writes them; dropped when they change. @internal */
  rendering: unknown
  /** These fields as HTTP/2 writes them: one site is served over both at once. @internal */
  block: unknown
  #list: string[] | undefined
  #lines: string
  #places: FieldPlaces | undefined
  /** Whether the list is another's too, and is copied before it changes. */
  #shared: boolean
  /** The name, in lower case, that is looked for in vain. */
  #withheld: string | undefined
  /** The fields of that name, once the list was taken apart: name, value, name, value. */
  #held: string[] | undefined

  /** @throws TypeError for a name that is no token, or a value with CR, LF, NUL or another control character. */
  constructor(init?: HeadersInit) {
    this.rendering = undefined
    this.block = undefined
    this.#lines = ''
    this.#places = undefined
    this.#shared = false
    this.#withheld = undefined
    this.#held = undefined
    this.#list = []
    if (init === undefined) return
    if (branded(init, HEADERS)) this.#list = (init as Headers).fields().slice()
    else if (Symbol.iterator in init)
      for (const [name, value] of init as Iterable<readonly [string, string]>) this.append(name, value)
    else for (const name in init) this.#appendAny(name, (init as Record<string, string | readonly string[]>)[name])
  }

  /**
   * Headers over the text of a field section, `Name: value CRLF` for each line, taken apart only when a field is asked
   * for that cannot be found by its place. The caller has checked the text by RFC 9112 §5.
   * @param places Where its lines are, if the caller knows.
   */
  static fromLines(lines: string, places?: FieldPlaces): Headers {
    const headers = new Headers()
    headers.#lines = lines
    headers.#places = places
    headers.#list = undefined
    return headers
  }

  /** Headers over a list of name, value, name, value, which becomes theirs. The caller has checked it. @internal */
  static fromList(list: string[]): Headers {
    const headers = new Headers()
    headers.#list = list
    return headers
  }

  /** All values of a field, joined by `, ` (RFC 9110 §5.3), or null. Cookie lines are joined by `; ` (RFC 6265 §5.4). */
  get(name: string): string | null {
    const wanted = name.toLowerCase()
    if (this.#list === undefined && this.#places !== undefined && isPlaced(wanted)) {
      return wanted === this.#withheld ? null : findPlaced(this.#lines, this.#places, wanted, joined)
    }
    const list = this.fields()
    let found: string | null = null
    for (let i = 0; i < list.length; i += 2) {
      if (!sameName(list[i] as string, wanted)) continue
      found = joined(found, list[i + 1] as string, wanted)
    }
    return found
  }

  /** The values of a field one by one, in the order sent. */
  getAll(name: string): string[] {
    const list = this.fields()
    const wanted = name.toLowerCase()
    const values: string[] = []
    for (let i = 0; i < list.length; i += 2) if (sameName(list[i] as string, wanted)) values.push(list[i + 1] as string)
    return values
  }

  getSetCookie(): string[] {
    return this.getAll('set-cookie')
  }

  has(name: string): boolean {
    const list = this.fields()
    const wanted = name.toLowerCase()
    for (let i = 0; i < list.length; i += 2) if (sameName(list[i] as string, wanted)) return true
    return false
  }

  /** Replaces every field of this name by one. @throws TypeError, see the constructor. */
  set(name: string, value: string): void {
    checkFieldName(name)
    const checked = checkFieldValue(name, String(value))
    this.delete(name)
    this.rendering = undefined
    this.block = undefined
    this.#own().push(name, checked)
  }

  /** Adds a field beside those of the same name. @throws TypeError, see the constructor. */
  append(name: string, value: string): void {
    checkFieldName(name)
    this.rendering = undefined
    this.block = undefined
    this.#own().push(name, checkFieldValue(name, String(value)))
  }

  delete(name: string): void {
    const list = this.#own()
    const wanted = name.toLowerCase()
    this.rendering = undefined
    this.block = undefined
    for (let i = list.length - 2; i >= 0; i -= 2) if (sameName(list[i] as string, wanted)) list.splice(i, 2)
  }

  /** Each name once, in lower case, with its joined value; Set-Cookie fields one by one, as in Fetch. */
  *entries(): IterableIterator<[string, string]> {
    const seen = new Set<string>()
    for (const [sent, value] of this.raw()) {
      const name = sent.toLowerCase()
      if (name === 'set-cookie') yield [name, value]
      else if (!seen.has(name)) {
        seen.add(name)
        yield [name, this.get(name) ?? '']
      }
    }
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this.entries()) yield name
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this.entries()) yield value
  }

  forEach(call: (value: string, name: string, headers: Headers) => void): void {
    for (const [name, value] of this.entries()) call(value, name, this)
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries()
  }

  /** Every field line, in the order and the case sent, repeated ones apart. */
  *raw(): IterableIterator<[string, string]> {
    const list = this.fields()
    for (let i = 0; i < list.length; i += 2) yield [list[i] as string, list[i + 1] as string]
  }

  /**
   * The list behind this object: name, value, name, value. For code that walks it on every request; others use `raw`.
   * @internal
   */
  fields(): string[] {
    if (this.#list === undefined) {
      this.#list = parseLines(this.#lines)
      this.#lines = ''
    }
    if (this.#withheld === undefined || this.#held !== undefined) return this.#list
    return this.#hold(this.#list, this.#withheld)
  }

  /** These fields as HTTP/1 writes them, `Name: value CRLF` for each line, in the order and the case sent. @internal */
  lines(): string {
    if (this.#list === undefined && this.#withheld === undefined) return this.#lines
    const list = this.fields()
    let lines = ''
    for (let i = 0; i < list.length; i += 2) lines += `${list[i]}: ${list[i + 1]}\r\n`
    return lines
  }

  /**
   * Takes a field away until `giveBack`, from all who read these fields or copy them. Costs nothing where nobody does.
   * @param name In lower case. @internal
   */
  withhold(name: string): void {
    if (this.#withheld !== undefined) this.giveBack()
    this.#withheld = name
  }

  /** Gives back what was taken away, unless somebody has set a field of that name since. @internal */
  giveBack(): void {
    const name = this.#withheld
    const held = this.#held
    this.#withheld = undefined
    this.#held = undefined
    if (name !== undefined && held !== undefined && held.length > 0 && !this.has(name)) this.#own().push(...held)
  }

  /** These fields as they are now, and what is withheld, whatever becomes of this object. @internal */
  kept(): Headers {
    const made = new Headers()
    made.#lines = this.#lines
    made.#places = this.#places
    made.#list = this.#list
    made.#withheld = this.#withheld
    made.#held = this.#held
    made.#shared = true
    this.#shared = true
    if (this.#withheld !== undefined) made.giveBack()
    return made
  }

  /** Parts the list, which may be another's. Where it has no such field it stays as it is. */
  #hold(list: string[], name: string): string[] {
    const held: string[] = []
    const shown: string[] = []
    for (let i = 0; i < list.length; i += 2) {
      const field = list[i] as string
      const to = sameName(field, name) ? held : shown
      to.push(field, list[i + 1] as string)
    }
    this.#held = held
    if (held.length === 0) return list
    this.#list = shown
    this.#shared = false
    return shown
  }

  /** The list, to change it. */
  #own(): string[] {
    const list = this.fields()
    if (!this.#shared) return list
    this.#shared = false
    this.#list = list.slice()
    return this.#list
  }

  #appendAny(name: string, value: string | readonly string[] | undefined): void {
    if (value === undefined) return
    if (typeof value === 'string') {
      checkFieldName(name)
      this.#list?.push(name, checkFieldValue(name, value))
    } else if (Array.isArray(value)) for (const one of value) this.append(name, one)
    else this.append(name, String(value))
  }
}

brand(Headers, HEADERS)

function sameName(sent: string, wanted: string): boolean {
  return sent.length === wanted.length && (sent === wanted || sent.toLowerCase() === wanted)
}

function joined(found: string | null, value: string, wanted: string): string {
  return found === null ? value : found + (wanted === 'cookie' ? '; ' : ', ') + value
}

function parseLines(lines: string): string[] {
  const list: string[] = []
  for (let at = 0; at < lines.length; ) {
    const colon = lines.indexOf(':', at)
    const end = lines.indexOf('\r\n', colon)
    if (colon < 0 || end < 0) break
    list.push(lines.slice(at, colon), trimOws(lines.slice(colon + 1, end)))
    at = end + 2
  }
  return list
}
