import { type FoldedObject, foldObjects, type Published } from './folded.ts'

/** What is published by a module that is loaded into this process. */
export interface Gathered {
  readonly name: string
  readonly objects: ReadonlyMap<string, FoldedObject>
  /** What it told `publish` beside: for who publishes them in its place. */
  readonly options: object
}

/**
 * Where a module that calls `publish` while it is loaded leaves its objects. By a name that all copies of this package
 * know: the module may have its own.
 */
const PLACE: unique symbol = Symbol.for('oriel.publishing')

interface Place {
  gather(name: string, published: Published, options?: object): void
}

interface World {
  [PLACE]?: Place | undefined
}

/** Whether a module is being loaded for its objects: then they are left there. */
export function placeHere(): Place | undefined {
  return (globalThis as World)[PLACE]
}

/**
 * The objects that a module publishes while it is loaded. One module at a time: whoever loads waits for this.
 * @param instead What a module has that publishes nothing, made of what it exports.
 * @throws TypeError where it publishes none, or under two names; what loading throws.
 */
export async function gathered(
  load: () => Promise<unknown>,
  instead: (exported: unknown) => Gathered | undefined = () => undefined,
): Promise<Gathered> {
  const world = globalThis as World
  const found: Gathered[] = []
  world[PLACE] = {
    gather: (name, published, options = {}) => void found.push({ name, objects: foldObjects(published), options }),
  }
  let exported: unknown
  try {
    exported = await load()
  } finally {
    world[PLACE] = undefined
  }
  const [first = instead(exported), second] = found
  if (first === undefined)
    throw new TypeError("it publishes nothing: it must call publish('name', { … }) while it is loaded")
  if (second !== undefined)
    throw new TypeError(`it publishes twice, as ${first.name} and as ${second.name}: one module, one object server`)
  return first
}
