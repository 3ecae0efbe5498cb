import { isHandle, parseHandle } from '../object/handle.ts'
import { checkObjectName, checkServerName } from '../protocol/object/names.ts'
import { wordsOf } from '../resource/app/command-line.ts'
import type { ObjectServerGiven, ObjectServerOptions } from './object-options.ts'
import { serverOptions } from './object-options.ts'
import type { KeyPath } from './place.ts'

type Key = keyof ObjectServerOptions

/** Keys that only some handles can have, by the kinds of these. */
const ONLY: readonly (readonly [key: Key, kinds: readonly string[]])[] = [
  ['connections', ['command', 'fastcgi']],
  ['timeouts', ['command', 'fastcgi', 'alias']],
  ...(
    ['path', 'processes', 'env', 'user', 'group', 'limits', 'maxRequests', 'maxMemory', 'reload', 'queue'] as const
  ).map((key) => [key, ['command']] as const),
]
const OF_PROCESSES = ['start', 'stop', 'spare'] as const

/**
 * Looks at what a config says of an object server, beyond what its schema does.
 * @param refuse Is told where something is wrong, and what.
 */
export function checkServer(
  name: string,
  given: ObjectServerGiven,
  refuse: (path: KeyPath, cause: Error) => never,
): void {
  const options = serverOptions(given)
  const { handle, url, timeouts = {} } = options
  const own = ['objects', name]
  const ofHandle = options === given ? [...own, 'handle'] : own
  const at = (path: KeyPath, act: () => unknown): void => {
    try {
      act()
    } catch (cause) {
      refuse(path, cause as Error)
    }
  }
  at(own, () => checkServerName(name))
  if (typeof handle === 'string') at(ofHandle, () => checkHandle(handle))
  else for (const [i, member] of handle.entries()) at([...ofHandle, i], () => checkMember(member))
  const kind = typeof handle === 'string' ? parseHandle(handle).kind : 'alias'
  const wrong = (key: string, kinds: readonly string[]): TypeError =>
    new TypeError(`is for ${kinds.map(named).join(', ')}, and this is ${named(kind)}, where ${key} says nothing`)
  for (const [key, kinds] of ONLY) {
    if (options[key] !== undefined && !kinds.includes(kind)) refuse([...own, key], wrong(key, kinds))
  }
  const time = OF_PROCESSES.find((key) => timeouts[key] !== undefined)
  if (time !== undefined && kind !== 'command') refuse([...own, 'timeouts', time], wrong(time, ['command']))
  if (typeof url === 'object')
    for (const [i, object] of url.entries()) at([...own, 'url', i], () => checkObjectName(object))
}

function checkHandle(handle: string): void {
  const parsed = parseHandle(handle)
  if (parsed.kind === 'command') wordsOf(parsed.command)
}

function checkMember(member: string): void {
  if (isHandle(member)) checkHandle(member)
  else checkServerName(member)
}

function named(kind: string): string {
  return kind === 'alias' ? 'an alias' : `${kind}:`
}
