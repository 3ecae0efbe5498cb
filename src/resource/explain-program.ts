import { type Address, Connection, type SocketFacts } from '../message/connection.ts'
import { Exchange } from '../message/exchange.ts'
import type { Request } from '../message/request.ts'
import { textOfBytes } from '../protocol/cgi/octets.ts'
import { cgiVariables, type Script } from '../protocol/cgi/variables.ts'
import { type ProgramOptions, variableOptions } from './program.ts'

const LOOPBACK: Address = { address: '127.0.0.1', port: undefined }

/** A client on this machine, where there is none. */
const NOBODY: SocketFacts = {
  remote: LOOPBACK,
  local: LOOPBACK,
  secure: false,
  tls: undefined,
  remoteName: () => Promise.resolve(LOOPBACK.address),
}

/** Where a request comes from that nobody makes. */
export function nobody(): Connection {
  return new Connection(NOBODY, new Exchange(), 'HTTP/1.1')
}

/** Variables as lines of an explanation. @param list Name, value, name, value; byte strings. */
export function explainedList(list: readonly string[]): (readonly [string, string])[] {
  const lines: (readonly [string, string])[] = []
  for (let i = 0; i < list.length; i += 2) lines.push(['env', `${list[i]}=${textOfBytes(list[i + 1] ?? '')}`])
  return lines
}

/** What a program would be told of a request: made by what makes it for the program. */
export function explainedVariables(request: Request, script: Script, options: ProgramOptions): string[] {
  return cgiVariables(request, nobody(), script, undefined, variableOptions(options))
}

/** The same, as lines of an explanation. */
export function explainVariables(
  request: Request,
  script: Script,
  options: ProgramOptions,
): (readonly [string, string])[] {
  return explainedList(explainedVariables(request, script, options))
}
