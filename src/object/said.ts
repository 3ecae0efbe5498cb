import { isPromise } from '../message/reply.ts'
import type { ObjectDescription } from './server.ts'

interface Sayer {
  info(): ObjectDescription | undefined | Promise<ObjectDescription | undefined>
}

/**
 * What all of them say, in their order; undefined for those that say nothing, throw, or take longer.
 * @param patience Milliseconds.
 */
export async function saidInTime(all: readonly Sayer[], patience: number): Promise<(ObjectDescription | undefined)[]> {
  const said: (ObjectDescription | undefined)[] = []
  const waiting: Promise<void>[] = []
  for (const [i, one] of all.entries()) {
    said[i] = undefined
    try {
      const told = one.info()
      if (!isPromise(told)) said[i] = told
      else {
        const kept = told.then((info) => {
          said[i] = info
        })
        waiting.push(kept.catch(() => undefined))
      }
    } catch {
      // It says nothing.
    }
  }
  if (waiting.length > 0) {
    let late: NodeJS.Timeout | undefined
    const patient = new Promise<void>((resolve) => {
      late = setTimeout(resolve, patience)
    })
    await Promise.race([Promise.all(waiting), patient])
    clearTimeout(late)
  }
  return [...said]
}
