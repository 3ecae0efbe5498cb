/**
 * The callback of a write. Not on a broken connection, whose end is told soon: a source that was pulled on, each write failing at once, would keep the
 * system from telling it.
 */
export function whenTaken(error: Error | null | undefined, resolve: () => void): void {
  if (error === null || error === undefined) resolve()
}
