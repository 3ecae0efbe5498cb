import { type Address, Connection, type SocketFacts } from '../../message/connection.ts'
import { Exchange } from '../../message/exchange.ts'
import { textOfBytes } from '../../protocol/cgi/octets.ts'
import type { Run } from './cgi.ts'

const LOOPBACK: Address = { address: '127.0.0.1', port: undefined }

/** A client on this machine, where there is none. */
const NOBODY: SocketFacts = {
  remote: LOOPBACK,
  local: LOOPBACK,
  secure: false,
  tls: undefined,
  remoteName: () => Promise.resolve(LOOPBACK.address),
}

/** What would be run for a request, and all that it would be told. */
export function explainRun(
  { path, command }: Run,
  variables: (connection: Connection) => readonly string[],
): (readonly [string, string])[] {
  const lines: (readonly [string, string])[] = [['script', path]]
  if (command === undefined) return [...lines, ['status', '403: this user may not execute it']]
  const [, ...args] = command.args
  if (command.file !== path) lines.push(['program', command.file])
  if (args.length > 0) lines.push(['args', args.map((arg) => JSON.stringify(arg)).join(' ')])
  lines.push(['folder', command.cwd])
  const list = variables(new Connection(NOBODY, new Exchange(), 'HTTP/1.1'))
  for (let i = 0; i < list.length; i += 2) lines.push(['env', `${list[i]}=${textOfBytes(list[i + 1] ?? '')}`])
  return lines
}
