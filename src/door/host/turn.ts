/**
 * Pieces that a host may take in one turn of the event loop: one that always takes more, and a source that always has more,
 * would keep everybody else from theirs, and whoever tells that the client has gone.
 */
export const AT_ONCE = 32

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
