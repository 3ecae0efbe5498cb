import { oneAtATime } from '../io/one-at-a-time.ts'
import { type Gathered, gathered } from '../object/publishing.ts'
import type { Modules } from './modules.ts'

/** What was published by modules that Node has imported itself: it evaluates none of them a second time. */
const imported = new Map<string, Gathered>()

/** What was published in a reading of a config, by file. */
const read = new WeakMap<Modules, Map<string, Gathered>>()

/**
 * The objects that a module publishes. One at a time, for while it is loaded all that is published is taken to be of it.
 * @throws ModuleError, or TypeError where it publishes nothing, or twice.
 */
export const publishedBy: (file: string, modules: Modules) => Promise<Gathered> = oneAtATime(async (file, modules) => {
  const ofReading = read.get(modules) ?? new Map<string, Gathered>()
  read.set(modules, ofReading)
  const known = ofReading.get(file)
  if (known !== undefined) return known
  const made = await fresh(file, modules)
  ofReading.set(file, made)
  return made
})

async function fresh(file: string, modules: Modules): Promise<Gathered> {
  try {
    const made = await gathered(() => modules.load(file))
    imported.set(file, made)
    return made
  } catch (error) {
    const before = modules.again ? undefined : imported.get(file)
    if (before !== undefined && error instanceof TypeError) return before
    throw error
  }
}
