/** What is used of an answer of Node's. */
interface Fields {
  getHeader(name: string): number | string | string[] | undefined
  setHeader(name: string, value: string | string[]): unknown
}

/** Of these the host may have said something that goes on being true. */
const ADDED = /^(?:set-cookie|vary)$/i

/**
 * Sets the fields of an answer beside those that the host, or a middleware of it, has set; of the same name, ours count.
 * Node's `writeHead` loses repeated ones where there are others already.
 * @param fields Name, value, name, value. @param split Whether the lines of a name stay apart; Set-Cookie always does.
 */
export function setFields(response: Fields, fields: readonly string[], split: boolean): void {
  const made = new Map<string, { readonly name: string; readonly values: string[] }>()
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    const value = fields[i + 1] as string
    const key = name.toLowerCase()
    const known = made.get(key)
    if (known === undefined) made.set(key, { name, values: [...(ADDED.test(name) ? said(response, name) : []), value] })
    else known.values.push(value)
  }
  for (const [key, { name, values }] of made) {
    const [first = ''] = values
    if (values.length === 1) response.setHeader(name, first)
    else response.setHeader(name, split || key === 'set-cookie' ? values : values.join(', '))
  }
}

function said(response: Fields, name: string): string[] {
  const value = response.getHeader(name)
  return value === undefined ? [] : Array.isArray(value) ? value : [String(value)]
}
