import type { Request } from '../../message/request.ts'
import type { FoundObject } from '../../object/objects.ts'
import { WireServer } from '../../object/wire-server.ts'
import { readNameValues } from '../../protocol/fastcgi/name-values.ts'
import { explainedList, nobody } from '../explain-program.ts'

/** What would be said to an object server of a request, as lines of an explanation. Nobody is called. */
export function explainedCall({ object, name, server }: FoundObject, request: Request): (readonly [string, string])[] {
  const lines: (readonly [string, string])[] = [
    ['server', name],
    ['handle', server.handle],
    ['object', object],
  ]
  if (!(server instanceof WireServer)) return lines
  const variables = explainedList(readNameValues(server.told(object, request, nobody())))
  // The head of the request has lines.
  return [...lines, ...variables.map(([word, text]) => [word, text.replaceAll('\r\n', '␍␊')] as const)]
}
