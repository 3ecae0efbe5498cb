import type { Spawned } from '../../io/spawn/spawn.ts'
import { TICK, unwatch, type Watched, watch } from '../clock.ts'

/** Milliseconds that a program and its children have to end by themselves. */
const GRACE = 3000

/** Programs that were told to end and have not. */
const endings = new Set<Ending>()
/** Programs that end with this process, however it ends: nobody waits for their answers then. */
const answering = new Set<Spawned>()

/** What `Ending` needs of a program. */
export type Ended = Pick<Spawned, 'pid' | 'kill' | 'close' | 'exited'>

export function endsWithUs(spawned: Spawned): void {
  listen()
  answering.add(spawned)
}

/** It has answered, or it is seen to by an `Ending`. */
export function endsAlone(spawned: Spawned): void {
  answering.delete(spawned)
}

let listening = false

function listen(): void {
  if (!listening) process.on('exit', killAll)
  listening = true
}

/**
 * Ends a program with all that it started: its group is asked by TERM, and what is left of it after a while is killed.
 * A group keeps its number for as long as anybody is in it, and it is looked at so often that nobody else can have got
 * that number in between.
 */
export class Ending implements Watched {
  watchedAt = -1
  readonly #spawned: Ended
  readonly #done: () => void
  #ticks = Math.ceil(GRACE / TICK)

  /** @param done Called when it is over. */
  constructor(spawned: Ended, done: () => void) {
    this.#spawned = spawned
    this.#done = done
    listen()
    endings.add(this)
    watch(this)
    spawned.kill('SIGTERM')
    // Whatever it still writes is of interest to nobody, and it must not wait for a reader.
    spawned.close()
    this.look()
  }

  /** Whether it is over by now; to be called too when the program itself has ended. */
  look(): void {
    if (endings.has(this) && this.#gone()) this.#finish()
  }

  tick(): void {
    this.look()
    if (!endings.has(this) || --this.#ticks > 0) return
    this.kill()
    this.#finish()
  }

  kill(): void {
    if (process.platform === 'win32') this.#spawned.kill('SIGKILL')
    else signal(this.#spawned.pid, 'SIGKILL')
  }

  #gone(): boolean {
    if (process.platform === 'win32') return this.#spawned.exited !== undefined
    return !signal(this.#spawned.pid, 0)
  }

  #finish(): void {
    endings.delete(this)
    unwatch(this)
    this.#done()
  }
}

/** This process ends: nobody would do it later. */
function killAll(): void {
  for (const ending of endings) ending.kill()
  for (const spawned of answering) spawned.kill('SIGKILL')
}

/** Signals a group; 0 only asks. Returns whether there is anybody in it. */
function signal(group: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, name)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
