/**
 * A key that is mistyped, or stands for nothing, would let in more than is meant: so no key is passed over.
 * @param name What is looked at, for what is thrown. @throws TypeError for what is no object, and for a key that is none.
 */
export function checkKeys(given: unknown, known: ReadonlySet<string>, name: string): void {
  if (given === null || typeof given !== 'object' || Array.isArray(given)) throw new TypeError(`${name} is no object`)
  const wrong = Object.keys(given).find((key) => !known.has(key))
  if (wrong !== undefined) throw new TypeError(`${name} has no key ${wrong}; possible are ${[...known].join(', ')}`)
}

/** @throws TypeError for keys that are there and undefined: something that was meant to be said got lost. */
export function checkSaid(given: object, names: readonly string[] = Object.keys(given)): void {
  for (const name of names) {
    if (Object.hasOwn(given, name) && (given as Readonly<Record<string, unknown>>)[name] === undefined)
      throw new TypeError(`${name} is undefined: say what it is, or leave the key out`)
  }
}
