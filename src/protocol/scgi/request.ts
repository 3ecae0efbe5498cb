/*
 * SCGI, by its specification (https://python.ca/scgi/protocol.txt): a netstring of names and values, each ended by a
 * NUL, and behind it the content. Texts have one character for each byte.
 */

/** The version of the protocol: the only one there is. */
export const VERSION = '1'

/** What came, or should be sent, is no SCGI. */
export class ScgiFault extends Error {
  override readonly name: string = 'ScgiFault'
}

/**
 * The variables of a request as SCGI has them: CONTENT_LENGTH first, also where there is no content, and SCGI.
 * @param variables Name, value, name, value.
 */
export function scgiVariables(variables: readonly string[]): string[] {
  let length = '0'
  const list: string[] = []
  for (let i = 0; i < variables.length; i += 2) {
    const name = variables[i] as string
    const value = variables[i + 1] as string
    if (name === 'CONTENT_LENGTH') length = value
    else if (name !== 'SCGI') list.push(name, value)
  }
  return ['CONTENT_LENGTH', length, 'SCGI', VERSION, ...list]
}

/** What goes before the content of a request. @throws ScgiFault for a NUL, which would make of one variable several. */
export function requestHead(variables: readonly string[]): string {
  const list = scgiVariables(variables)
  const text = `${list.join('\0')}\0`
  // As many as were put in: a count is cheaper than a look at each.
  let nuls = 0
  for (let at = text.indexOf('\0'); at >= 0; at = text.indexOf('\0', at + 1)) nuls++
  if (nuls !== list.length) throw new ScgiFault('a variable has a NUL in it')
  return `${text.length}:${text},`
}
