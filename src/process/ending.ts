import { kinOf, type Root } from './kin.ts'

/** Milliseconds between two looks: at first, and at last. */
const FIRST_LOOK = 10
const LAST_LOOK = 250
/** How long what was killed may take to be gone, in milliseconds: the system may hold it (a disk that does not answer). */
const PATIENCE = 10_000

/** A process that is to end. */
export interface Ended extends Root {
  /** Fulfilled when the process itself has ended. */
  readonly exited: Promise<unknown>
  readonly hasExited: boolean
}

/**
 * Ends a process with all that it started: its group is asked by TERM, and when it has ended, what it left behind; what is
 * there after a while is killed. A stopped process hears nothing until it continues.
 * @param grace Milliseconds until the kill.
 * @returns Those that are there nevertheless.
 */
export async function endAll(ended: Ended, grace: number): Promise<number[]> {
  const late = performance.now() + grace
  if (!ended.hasExited) {
    ask(-ended.pid)
    await within(grace, ended.exited)
  }
  // The number of a group is not given to others for as long as its leader is there: only then it is used.
  if (!ended.hasExited) signal(-ended.pid, 'SIGKILL')
  const asked = new Set<number>()
  for (let look = FIRST_LOOK; ; look = Math.min(2 * look, LAST_LOOK)) {
    const over = performance.now() - late
    const kin = await kinNow(ended, over > PATIENCE)
    if (kin?.length === 0 && ended.hasExited) return []
    if (over > PATIENCE) return kin ?? []
    for (const pid of kin ?? []) {
      if (over >= 0) signal(pid, 'SIGKILL')
      else if (!asked.has(pid)) ask(pid)
      asked.add(pid)
    }
    await within(over >= 0 ? look : Math.max(1, Math.min(look, -over)))
  }
}

/** Where the system cannot tell for a moment, as without free descriptors, the next look will. @throws its error. */
async function kinNow(ended: Ended, last: boolean): Promise<number[] | undefined> {
  try {
    const [kin = []] = await kinOf([ended])
    return kin
  } catch (error) {
    if (last) throw error
    return undefined
  }
}

function ask(pid: number): void {
  signal(pid, 'SIGTERM')
  signal(pid, 'SIGCONT')
}

/** Signals a process, or a group by its negative number. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    // Gone already (ESRCH), or another user's (EPERM: a program with the setuid bit). Neither is ours to end.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

/** Fulfilled after so many milliseconds, or with what is waited for. */
export function within(milliseconds: number, awaited?: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    void awaited?.then(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
