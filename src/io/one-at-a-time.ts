/** The same function, but a call begins when the one before it has ended, well or not. */
export function oneAtATime<A extends unknown[], R>(act: (...given: A) => Promise<R>): (...given: A) => Promise<R> {
  let last: Promise<unknown> = Promise.resolve()
  return (...given) => {
    const made = last.then(() => act(...given))
    last = made.catch(() => undefined)
    return made
  }
}
