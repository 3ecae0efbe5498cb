type Close = () => Promise<void>

/** What this process publishes, and ends when it is told to end. */
const published = new Set<Close>()
const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/**
 * Has something end gently when the process is told to end; told again, the process ends at once, as Node has it.
 * @returns What ends it, and is no longer told.
 */
export function endedBySignals(end: Close): Close {
  // First: what a program listens by once is not there any more afterwards.
  if (published.size === 0) for (const signal of SIGNALS) process.prependListener(signal, onSignal)
  const close: Close = () => {
    if (published.delete(close) && published.size === 0) listenNoMore()
    return end()
  }
  published.add(close)
  return close
}

function listenNoMore(): void {
  for (const signal of SIGNALS) process.off(signal, onSignal)
}

/**
 * A program without a listener of its own would have ended by the signal, whatever else it has open (a timer, a connection
 * to a database): so it does, once all is answered. One that has a listener says itself when it ends.
 */
function onSignal(signal: NodeJS.Signals): void {
  const alone = process.listenerCount(signal) === 1
  void Promise.all([...published].map((close) => close())).then(() => {
    if (alone) process.exit()
  })
}
