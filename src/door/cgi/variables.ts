import { readFileSync } from 'node:fs'
import { byteString } from '../../protocol/cgi/octets.ts'

/**
 * The variables of this process as byte strings: name, value, name, value. Without HTTP_PROXY, which a client sets by a
 * field `Proxy` (httpoxy): it goes from the environment too, where what asks other servers would believe it.
 */
export function takeVariables(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  delete env['HTTP_PROXY']
  const variables: string[] = []
  let given: ReadonlyMap<string, string> | undefined
  for (const [name, value = ''] of Object.entries(env)) {
    // Octets that are no UTF-8 have become this.
    if (value.includes('\uFFFD')) given ??= givenVariables()
    variables.push(byteString(name), given?.get(name) ?? byteString(value))
  }
  return variables
}

/** The environment that this process was started with, byte by byte; empty where the system does not tell it. */
function givenVariables(): ReadonlyMap<string, string> {
  const given = new Map<string, string>()
  let text = ''
  try {
    text = readFileSync('/proc/self/environ', 'latin1')
  } catch {
    return given
  }
  for (const entry of text.split('\0')) {
    const at = entry.indexOf('=')
    if (at > 0) given.set(entry.slice(0, at), entry.slice(at + 1))
  }
  return given
}
