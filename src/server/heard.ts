import type { ApplicationLoad } from '../gateway/applications.ts'
import type { Cap } from '../gateway/permits.ts'
import type { HandedLines } from '../log/sinks/primary.ts'
import { QUEUE_LIMITS } from '../log/sinks/queue.ts'
import type { FromWorker } from './messages.ts'

/**
 * What a worker says, where it is something that workers say; else undefined. Workers are other users than a primary that is
 * root: one that somebody has taken over must not be able to end it by a message, nor to spoil what it counts.
 */
export function messageOf(given: unknown): FromWorker | undefined {
  if (!isRecord(given)) return undefined
  switch (given['is']) {
    case 'alive':
      return { is: 'alive' }
    case 'calling': {
      const { loads } = given
      return Array.isArray(loads) ? { is: 'calling', loads: loads.filter(isLoad) } : undefined
    }
    case 'lines':
      return areLines(given['lines']) ? (given as FromWorker) : undefined
    case 'asking':
      return isCount(given['id']) && isCap(given['cap']) ? (given as FromWorker) : undefined
    case 'running':
    case 'giving':
      return isCount(given['id']) ? (given as FromWorker) : undefined
    case 'made':
      return isTexts(given['urls']) ? (given as FromWorker) : undefined
    case 'failed':
      return typeof given['message'] === 'string' ? (given as FromWorker) : undefined
    case 'prepared':
    case 'done':
      return given as FromWorker
    default:
      return undefined
  }
}

function isLoad(given: unknown): given is ApplicationLoad {
  if (!isRecord(given) || typeof given['key'] !== 'string') return false
  const { version, waiting, processes } = given
  if (!isCount(version) || !isCount(waiting) || !Array.isArray(processes)) return false
  return processes.every(
    (one: unknown) => isRecord(one) && ['id', 'running', 'served', 'late'].every((name) => isCount(one[name])),
  )
}

/** More than a queue holds nobody sends. */
function areLines(given: unknown): given is HandedLines {
  if (!isRecord(given) || !isCount(given['id']) || typeof given['log'] !== 'string') return false
  return typeof given['text'] === 'string' && given['text'].length <= QUEUE_LIMITS.bytes
}

function isCap(given: unknown): given is Cap {
  return isRecord(given) && typeof given['name'] === 'string' && isCount(given['most']) && isCount(given['queue'])
}

function isTexts(given: unknown): boolean {
  return Array.isArray(given) && given.every((one) => typeof one === 'string')
}

/** None that sums of a few would make imprecise, either. */
function isCount(given: unknown): boolean {
  return typeof given === 'number' && Number.isSafeInteger(given) && given >= 0 && given <= 2 ** 40
}

function isRecord(given: unknown): given is Readonly<Record<string, unknown>> {
  return typeof given === 'object' && given !== null
}
