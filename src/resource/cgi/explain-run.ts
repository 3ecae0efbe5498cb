import type { Connection } from '../../message/connection.ts'
import { explainedList, nobody } from '../explain-program.ts'
import type { Run } from './run.ts'

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
  return [...lines, ...explainedList(variables(nobody()))]
}
